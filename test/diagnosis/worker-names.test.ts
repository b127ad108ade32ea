/** A worker has two names: its ID in ktrdr and its service in Jaeger. Texts get the first, whatever the second is. */
import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

/** A case whose headline doesn't name the worker. */
const CASE = incidentsIn(FIXTURES)
  .map((incident) => caseOf(incident, 'v3', { api: true }))
  .find((input) => {
    const { worker, headline } = answerTo(input);
    return worker !== undefined && !headline.includes(worker.id);
  });

describe('a headline without the name of the worker', () => {
  it.each(['', ' ', 'e'])('is the same when the worker’s service is named “%s”', (name) => {
    if (CASE === undefined) throw new Error('There is no such case.');
    expect(answerTo(renamed(CASE, name)).headline).toBe(answerTo(CASE).headline);
  });
});

function answerTo(input: Case): Diagnosis {
  return diagnose(input, { deployment: 'local', apiUrl: null });
}

/** The case in which the worker's service has another name. */
function renamed(input: Case, name: string): Case {
  const service = answerTo(input).worker?.service;
  return JSON.parse(
    JSON.stringify(input, (key, value: unknown) => (key === 'service' && value === service ? name : value)),
  );
}

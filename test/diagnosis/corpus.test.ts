/** Every recorded incident through every rule: each is the counter-example of all the others. */
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import { RULES } from '../../src/diagnosis/rules/index.ts';
import { diagnosisSchema } from '../../src/jobs/answer/diagnosis-schema.ts';
import { acceptedCauses, caseOf, FIXTURES, type Incident, incidentsIn } from '../support/incidents.ts';

const INCIDENTS = incidentsIn(FIXTURES);
const WITNESSES = [
  { title: 'traces and ktrdr API', api: true },
  { title: 'traces only', api: false },
] as const;
const LOCAL = { deployment: 'local', apiUrl: null } as const;

test('there are incidents', () => {
  expect(INCIDENTS.length).toBeGreaterThan(50);
});

describe.each(WITNESSES)('$title', ({ api }) => {
  test.each(INCIDENTS.map((incident) => [incident.name, incident] as const))('%s', (_, incident) => {
    const legacy = diagnose(caseOf(incident, 'legacy', { api }), LOCAL);
    const v3 = diagnose(caseOf(incident, 'v3', { api }), LOCAL);
    expect(v3).toEqual(legacy);
    expectAnswer(legacy, incident, api);
    expect(diagnosisSchema.parse(JSON.parse(JSON.stringify(legacy)))).toEqual(JSON.parse(JSON.stringify(legacy)));
  });
});

test('the order of rules, traces and spans changes nothing', () => {
  for (const incident of INCIDENTS) {
    const input = caseOf(incident, 'v3', { api: true });
    const turned = {
      ...input,
      traces: input.traces.map((trace) => ({ ...trace, spans: [...trace.spans].reverse() })).reverse(),
    };
    const answer = diagnose(input, LOCAL);
    const other = diagnose(turned, { ...LOCAL, rules: [...RULES].reverse() });
    expect([other.primary, other.others.map((finding) => finding.cause).sort(), other.status], incident.name).toEqual([
      answer.primary,
      answer.others.map((finding) => finding.cause).sort(),
      answer.status,
    ]);
  }
});

function expectAnswer(answer: Diagnosis, incident: Incident, api: boolean): void {
  const { expected } = incident;
  if (expected.healthy === true) {
    const alarms = [answer.primary, ...answer.others].filter(
      (finding) => finding !== null && finding.severity !== 'notice',
    );
    expect(alarms).toEqual([]);
  } else {
    const first = answer.primary?.cause ?? answer.verdict;
    expect(
      acceptedCauses(incident, { api }).some((cause) => first.startsWith(cause)),
      `first cause is ${first}`,
    ).toBe(true);
  }
  const words = JSON.stringify(answer).toLowerCase();
  for (const word of expected.must) expect(words).toContain(word.toLowerCase());
  const { headline = '', explanation = '', fixes = [], confidence } = answer.primary ?? {};
  const said = JSON.stringify([headline, explanation, fixes]).toLowerCase();
  for (const word of expected.mustNot ?? []) expect(said).not.toContain(word.toLowerCase());
  if (expected.notCertain === true) expect(confidence).not.toBe('certain');
}

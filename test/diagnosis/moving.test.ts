/** An operation whose record moves between two checks is never alarmed about, whatever else is missing or looks dead. */
import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { isTerminal } from '../../src/diagnosis/facts/transitions.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { record } from '../support/build.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

const OPTIONS = { deployment: 'local', apiUrl: null } as const;
const named = incidentsIn(FIXTURES).flatMap((incident) => {
  const { operationId } = incident.expected;
  return operationId === null ? [] : [{ ...incident, operationId }];
});

function moving(input: Case, operationId: string, [from, to]: readonly [number, number]): Case {
  const known = input.operation?.kind === 'record' ? input.operation.record : record(operationId, 'running');
  const at = (percentage: number, readAt: number) =>
    ({
      kind: 'record',
      readAt: micros(readAt),
      record: {
        ...known,
        status: 'running',
        completedAt: null,
        errorMessage: null,
        progress: { ...known.progress, percentage },
      },
    }) as const;
  return { ...input, operation: at(from, input.now), operationLater: at(to, input.now + 2_000_000) };
}

function findingsOf(input: Case) {
  const { status, primary, others } = diagnose(input, OPTIONS);
  return { isOver: isTerminal(status), causes: [...(primary === null ? [] : [primary]), ...others] };
}

describe.each(named)('$name', (incident) => {
  it('raises no alarm when its record moves', () => {
    const recorded = caseOf(incident, 'v3', { api: true });
    for (const workers of [recorded.workers, null, []])
      for (const steps of [
        [0, 0.4],
        [41, 45],
      ] as const) {
        const { isOver, causes } = findingsOf(moving({ ...recorded, workers }, incident.operationId, steps));
        // The trace may show an end that the record doesn't have yet.
        if (!isOver) expect(causes.filter(({ severity }) => severity === 'blocking')).toEqual([]);
      }
  });
});

it('lets the second reading say how it ended', () => {
  const [incident] = named;
  if (incident === undefined) throw new Error('no fixture');
  const input = moving(caseOf(incident, 'v3', { api: true }), incident.operationId, [41, 45]);
  const { operationLater } = input;
  if (operationLater?.kind !== 'record') throw new Error('no record');
  const failed = { ...operationLater, record: { ...operationLater.record, status: 'failed' } as const };
  expect(diagnose({ ...input, traces: [], operationLater: failed }, OPTIONS).status).toBe('failed');
});

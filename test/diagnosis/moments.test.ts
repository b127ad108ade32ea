import { describe, expect, it } from 'vitest';
import type { Case, OperationRecord } from '../../src/diagnosis/case.ts';
import { endOf, type Micros, micros } from '../../src/diagnosis/trace.ts';
import { caseOf, FIXTURES, type Incident, incidentsIn } from '../support/incidents.ts';
import { alarms, answer } from '../support/judge.ts';

/** Shares of an operation's life at which the question is asked, and how much later than the last exported span. */
const SHARES = [0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1];
const LAGS_MS = [0, 3000, 25_000];

const healthy = incidentsIn(FIXTURES).filter(
  ({ expected }) => expected.healthy === true || expected.causes[0] === 'healthy',
);

describe.each(healthy)('$name raises no alarm', (incident) => {
  it.each([true, false])('whenever it is asked about (API: %s)', (api) => {
    for (const share of SHARES) {
      for (const lagMs of LAGS_MS) {
        const input = atMoment(incident, share, lagMs, api);
        expect(alarms(answer(input)), `at ${share * 100} %, ${lagMs} ms later`).toEqual([]);
      }
    }
  });
});

/** What was there to be seen at a moment of the operation: spans that had ended, a record without its end, a busy worker. */
function atMoment(incident: Incident, share: number, lagMs: number, api: boolean): Case {
  const whole = caseOf(incident, 'v3', { api: true });
  const spans = whole.traces.flatMap((trace) => trace.spans);
  const from = Math.min(...spans.map(({ start }) => start));
  const to = Math.max(...spans.map(endOf));
  const seen = micros(from + (to - from) * share);
  const now = micros(seen + lagMs * 1000);
  const traces = whole.traces
    .map((trace) => ({ ...trace, spans: trace.spans.filter((span) => endOf(span) <= seen) }))
    .filter((trace) => trace.spans.length > 0);
  const record = whole.operation?.kind === 'record' ? whole.operation.record : null;
  const operation =
    !api || record === null ? null : { kind: 'record' as const, record: recordAt(record, seen), readAt: now };
  return { ...whole, now, traces, operation, workers: api ? workersAt(whole, record, seen) : null };
}

function recordAt(record: OperationRecord, seen: Micros): OperationRecord {
  if (record.completedAt !== null && record.completedAt <= seen) return record;
  const epochs = record.epochs.filter(({ at }) => at <= seen);
  const progress = { percentage: 12, currentStep: 'under way', stepsCompleted: epochs.length, stepsTotal: 600 };
  return { ...record, status: 'running', completedAt: null, errorMessage: null, resultSummary: {}, epochs, progress };
}

function workersAt({ workers }: Case, record: OperationRecord | null, seen: Micros): Case['workers'] {
  const checked = {
    lastHealthCheck: micros(seen - 2_000_000),
    lastHealthyAt: micros(seen - 2_000_000),
    healthCheckFailures: 0,
  };
  return (workers ?? []).map((worker) =>
    record !== null && worker.workerId === record.workerId
      ? { ...worker, ...checked, status: 'busy', currentOperationId: record.operationId }
      : worker,
  );
}

/** Where the traces and the record report different ends, an answer shows both. Generated, not recorded. */
import { describe, expect, it } from 'vitest';
import { caseOf, record } from '../support/build.ts';
import { alarms, answer } from '../support/judge.ts';
import { BACKTEST, backtestTrace, loading, transition } from '../support/ktrdr-spans.ts';

const ERROR = 'No data found in cache for AUDUSD 1h';

describe('sources that report different ends', () => {
  it.each([
    ['a newer record', 'failed', 'completed', 5000, 'Its traces say failed', 'its newer record says completed'],
    ['newer traces', 'completed', 'failed', 500, 'Its record says failed', 'its newer traces say completed'],
    ['a newer failure', 'completed', 'failed', 5000, 'Its traces say completed', 'its newer record says failed'],
  ] as const)('are both shown: %s', (_, inTrace, inRecord, ended, other, believed) => {
    const error = (status: string) => (status === 'failed' ? { error: ERROR } : {});
    const said = answer(
      caseOf({
        id: BACKTEST,
        now: 60_000,
        traces: [
          backtestTrace(loading('backtest', 80, 900), transition(BACKTEST, 1000, 'running', inTrace, error(inTrace))),
        ],
        operation: record(BACKTEST, inRecord, { ended, ...(inRecord === 'failed' ? { errorMessage: ERROR } : {}) }),
      }),
    );
    expect(said.explanation).toContain(other);
    expect(said.explanation).toContain(believed);
    expect(said.headline).not.toContain('No problems found');
    expect(`${said.headline} ${said.explanation}`).toContain('AUDUSD 1h');
    if (said.status === 'completed') expect(alarms(said)).toEqual([]);
  });

  it('are not mentioned if they agree', () => {
    const completed = transition(BACKTEST, 1000, 'running', 'completed');
    const operation = record(BACKTEST, 'completed', { ended: 1002 });
    const traces = [backtestTrace(loading('backtest', 80, 900), completed)];
    const said = answer(caseOf({ id: BACKTEST, now: 60_000, traces, operation }));
    expect(said.explanation).toBe('No problem detected in its traces or its record.');
  });
});

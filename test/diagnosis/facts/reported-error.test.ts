/** What ended an operation is what its own last words say, wherever else a known message stands. Generated, not recorded. */
import { describe, expect, it } from 'vitest';
import type { Case } from '../../../src/diagnosis/case.ts';
import type { Trace } from '../../../src/diagnosis/trace.ts';
import { caseOf, type Draft, record, server, span, trace, withoutApi } from '../../support/build.ts';
import { alarms, answer } from '../../support/judge.ts';
import { API, BACKTEST, backtestTrace, features, loading, TRAINING, transition } from '../../support/ktrdr-spans.ts';
import { documentedRun } from '../../support/scenes.ts';

/** Complete sentences of ktrdr or of a library, each with its exception type and the cause that it means. */
const KNOWN = [
  ['ktrdr.errors.exceptions.DataNotFoundError', 'No data found in cache for VIX 1d', 'data-missing/not-cached'],
  ['torch.OutOfMemoryError', 'CUDA out of memory. Tried to allocate 2.00 GiB.', 'resources/gpu-memory'],
  ['builtins.OSError', '[Errno 28] No space left on device', 'resources/disk-full'],
  ['builtins.ValueError', 'model_path is required for backtesting', 'invalid-input/model-path-missing'],
  ['builtins.ModuleNotFoundError', "No module named 'talib'", 'resources/missing-package'],
  [
    'asyncpg.exceptions.ConnectionDoesNotExistError',
    'connection was closed in the middle of operation',
    'database/lost',
  ],
] as const;
const UNKNOWN = ['Loss is NaN at epoch 3', "KeyError: 'connected_ratio'", 'Input contains NaN', "'close'"] as const;
const UNEXPLAINED = ['unhandled-exception', 'failed-without-trace'];

function failing([raises, message]: readonly [string, string, ...unknown[]], at = 400): Draft {
  return span('backtest.context_probe', { at, took: 20, raises: [raises, message] });
}

function ends(at: number, error: string): Draft {
  return transition(BACKTEST, at, 'running', 'failed', { error });
}

function resumed(at: number, ...work: readonly Draft[]): Trace {
  const route = 'POST /api/v1/operations/{operation_id}/resume';
  return trace(
    server(
      route,
      API,
      200,
      { at, took: 30 },
      transition(BACKTEST, at + 2, 'failed', 'resuming', { service: API }),
      transition(BACKTEST, at + 20, 'resuming', 'running'),
      ...work,
    ),
  );
}

function failed(error: string, ...traces: readonly Trace[]): Case {
  const operation = record(BACKTEST, 'failed', { ended: 9001, errorMessage: error });
  return caseOf({ id: BACKTEST, now: 60_000, traces, operation });
}

function running(...traces: readonly Trace[]): Case {
  return caseOf({ id: BACKTEST, now: 15_000, traces, operation: record(BACKTEST, 'running', { percentage: 42 }) });
}

const both = (input: Case) => [input, withoutApi(input)];

describe('a failure that could not be stored', () => {
  const [, noData, cause] = KNOWN[0];
  const lost = "[Errno 111] Connect call failed ('127.0.0.1', 5432)";
  const again = transition(BACKTEST, 3000, 'failed', 'failed', { error: lost });
  const traces = [backtestTrace(loading('backtest', 80, 900), ends(1000, noData), again)];

  it.each([
    ['no record', null],
    ['a record that still runs', record(BACKTEST, 'running', { percentage: 0 })],
    ['a record that failed', record(BACKTEST, 'failed', { ended: 1000, errorMessage: noData })],
  ])('is the cause, and the lost database is another finding: %s', (_, operation) => {
    const said = answer(caseOf({ id: BACKTEST, now: 60_000, traces, operation }));
    expect(said.primary?.cause).toBe(cause);
    expect(said.others.map((other) => other.cause)).toContain('database/lost');
  });
});

describe.each(KNOWN)('%s: %s', (type, message, cause) => {
  it.each(UNKNOWN)('is not the cause of what ends in: %s', (own) => {
    const input = failed(own, backtestTrace(loading('backtest', 80, 900), failing([type, message]), ends(9000, own)));
    for (const each of both(input)) {
      const { primary } = answer(each);
      expect(UNEXPLAINED).toContain(primary?.cause);
      expect(primary?.headline).toContain(own);
      expect(JSON.stringify(primary?.evidence)).toContain(message.replaceAll('"', '\\"'));
    }
  });

  it.each(KNOWN.filter(([, , other]) => other !== cause))('yields to the last words: %s %s', (_, own, other) => {
    const input = failed(own, backtestTrace(loading('backtest', 80, 900), failing([type, message]), ends(9000, own)));
    for (const each of both(input)) expect(answer(each).primary?.cause).toBe(other);
  });

  it('is likely at most when the last words only quote it', () => {
    const own = `Giving up after 3 tries (${message})`;
    const input = failed(own, backtestTrace(loading('backtest', 80, 900), failing([type, message]), ends(9000, own)));
    for (const each of both(input)) expect(answer(each).primary?.confidence).not.toBe('certain');
  });

  it('is a notice at most while the operation runs', () => {
    const first = backtestTrace(loading('backtest', 80, 900), failing([type, message]), features(600, 900));
    const last = backtestTrace(loading('backtest', 80, 900), failing([type, message]));
    for (const each of [first, last].flatMap((one) => both(running(one)))) expect(alarms(answer(each))).toEqual([]);
  });

  it('of an earlier attempt is history', () => {
    const attempt = backtestTrace(loading('backtest', 80, 900), failing([type, message]), ends(500, message));
    const again = running(attempt, resumed(4000, loading('backtest', 4100, 900)));
    for (const each of both(again)) expect(alarms(answer(each))).toEqual([]);
    const own = 'Loss is NaN at epoch 3';
    const worse = failed(own, attempt, resumed(4000, loading('backtest', 4100, 900), ends(9000, own)));
    for (const each of both(worse)) {
      expect(UNEXPLAINED).toContain(answer(each).primary?.cause);
      expect(answer(each).headline).toContain(own);
    }
  });
});

describe('documented: without a message of the operation', () => {
  const run = (type: string, message: string, own: string, stack = '') =>
    documentedRun(
      TRAINING,
      'TRAINING',
      { raises: ['RuntimeError', own, stack] },
      span('context.load', { at: 40, took: 20, raises: [type, message] }),
    );

  it.each(KNOWN)('the error of the worker outranks one that it caught: %s: %s', (type, message) => {
    const { primary, headline } = answer(run(type, message, 'Loss is NaN at epoch 3'));
    expect([primary?.cause, headline]).toEqual(['unhandled-exception', expect.stringContaining('Loss is NaN')]);
  });

  it.each(KNOWN)('unless its stack says that it was raised from it: %s: %s', (type, message, cause) => {
    const stack = `${type}: ${message}\n\nThe above exception was the direct cause of the following exception:`;
    expect(answer(run(type, message, 'Training could not go on', stack)).primary?.cause).toBe(cause);
  });
});

it.each([-600_000, -5000, 5000, 600_000])(
  'attempts follow from state to state with a clock that is %i ms off',
  (off) => {
    const own = 'Loss is NaN at epoch 3';
    const backend = trace(
      server(
        'POST /api/v1/operations/{operation_id}/resume',
        API,
        200,
        { at: 20_000 + off, took: 30 },
        transition(BACKTEST, 20_002 + off, 'failed', 'resuming', { service: API }),
      ),
    );
    const worker = trace(
      transition(BACKTEST, 20_020, 'resuming', 'running'),
      transition(BACKTEST, 29_000, 'running', 'failed', { error: own }),
    );
    const attempt = backtestTrace(loading('backtest', 80, 900), ends(500, 'No data found in cache for VIX 1d'));
    const input = caseOf({ id: BACKTEST, now: 1_200_000, traces: [attempt, backend, worker] });
    expect(answer(input).headline).toContain(own);
  },
);

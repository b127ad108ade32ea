/** What an operation is compared with: other runs of the same kind and size, whatever else ran. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Symptom } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { type Attributes, type AttributeValue, micros, type Span, type Trace } from '../../../src/diagnosis/trace.ts';
import { caseOf, span } from '../../support/build.ts';
import { alarms } from '../../support/judge.ts';
import {
  BACKTEST,
  backtestTrace,
  features,
  loading,
  TRAINING,
  trainingTrace,
  transition,
} from '../../support/ktrdr-spans.ts';

interface Sizes {
  /** Milliseconds of each phase. */
  readonly load?: number;
  readonly compute?: number;
  readonly simulate?: number;
  readonly rows?: number;
  readonly strategy?: string | null;
  readonly timeframe?: string;
}

/** A completed backtest, some hours before the one that is asked about, which is at hour 0. */
function run(hours: number, sizes: Sizes = {}): Trace {
  const { load = 800, compute = 600, simulate = 4000, rows = 5000, strategy = 'trend', timeframe = '1h' } = sizes;
  const whole = backtestTrace(
    loading('backtest', 100, rows, { took: load }),
    features(100 + load, rows, { took: compute }),
    transition(BACKTEST, 100 + load + compute + simulate, 'running', 'completed'),
  );
  return shifted(whole, BACKTEST, hours, (one) => ({
    ...(one.attributes['data.timeframe'] === undefined ? {} : { 'data.timeframe': timeframe }),
    ...(one.name === 'operation.register' && strategy !== null ? { 'backtest.strategy': strategy } : {}),
  }));
}

/** The trace of another operation, some hours earlier; at hour 0 the same one. */
function shifted(whole: Trace, id: string, hours: number, more: (span: Span) => Attributes = () => ({})): Trace {
  const suffix = String(hours).padStart(8, '0');
  const traceId = suffix.padStart(32, 'e');
  const own = (value: AttributeValue) => (value === id && hours > 0 ? id.replace(/[^_]+$/, suffix) : value);
  const spans = whole.spans.map((one) => ({
    ...one,
    traceId,
    start: micros(one.start - hours * 3_600_000_000),
    attributes: {
      ...Object.fromEntries(Object.entries(one.attributes).map(([key, value]) => [key, own(value)])),
      ...more(one),
    },
  }));
  return { ...whole, traceId, spans };
}

const runs = (count: number, sizes: Sizes, from = 1) =>
  Array.from({ length: count }, (_, i) => run(from + i, { ...sizes, simulate: (sizes.simulate ?? 4000) + 20 * i }));

function ask(sizes: Sizes, baseline: readonly Trace[], symptom: Symptom | null = null) {
  const input = caseOf({ id: BACKTEST, symptom, now: 900_000, traces: [run(0, sizes)], baseline });
  return diagnose(input, { deployment: 'local', apiUrl: null });
}

const SLOW = { simulate: 40_000 };

describe('an operation is compared', () => {
  test('with those of its strategy, symbol and timeframe', () => {
    const said = ask(SLOW, runs(6, {}));
    expect(said.primary).toMatchObject({ cause: 'slow/backtest-loop', severity: 'degraded' });
    expect(said.baseline).toMatchObject({ comparedWith: 5, kind: 'EURUSD 1h backtests with trend' });
  });

  test.each([
    ['another strategy', { strategy: 'scalp' }],
    ['another timeframe', { timeframe: '5m' }],
    ['a fifth of the work', { rows: 1000 }],
    ['five times the work', { rows: 25_000 }],
  ])('never with those of %s', (_, other) => {
    for (const symptom of [null, 'slow'] as const) {
      const said = ask(SLOW, runs(12, other), symptom);
      expect(alarms(said)).toEqual([]);
      expect(said.baseline).toBeNull();
    }
  });

  test('with four that took as long, whatever a dozen of another strategy took', () => {
    const said = ask(SLOW, [...runs(4, SLOW), ...runs(12, { strategy: 'scalp' }, 10)], 'slow');
    expect(alarms(said)).toEqual([]);
    expect(said.baseline).toMatchObject({ comparedWith: 4, verdict: 'too-few' });
    expect(said.primary).toMatchObject({ cause: 'slow/backtest-loop', confidence: 'possible' });
  });

  test('with weaker words when nothing says which strategy they ran with', () => {
    const said = ask({ ...SLOW, strategy: null }, runs(12, { strategy: null }));
    expect(said.primary).toMatchObject({ severity: 'notice', confidence: 'possible' });
    expect(said.primary?.explanation).toMatch(/Their strategies are unknown/);
    const loads = ask({ load: 60_000, strategy: null }, runs(12, { strategy: null }));
    expect(loads.primary).toMatchObject({ cause: 'slow/data-loading', severity: 'degraded' });
  });

  test('with those of its own mode: a download takes longer than the cache', () => {
    const history = [...runs(10, {}), ...runs(6, { load: 60_000 }, 20)];
    expect(alarms(ask({ load: 70_000 }, history))).toEqual([]);
    expect(ask({ load: 70_000 }, history, 'slow').primary?.cause).toBe('slow/not-slower');
    expect(ask({ load: 300_000 }, history).primary).toMatchObject({ cause: 'slow/data-loading', severity: 'degraded' });
    expect(ask({ load: 70_000 }, runs(10, {})).primary?.cause).toBe('slow/data-loading');
  });

  test('and what always takes that long is not slow', () => {
    const always = { compute: 95_000, simulate: 50_000 };
    expect(ask(always, runs(6, always)).verdict).toBe('healthy');
    expect(ask(always, []).primary).toMatchObject({ cause: 'slow/indicators', severity: 'notice' });
  });
});

test('a training with the usual pace is slower when its data took longer to load', () => {
  const training = (hours: number, load: number, epochs: number) => {
    const loop = { 'training.epochs.completed': epochs, 'operation.id': TRAINING };
    const whole = trainingTrace(
      loading('training', 100, 5000, { took: load }),
      span('training.training_loop', { at: 100 + load, took: 100 * epochs + hours, attributes: loop }),
      transition(TRAINING, 200 + load + 100 * epochs, 'running', 'completed'),
    );
    return shifted(whole, TRAINING, hours);
  };
  const usual = [1, 2, 3, 4, 5, 6].map((hours) => training(hours, 600, 100));
  const said = (load: number, epochs: number) => {
    const input = caseOf({ id: TRAINING, now: 900_000, traces: [training(0, load, epochs)], baseline: usual });
    return diagnose(input, { deployment: 'local', apiUrl: null });
  };
  expect(said(60_000, 100).primary).toMatchObject({ cause: 'slow/data-loading', severity: 'degraded' });
  expect(alarms(said(600, 250))).toEqual([]);
});

test('no part usually takes longer than the whole', () => {
  const sizes = fc.record({
    load: fc.integer({ min: 10, max: 60_000 }),
    compute: fc.integer({ min: 10, max: 60_000 }),
    simulate: fc.integer({ min: 10, max: 60_000 }),
    rows: fc.integer({ min: 1000, max: 20_000 }),
  });
  fc.assert(
    fc.property(sizes, fc.array(sizes, { minLength: 6, maxLength: 12 }), (one, others) => {
      const { baseline } = ask(
        one,
        others.map((other, i) => run(i + 1, other)),
        'slow',
      );
      for (const part of [...(baseline?.phases ?? []), ...(baseline?.services ?? [])]) {
        expect(part.typicalMs).toBeLessThanOrEqual(baseline?.typicalMs ?? Number.POSITIVE_INFINITY);
        expect(part.highMs).toBeLessThanOrEqual(baseline?.highMs ?? Number.POSITIVE_INFINITY);
      }
    }),
    { numRuns: 40 },
  );
});

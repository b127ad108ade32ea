import { endOf, type Micros, type Span } from '../trace.ts';
import { readNumber, readText } from '../vocabulary/attributes.ts';
import { spansNamed } from '../vocabulary/span-names.ts';

/** A named part of an operation's work that has a span. */
export interface Phase {
  readonly span: Span;
  readonly name: string;
  readonly kind: 'data-loading' | 'features' | 'loop' | 'worker' | 'other';
  readonly rows: number | null;
  readonly symbol: string | null;
  readonly timeframe: string | null;
}

const KINDS: readonly (readonly [RegExp, Phase['kind']])[] = [
  [/^(?:training|backtest)\.data_loading$|^data\.(?:fetch|parse|load_cache)$|^ib\.fetch_historical$/, 'data-loading'],
  [/^backtest\.feature_compute$|^training\.(?:indicators|fuzzy_computation)$/, 'features'],
  [/^training\.training_loop$|^backtest\.simulation$/, 'loop'],
  [/^worker\.(?:training|backtest)/, 'worker'],
];

export function phasesOf(own: readonly Span[]): readonly Phase[] {
  return spansNamed(own, (span) => kindOf(span) !== null).map((span) => ({
    span,
    name: span.name,
    kind: kindOf(span) ?? 'other',
    rows: readNumber(span, 'rows'),
    symbol: readText(span, 'symbol'),
    timeframe: readText(span, 'timeframe'),
  }));
}

function kindOf({ name }: Pick<Span, 'name'>): Phase['kind'] | null {
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** The phase that ended last. Unfinished spans are never exported, so it is the last one that a dead worker shows. */
export function lastPhase(phases: readonly Phase[]): Phase | null {
  let last: Phase | null = null;
  for (const phase of phases) if (last === null || endOf(phase.span) > endOf(last.span)) last = phase;
  return last;
}

export function lastActivityOf(spans: readonly Span[]): Micros | null {
  let last: Micros | null = null;
  for (const span of spans) if (last === null || endOf(span) > last) last = endOf(span);
  return last;
}

/** What else is known about the data that an operation requested: how many bars, which dates, and who else has read it. */
import type { Facts } from '../../facts/index.ts';
import { phasesOf } from '../../facts/phases.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import type { Span } from '../../trace.ts';
import { AMBIGUOUS_MESSAGES, DATA_MESSAGES } from './messages.ts';

/** Fewer than this are soon used up by the indicators' warm-up and the split. */
const FEW_BARS = 500;
const DAY_MS = 86_400_000;
const MINUTES: Readonly<Record<string, number>> = { m: 1, min: 1, h: 60, d: 1440, w: 10_080 };

/** Decided by the rows that were loaded, else by the requested dates; null if neither is known. */
export function hasFewBars(facts: Facts): boolean | null {
  const rows = facts.phases.find((phase) => phase.rows !== null)?.rows ?? null;
  if (rows !== null) return rows < FEW_BARS;
  const { startDate, endDate, timeframe } = facts.parameters;
  const days = (Date.parse(endDate ?? '') - Date.parse(startDate ?? '')) / DAY_MS;
  const [, count, unit = ''] = /^(\d+) ?([a-z]+)/.exec(timeframe ?? '') ?? [];
  const minutes = Number(count) * (MINUTES[unit] ?? Number.NaN);
  // Markets are closed on two days of seven.
  const bars = (days * (5 / 7) * 1440) / minutes;
  return Number.isFinite(bars) ? bars < FEW_BARS : null;
}

/** What is wrong with the requested date range itself; null if nothing is, or if the dates are unknown. */
export function badDatesOf({ parameters, case: input }: Facts): 'reversed' | 'future' | null {
  const [start, end] = [parameters.startDate, parameters.endDate].map((date) => Date.parse(date ?? ''));
  if (start === undefined || end === undefined) return null;
  if (start > end) return 'reversed';
  return start * 1000 > input.now ? 'future' : null;
}

/** An error of an empty or short range: the dates are checked before the data is named as the cause. */
export function blamesData(facts: Facts) {
  const explained = explainedBy(facts.failure, DATA_MESSAGES);
  return explained === null || explained.variant === 'context' ? null : explained;
}

export function ambiguousComplaintOf(facts: Facts) {
  return explainedBy(facts.failure, AMBIGUOUS_MESSAGES);
}

/** Where another operation read data of the same symbol and timeframe; the latest. */
export function readElsewhere(
  { case: input, own }: Facts,
  symbol: string | null,
  timeframe: string | null,
): { readonly span: Span; readonly rows: number } | null {
  const traces = new Set(own.map(({ traceId }) => traceId));
  const readings = [...input.neighbours, ...input.baseline]
    .filter(({ traceId }) => !traces.has(traceId))
    .flatMap(({ spans }) => phasesOf(spans))
    .filter((phase) => phase.kind === 'data-loading' && phase.symbol === symbol && phase.timeframe === timeframe);
  const last = readings
    .filter(({ rows }) => (rows ?? 0) > 0)
    .sort((a, b) => a.span.start - b.span.start)
    .at(-1);
  return last?.rows == null ? null : { span: last.span, rows: last.rows };
}

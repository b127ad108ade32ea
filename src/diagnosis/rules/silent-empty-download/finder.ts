import type { Call } from '../../facts/calls.ts';
import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import { endOf, type Span } from '../../trace.ts';
import { readText } from '../../vocabulary/attributes.ts';
import { spansNamed } from '../../vocabulary/span-names.ts';

/** What a download returned, according to its result and to the IB host's fetches. */
interface Download {
  /** Null when the result is unknown. */
  readonly rows: number | null;
  /** There were gaps to fill, and no row arrived. */
  readonly isEmpty: boolean;
  /** Failed fetches whose data no later fetch returned, by start. */
  readonly failures: readonly SpanError[];
  /** How many fetches the traces show. */
  readonly fetchCount: number;
  /** The call that led to the first of the failures, else the first one. */
  readonly call: Call | null;
}

export function downloadOf(facts: Facts): Download {
  const result = facts.record?.resultSummary ?? {};
  const counted = result['rows_downloaded'];
  const rows = typeof counted === 'number' ? counted : null;
  const hadGaps = Number(result['gaps_filled'] ?? 1) > 0;
  const calls = facts.calls.filter(
    ({ endpoint }) => endpoint.role === 'ib-host' && endpoint.path.includes('historical'),
  );
  const fetches = fetchesOf(facts, calls);
  const failures = unrecovered(facts, fetches);
  const caller = failures[0] === undefined ? null : callerOf(facts, failures[0].span);
  return {
    rows,
    isEmpty: rows === 0 && hadGaps && result['cache_hit'] !== true,
    failures,
    fetchCount: fetches.length,
    call: calls.find(({ span }) => span === caller) ?? calls[0] ?? null,
  };
}

/** The IB host's fetches, and the calls below which the traces show none. */
function fetchesOf(facts: Facts, calls: readonly Call[]): readonly Span[] {
  const fetches = spansNamed(facts.own, ({ name }) => name === 'ib.fetch_historical');
  const callers = new Set(fetches.map((fetch) => callerOf(facts, fetch)));
  const others = calls.flatMap(({ span }) => (callers.has(span) ? [] : [span]));
  return [...fetches, ...others].sort((a, b) => a.start - b.start);
}

/** The call itself, or the one that led to a fetch on the IB host. */
function callerOf({ tree }: Facts, span: Span): Span | null {
  return [span, ...tree.ancestorsOf(span)].find(({ kind }) => kind === 'client') ?? null;
}

/**
 * ktrdr goes on with the next segment, so a later success is a retry only if it fetched the same dates. Where a span has no
 * dates, it may have.
 */
function unrecovered({ errors }: Facts, fetches: readonly Span[]): readonly SpanError[] {
  const failed = new Map(
    errors.all.filter(({ span }) => span.status.code !== 'ok').map((error) => [error.span, error]),
  );
  const lastSuccess = new Map<string | null, number>();
  let latest = Number.NEGATIVE_INFINITY;
  for (const fetch of fetches) {
    if (failed.has(fetch)) continue;
    lastSuccess.set(segmentOf(fetch), fetch.start);
    latest = fetch.start;
  }
  return fetches.flatMap((fetch) => {
    const error = failed.get(fetch);
    if (error === undefined) return [];
    const segment = segmentOf(fetch);
    const success = [lastSuccess.get(segment), lastSuccess.get(null), segment === null ? latest : undefined];
    return success.some((start) => start !== undefined && start >= endOf(fetch)) ? [] : [error];
  });
}

function segmentOf(fetch: Span): string | null {
  const dates = [readText(fetch, 'startDate'), readText(fetch, 'endDate')];
  return dates.includes(null) ? null : dates.join(' ');
}

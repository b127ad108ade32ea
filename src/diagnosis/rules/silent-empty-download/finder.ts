import type { Call } from '../../facts/calls.ts';
import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';

/** What a download returned, according to its result and to the IB host's fetches. */
interface Download {
  /** Null when the result is unknown. */
  readonly rows: number | null;
  /** There were gaps to fill, and no row arrived. */
  readonly isEmpty: boolean;
  readonly failures: readonly SpanError[];
  readonly fetches: readonly Call[];
}

export function downloadOf({ record, errors, calls }: Facts): Download {
  const result = record?.resultSummary ?? {};
  const counted = result['rows_downloaded'];
  const rows = typeof counted === 'number' ? counted : null;
  const hadGaps = Number(result['gaps_filled'] ?? 1) > 0;
  return {
    rows,
    isEmpty: rows === 0 && hadGaps && result['cache_hit'] !== true,
    failures: errors.origins.filter(({ span }) => span.name === 'ib.fetch_historical'),
    fetches: calls.filter(({ endpoint }) => endpoint.role === 'ib-host' && endpoint.path.includes('historical')),
  };
}

import type { Case } from '../case.ts';
import type { Span } from '../trace.ts';
import { carriersOf, readText } from '../vocabulary/attributes.ts';

/** What the operation was asked to work on, by whichever witness says it first. */
export interface Parameters {
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly strategy: string | null;
}

export function parametersOf(kase: Case, own: readonly Span[]): Parameters {
  const record = kase.operation?.kind === 'record' ? kase.operation.record : null;
  const first = (name: 'symbol' | 'timeframe' | 'startDate' | 'endDate' | 'strategy') => {
    for (const span of carriersOf(own, name)) {
      const text = readText(span, name);
      if (text !== null) return text;
    }
    return null;
  };
  const day = (date: string | null) => date?.replace(/T00:00:00.*$/, '') ?? null;
  return {
    symbol: first('symbol') ?? record?.symbol ?? null,
    timeframe: first('timeframe') ?? record?.timeframe ?? null,
    startDate: day(first('startDate') ?? record?.startDate ?? null),
    endDate: day(first('endDate') ?? record?.endDate ?? null),
    strategy: first('strategy'),
  };
}

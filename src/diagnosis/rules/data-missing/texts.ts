import type { Fix } from '../../finding.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import { operationNoun } from '../../words.ts';
import type { RuleText } from '../text.ts';

export interface RequestedData {
  readonly symbol: string | null;
  /** May be several, separated by commas. */
  readonly timeframe: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  /** Bars that were loaded. */
  readonly rows: number | null;
  readonly text: string;
  readonly type: string | null;
}

type Variant = 'not-cached' | 'range' | 'timeframe' | 'insufficient' | 'ib-context';

export const DATA_TEXTS: Readonly<Record<Variant, (wanted: RequestedData, fix: FixTable) => RuleText>> = {
  'not-cached': (wanted, fix) => {
    const isTraining = wanted.type === 'training';
    return {
      headline: `No data for ${what(wanted)}${isTraining ? range(wanted) : ''}: it is not in the cache of this system.`,
      explanation: `The ${operationNoun(wanted.type)} stopped while it loaded data. ${isTraining ? 'A training reports the same for a file that was never downloaded and for a range outside of it: the range command tells which.' : 'The file of this symbol and timeframe was never downloaded there, or lies in another data folder.'}`,
      fixes: [...look(wanted, fix), ...load(wanted, fix), again(wanted)],
    };
  },
  range: (wanted, fix) => ({
    headline: `The cache has no data for ${what(wanted)} in the asked range${range(wanted)}.`,
    explanation: 'Loading went well and returned no rows: the file exists, but the dates lie outside of it.',
    fixes: [...look(wanted, fix), ...load(wanted, fix), advice('Or ask for dates inside the cached range.')],
  }),
  timeframe: (wanted, fix) => ({
    headline: `Data of at least one timeframe is missing or does not overlap: ${what(wanted)}.`,
    explanation: 'Work on several timeframes needs each of them, over a common range.',
    fixes: [...look(wanted, fix), ...load(wanted, fix), again(wanted)],
  }),
  insufficient: (wanted, fix) => {
    const needed = /at least (\d+)|need(?:ed|s)?:? (\d+)/.exec(wanted.text);
    const bars = wanted.rows === null ? '' : `: ${wanted.rows} bars of ${what(wanted)}${range(wanted)}`;
    return {
      headline: `Too little data for this ${operationNoun(wanted.type)}${bars}${needed === null ? '' : `, at least ${needed[1] ?? needed[2]} are needed`}.`,
      explanation:
        'The range was loaded, but after the indicators’ warm-up and the split too few bars are left. Some of ktrdr’s messages for this come from the numeric library and do not mention data.',
      fixes: [
        ...look(wanted, fix),
        ...load(wanted, fix),
        advice('Ask for a longer range of dates; download only if the cache ends too early.'),
      ],
    };
  },
  'ib-context': (wanted, fix) => ({
    headline: `Context data that the strategy needs is missing: ${what(wanted)}.`,
    explanation:
      'The strategy reads data of another symbol as context. The command that ktrdr’s message prints has wrong flags; the one below works.',
    fixes: [...load(wanted, fix), again(wanted)],
  }),
};

function what({ symbol, timeframe }: RequestedData): string {
  const named = [symbol, timeframe].filter((part) => part !== null).join(' ');
  return named === '' ? 'the asked symbol' : named;
}

function range({ startDate, endDate }: RequestedData): string {
  return startDate === null || endDate === null ? '' : ` from ${startDate} to ${endDate}`;
}

function look(wanted: RequestedData, fix: FixTable): readonly Fix[] {
  return forEach(wanted, fix.dataRange);
}

function load(wanted: RequestedData, fix: FixTable): readonly Fix[] {
  return forEach(wanted, fix.loadData);
}

function forEach(
  { symbol, timeframe }: RequestedData,
  make: (symbol: string, timeframe: string) => Fix,
): readonly Fix[] {
  if (symbol === null || timeframe === null) return [];
  return timeframe.split(',').map((one) => make(symbol, one.trim()));
}

function again({ type }: RequestedData): Fix {
  return advice(`Once the data is there, start the ${operationNoun(type)} again.`);
}

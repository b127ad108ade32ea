import { shorten } from '../../evidence.ts';
import type { WorkerLocation } from '../../facts/workers.ts';
import type { Fix } from '../../finding.ts';
import { type FixTable, readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import type { Span } from '../../trace.ts';
import { clock, joined, sentence } from '../../words.ts';
import type { DataVariant } from './messages.ts';

export interface RequestedData {
  readonly symbol: string | null;
  /** May be several, separated by commas. */
  readonly timeframe: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  /** Bars that were loaded. */
  readonly rows: number | null;
  /** There were bars enough before the warm-up and the split. */
  readonly hadEnough: boolean;
  /** Of the CFTC, by its currency. */
  readonly report: string | null;
  readonly text: string;
  /** The data was there, and none of it was left for the test. */
  readonly isSplitEmpty: boolean;
  readonly isTraining: boolean;
  readonly location: WorkerLocation;
  /** Where another operation read the same data. */
  readonly elsewhere: { readonly span: Span; readonly rows: number } | null;
}

export const DATA_TEXTS: Readonly<Record<DataVariant, (data: RequestedData, context: RuleContext) => RuleText>> = {
  'not-cached': (data, context) => (data.elsewhere === null ? notCached(data, context) : otherFolder(data, context)),
  range: (data, { fix }) => ({
    headline: `The cache has no data for ${nameOf(data)} in the asked range${rangeOf(data)}.`,
    explanation: `${data.rows === 0 ? 'Loading succeeded and returned no rows: the' : 'The'} file exists, but the dates lie outside of it.`,
    fixes: [
      ...read(data, fix, 'The requested dates have to be inside that range.'),
      ...(hasDates(data) ? each(data, fix.loadData) : []),
      hasDates(data)
        ? 'Or ask for dates inside the cached range.'
        : 'Compare the asked dates with it first: the start has to be before the end, and both inside.',
    ],
  }),
  timeframe: (data, { fix, noun }) => ({
    headline: data.isSplitEmpty
      ? `The split of this ${noun} left no test data${data.rows === null ? '' : `, although ${data.rows} bars of ${nameOf(data)} were loaded`}.`
      : `Data of at least one timeframe is missing or does not overlap: ${nameOf(data)}.`,
    explanation: data.isSplitEmpty
      ? 'Several symbols or timeframes that do not overlap lead to this, and so does a split or a label horizon that uses up the range.'
      : 'Work on several timeframes needs each of them, over a common range.',
    fixes: [
      ...read(
        data,
        fix,
        'If it ends before or begins after the requested dates, download the rest. If not, the split or the labels use it up.',
      ),
      ...each(data, fix.loadData),
      again(noun),
    ],
  }),
  insufficient: (data, { fix, noun }) => {
    const range = read(data, fix, 'If it covers more, ask for a longer range of dates. If not, download more.');
    const needed = /at least (\d+)|need(?:ed|s)?:? (\d+)/.exec(data.text);
    const minimum = needed === null ? '' : `, at least ${needed[1] ?? needed[2]} are needed`;
    const bars = data.rows === null ? '' : `${data.rows} bars of ${nameOf(data)}${rangeOf(data)}`;
    return {
      headline:
        data.hadEnough && bars !== ''
          ? `Too little is left of the ${bars} for this ${noun}${minimum}.`
          : `Too little data for this ${noun}${bars === '' ? '' : `: ${bars}`}${minimum}.`,
      explanation: `The range was loaded, but after the indicators’ warm-up, the labels, and the split too few bars are left.${data.hadEnough ? ' A long period of an indicator, or context data that covers another range, leads to this as well.' : ''}`,
      lookFirst: range[0] ?? null,
      fixes: [...range, ...each(data, fix.loadData), 'Ask for a longer range of dates.'],
    };
  },
  context: (data, { fix, noun, clean }) => {
    const name = joined(' ', data.symbol, data.timeframe);
    const missing = data.report === null ? name : `the CFTC has no report for ${data.report} in that range`;
    const command = data.text.includes('Load it first: ')
      ? ' The command that ktrdr’s message prints has wrong flags.'
      : '';
    return {
      headline: sentence(
        `Context data that the strategy needs is missing: ${missing === '' ? shorten(clean(data.text), 160) : missing}`,
      ),
      explanation: `The strategy reads other data as context, beside the data that the ${noun} is about.${command}`,
      fixes: [
        ...read(data, fix, 'Without a range, download it. With one, the requested dates have to be inside.'),
        ...each(data, fix.loadData),
        name === '' ? 'Check the symbol, the report and the dates of the strategy’s context data.' : again(noun),
      ],
    };
  },
};

function notCached(data: RequestedData, { fix, noun }: RuleContext): RuleText {
  const name = nameOf(data);
  return {
    headline: `No data for ${name}${data.isTraining ? rangeOf(data) : ''}: it is not in the cache that this ${noun} reads.`,
    explanation: `The ${noun} stopped while it loaded data. ${data.isTraining ? 'A training run reports the same for a file that was never downloaded and for dates outside of it.' : 'The file of this symbol and timeframe was never downloaded, or it is in another folder.'}`,
    fixes: [
      ...read(
        data,
        fix,
        'Without a range, or with one that ends too early, download it. If it has the requested dates, this worker reads another folder.',
      ),
      fix.mounts(data.location),
      ...each(data, fix.loadData),
      again(noun),
    ],
  };
}

function otherFolder(data: RequestedData, { fix, noun }: RuleContext): RuleText {
  const { elsewhere } = data;
  const where =
    elsewhere === null
      ? ''
      : `${elsewhere.span.service} read ${elsewhere.rows} bars of it at ${clock(elsewhere.span.start)}`;
  return {
    headline: `This worker does not find ${nameOf(data)}, although ${where}.`,
    explanation: `The data exists. The worker that ran this ${noun} looks in another folder: its data folder isn't mounted, or DATA_DIR isn't set there.`,
    fixes: [
      fix.mounts(data.location),
      ...each(data, fix.dataRange),
      `Mount the shared data folder into that worker and restart it, then start the ${noun} again.`,
    ],
  };
}

function hasDates({ startDate, endDate }: RequestedData): boolean {
  return startDate !== null && endDate !== null;
}

function nameOf({ symbol, timeframe }: RequestedData): string {
  return joined(' ', symbol, timeframe) || 'the asked symbol';
}

function rangeOf({ startDate, endDate }: RequestedData): string {
  return startDate === null || endDate === null ? '' : ` from ${startDate} to ${endDate}`;
}

/** The same command for each timeframe. */
function each({ symbol, timeframe }: RequestedData, make: (symbol: string, timeframe: string) => Fix): readonly Fix[] {
  return symbol === null || timeframe === null ? [] : timeframe.split(',').map((one) => make(symbol, one.trim()));
}

/** The range that is cached of each timeframe. */
function read(data: RequestedData, fix: FixTable, reading: string): readonly Fix[] {
  return each(data, fix.dataRange).map((range) => readAs(range, reading));
}

function again(noun: string): string {
  return `Once the data is there, start the ${noun} again.`;
}

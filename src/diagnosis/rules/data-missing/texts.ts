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
  /** There were enough bars before the warm-up and the split. */
  readonly hadEnough: boolean;
  /** The CFTC report, by its currency. */
  readonly report: string | null;
  readonly text: string;
  /** There was data, but none of it was left for the test. */
  readonly isSplitEmpty: boolean;
  readonly isTraining: boolean;
  readonly location: WorkerLocation;
  /** Where another operation read the same data. */
  readonly elsewhere: { readonly span: Span; readonly rows: number } | null;
}

export const DATA_TEXTS: Readonly<Record<DataVariant, (data: RequestedData, context: RuleContext) => RuleText>> = {
  'not-cached': (data, context) => (data.elsewhere === null ? notCached(data, context) : otherFolder(data, context)),
  range: (data, { fix }) => ({
    headline: `The cache has no data for ${nameOf(data)} in the requested range${rangeOf(data)}.`,
    explanation: `${data.rows === 0 ? 'Loading succeeded and returned no rows: the' : 'The'} file exists, but it has no rows for the requested dates.`,
    fixes: [
      ...read(data, fix, 'The requested dates must be inside that range.'),
      ...(hasDates(data) ? each(data, fix.loadData) : []),
      hasDates(data)
        ? 'Or request dates inside the cached range.'
        : 'First compare the requested dates with the cached range: the start must be before the end, and both must be inside the range.',
    ],
  }),
  timeframe: (data, { fix, noun }) => ({
    headline: data.isSplitEmpty
      ? `The split of this ${noun} left no test data${data.rows === null ? '' : `, although ${data.rows} bars of ${nameOf(data)} were loaded`}.`
      : `Data for at least one timeframe is missing or doesn’t overlap: ${nameOf(data)}.`,
    explanation: data.isSplitEmpty
      ? 'This happens when symbols or timeframes don’t overlap, or when the split or the label horizon uses up the range.'
      : 'A run with several timeframes needs data for each, over a common range.',
    fixes: [
      ...read(
        data,
        fix,
        'If it ends before or starts after the requested dates, download the rest. If not, the split or the labels use it up.',
      ),
      ...each(data, fix.loadData),
      again(noun),
    ],
  }),
  insufficient: (data, { fix, noun }) => {
    const range = read(data, fix, 'If it covers more, request a longer date range. If not, download more.');
    const needed = /at least (\d+)|need(?:ed|s)?:? (\d+)/.exec(data.text);
    const minimum = needed === null ? '' : `; at least ${needed[1] ?? needed[2]} are required`;
    const bars = data.rows === null ? '' : `${data.rows} bars of ${nameOf(data)}${rangeOf(data)}`;
    return {
      headline:
        data.hadEnough && bars !== ''
          ? `Too few of the ${bars} are left for this ${noun}${minimum}.`
          : `Too little data for this ${noun}${bars === '' ? '' : `: ${bars}`}${minimum}.`,
      explanation: `The range was loaded, but too few bars are left after the indicator warm-up, the labels, and the split.${data.hadEnough ? ' A long indicator period, or context data for another range, can also cause this.' : ''}`,
      lookFirst: range[0] ?? null,
      fixes: [...range, ...each(data, fix.loadData), 'Request a longer date range.'],
    };
  },
  context: (data, { fix, noun, clean }) => {
    const name = joined(' ', data.symbol, data.timeframe);
    const missing = data.report === null ? name : `the CFTC has no report for ${data.report} in that range`;
    const command = data.text.includes('Load it first: ') ? ' The command in ktrdr’s message has incorrect flags.' : '';
    return {
      headline: sentence(
        `Context data that the strategy needs is missing: ${missing === '' ? shorten(clean(data.text), 160) : missing}`,
      ),
      explanation: `The strategy also reads other data as context.${command}`,
      fixes: [
        ...read(
          data,
          fix,
          'If no range is shown, download the data. If one is, the requested dates must be inside it.',
        ),
        ...each(data, fix.loadData),
        name === '' ? 'Check the symbol, the report, and the dates of the strategy’s context data.' : again(noun),
      ],
    };
  },
};

function notCached(data: RequestedData, { fix, noun }: RuleContext): RuleText {
  const name = nameOf(data);
  return {
    headline: `No data for ${name}${data.isTraining ? rangeOf(data) : ''}: it isn’t in the cache that this ${noun} reads.`,
    explanation: `The ${noun} stopped while loading data. ${data.isTraining ? 'A training run reports the same error for a missing file and for dates outside it.' : 'The file for this symbol and timeframe was never downloaded, or it’s in another folder.'}`,
    fixes: [
      ...read(
        data,
        fix,
        'If no range is shown, or it ends too early, download the data. If the requested dates are inside it, this worker reads another folder.',
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
    headline: `This worker can’t find ${nameOf(data)}, although ${where}.`,
    explanation: `The data exists. The worker that ran this ${noun} reads another folder: its data folder isn’t mounted, or DATA_DIR isn’t set there.`,
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
  return joined(' ', symbol, timeframe) || 'the requested symbol';
}

function rangeOf({ startDate, endDate }: RequestedData): string {
  return startDate === null || endDate === null ? '' : ` from ${startDate} to ${endDate}`;
}

/** The same command for each timeframe. */
function each({ symbol, timeframe }: RequestedData, make: (symbol: string, timeframe: string) => Fix): readonly Fix[] {
  return symbol === null || timeframe === null ? [] : timeframe.split(',').map((one) => make(symbol, one.trim()));
}

/** The cached range of each timeframe. */
function read(data: RequestedData, fix: FixTable, reading: string): readonly Fix[] {
  return each(data, fix.dataRange).map((range) => readAs(range, reading));
}

function again(noun: string): string {
  return `Once the data is available, start the ${noun} again.`;
}

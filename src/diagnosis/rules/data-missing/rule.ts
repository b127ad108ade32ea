import { attribute, reportedError, spanSeen } from '../../evidence.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import type { Fix } from '../../finding.ts';
import { clear, defineRule, match, proofOf, type RuleContext, type RuleText } from '../../rule.ts';
import { joined } from '../../words.ts';

/** The market data that the operation needs is not there, not in that range, or too little. */
export const rule = defineRule({
  id: 'data-missing',
  title: 'Market data is missing',
  symptom: 'A training or backtest fails while it loads data, or soon after.',
  proof: 'The message of the failure, with the symbol and timeframe, and the rows that were loaded.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    'not-cached': 'No data of this symbol and timeframe is in the cache.',
    range: 'There is data, but none in the asked range of dates.',
    timeframe: 'One of several timeframes is missing, or they do not overlap.',
    insufficient: 'The range holds too few bars for the indicators’ warm-up or the split.',
    'ib-context': 'Context data of another symbol that the strategy uses is missing.',
  },

  check(facts, context) {
    const explained = explainedBy(facts.failure, MESSAGES) ?? explainedBy(facts.failure, EXCEPTION_TYPES);
    if (explained === null) return clear;
    const { variant, reportedError: error, words } = explained;
    const { parameters, phases } = facts;
    const loaded = phases.find(({ rows }) => rows !== null);
    const requested = phases.find(({ kind }) => kind === 'data-loading');
    const first = phases[0];
    const data: RequestedData = {
      symbol: words['symbol'] ?? requested?.symbol ?? parameters.symbol,
      timeframe: words['timeframe'] ?? requested?.timeframe ?? parameters.timeframe,
      startDate: parameters.startDate,
      endDate: parameters.endDate,
      rows: loaded?.rows ?? null,
      text: error.text,
      isTraining: facts.type === 'training',
    };
    return match({
      ...proofOf(explained),
      ...DATA_TEXTS[variant](data, context),
      culprit: error.span ?? loaded?.span ?? null,
      evidence: [
        reportedError(error),
        loaded && attribute(loaded.span, 'rows'),
        first && spanSeen(first.span, `${first.name} on ${first.span.service}`),
      ],
    });
  },
});

const MESSAGES = [
  ['ib-context', /IB context data for '(?<symbol>[^']+)' \((?<timeframe>[^)]+)\)|Failed to fetch context data/i],
  [
    'insufficient',
    /Insufficient data|No aligned samples available|Training produced no test data|weight tensor should be defined either for all/i,
  ],
  [
    'timeframe',
    /Failed to load base timeframe (?<timeframe>\S+) for (?<symbol>\S+)|Failed to load data for any timeframe|requires overlapping data across timeframes|No timeframes successfully loaded/i,
  ],
  ['not-cached', /No data found (?:in cache )?for (?<symbol>\S+) (?<timeframe>[\w,]+)/i],
  ['range', /(?:^|: )No data for (?<symbol>\S+) (?<timeframe>[\w,]+)/i],
] as const;

/** For errors whose message matches none of the above. */
const EXCEPTION_TYPES = [
  ['not-cached', /^DataNotFoundError:/],
  ['insufficient', /^InsufficientDataError:/],
] as const;

interface RequestedData {
  readonly symbol: string | null;
  /** May be several, separated by commas. */
  readonly timeframe: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  /** Bars that were loaded. */
  readonly rows: number | null;
  readonly text: string;
  readonly isTraining: boolean;
}

type Variant = (typeof MESSAGES)[number][0];

const DATA_TEXTS: Readonly<Record<Variant, (data: RequestedData, context: RuleContext) => RuleText>> = {
  'not-cached': (data, { fix, noun }) => ({
    headline: `No data for ${nameOf(data)}${data.isTraining ? rangeOf(data) : ''}: it is not in the cache of this system.`,
    explanation: `The ${noun} stopped while it loaded data. ${data.isTraining ? 'A training reports the same for a file that was never downloaded and for a range outside of it: the range command tells which.' : 'The file of this symbol and timeframe was never downloaded there, or lies in another data folder.'}`,
    fixes: [...each(data, fix.dataRange), ...each(data, fix.loadData), again(noun)],
  }),
  range: (data, { fix }) => ({
    headline: `The cache has no data for ${nameOf(data)} in the asked range${rangeOf(data)}.`,
    explanation: 'Loading went well and returned no rows: the file exists, but the dates lie outside of it.',
    fixes: [...each(data, fix.dataRange), ...each(data, fix.loadData), 'Or ask for dates inside the cached range.'],
  }),
  timeframe: (data, { fix, noun }) => ({
    headline: `Data of at least one timeframe is missing or does not overlap: ${nameOf(data)}.`,
    explanation: 'Work on several timeframes needs each of them, over a common range.',
    fixes: [...each(data, fix.dataRange), ...each(data, fix.loadData), again(noun)],
  }),
  insufficient: (data, { fix, noun }) => {
    const needed = /at least (\d+)|need(?:ed|s)?:? (\d+)/.exec(data.text);
    const bars = data.rows === null ? '' : `: ${data.rows} bars of ${nameOf(data)}${rangeOf(data)}`;
    return {
      headline: `Too little data for this ${noun}${bars}${needed === null ? '' : `, at least ${needed[1] ?? needed[2]} are needed`}.`,
      explanation:
        'The range was loaded, but after the indicators’ warm-up and the split too few bars are left. Some of ktrdr’s messages for this come from the numeric library and do not mention data.',
      fixes: [
        ...each(data, fix.dataRange),
        ...each(data, fix.loadData),
        'Ask for a longer range of dates; download only if the cache ends too early.',
      ],
    };
  },
  'ib-context': (data, { fix, noun }) => ({
    headline: `Context data that the strategy needs is missing: ${nameOf(data)}.`,
    explanation:
      'The strategy reads data of another symbol as context. The command that ktrdr’s message prints has wrong flags; the one below works.',
    fixes: [...each(data, fix.loadData), again(noun)],
  }),
};

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

function again(noun: string): string {
  return `Once the data is there, start the ${noun} again.`;
}

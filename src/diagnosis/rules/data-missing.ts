import { attribute, complaint, spanSeen } from '../evidence.ts';
import { explainedBy } from '../facts/failure.ts';
import type { Fix } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { operationNoun } from '../words.ts';

/** The market data that the operation was to work on is not there, not in that range, or too little. */
export const rule = defineRule({
  id: 'data-missing',
  title: 'Market data is missing',
  symptom: 'A training or backtest fails while it loads data, or soon after.',
  proof: 'The message of the failure, with the symbol and timeframe, and the rows that were loaded.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {
    'not-cached': 'No data of this symbol and timeframe is in the cache.',
    range: 'There is data, but none in the asked range of dates.',
    timeframe: 'One of several timeframes is missing, or they do not overlap.',
    insufficient: 'The range holds too few bars for the indicators’ warm-up or the split.',
    'ib-context': 'Context data of another symbol that the strategy uses is missing.',
  },
  supersedes: ['unhandled-exception', 'failed-without-trace', 'invalid-input/parameters'],

  check(facts, { fix }) {
    const found = explainedBy(facts.failure, MESSAGES);
    if (found === null) return clear;
    const { variant, complaint: said, words } = found;
    const symbol = words['symbol'] ?? facts.parameters.symbol;
    const timeframe = words['timeframe'] ?? facts.parameters.timeframe;
    const what =
      [symbol, timeframe].filter((part) => part !== null && part !== undefined).join(' ') || 'the asked symbol';
    const { startDate, endDate } = facts.parameters;
    const range = startDate === null || endDate === null ? '' : ` from ${startDate} to ${endDate}`;
    const loading = facts.phases.find((phase) => phase.rows !== null);
    const needed = /at least (\d+)/.exec(said.text)?.[1];
    const noun = operationNoun(facts.type);
    const again = advice(`Then start the ${noun} again.`);
    const look: readonly Fix[] =
      symbol == null || timeframe == null ? [] : timeframe.split(',').map((one) => fix.dataRange(symbol, one.trim()));
    const load: readonly Fix[] =
      symbol == null || timeframe == null
        ? [advice('Load the missing data, then start again.')]
        : timeframe.split(',').map((one) => fix.loadData(symbol, one.trim()));
    const text = {
      'not-cached': {
        headline: `No data for ${what}${facts.type === 'training' ? `${range}: it is not in the cache` : ': it is not in the cache of this system'}.`,
        explanation: `The ${noun} stopped while it loaded data. ${facts.type === 'training' ? 'A training reports the same for a file that was never downloaded and for a range outside of it: the range command tells which.' : 'The file of this symbol and timeframe was never downloaded there, or lies in another data folder.'}`,
        fixes: [...look, ...load, again],
      },
      range: {
        headline: `The cache has no data for ${what} in the asked range${range}.`,
        explanation: 'Loading went well and returned no rows: the file exists, but the dates lie outside of it.',
        fixes: [...look, ...load, advice('Or ask for dates inside the cached range.')],
      },
      timeframe: {
        headline: `Data of at least one timeframe is missing or does not overlap: ${what}.`,
        explanation: 'Work on several timeframes needs each of them, over a common range.',
        fixes: [...look, ...load, again],
      },
      insufficient: {
        headline: `Too little data for this ${noun}${loading?.rows == null ? '' : `: ${loading.rows} bars of ${what}`}${needed === undefined ? '' : `, at least ${needed} are needed`}${range}.`,
        explanation:
          'The range was loaded, but after the indicators’ warm-up and the split too few bars are left. Some of ktrdr’s messages for this come from the numeric library and do not mention data.',
        fixes: [advice('Ask for a longer range of dates.'), ...look, ...load.slice(0, 1)],
      },
      'ib-context': {
        headline: `Context data that the strategy needs is missing: ${what}.`,
        explanation:
          'The strategy reads data of another symbol as context. The command that ktrdr’s message prints has wrong flags; the one below works.',
        fixes: [...load, again],
      },
    }[variant];
    return match({
      variant,
      confidence: said.source === 'record' ? 'likely' : 'certain',
      headline: text.headline,
      explanation: text.explanation,
      culprit: said.span ?? loading?.span ?? null,
      evidence: [
        complaint(said),
        ...(loading === undefined ? [] : [attribute(loading.span, 'rows')]),
        ...facts.phases.slice(0, 1).map((phase) => spanSeen(phase.span, `${phase.name} on ${phase.span.service}`)),
      ],
      fixes: text.fixes.length === 0 ? [again] : (text.fixes as [Fix, ...Fix[]]),
    });
  },
});

const MESSAGES = [
  ['ib-context', /IB context data for '(?<symbol>[^']+)' \((?<timeframe>[^)]+)\)|Failed to fetch context data/i],
  [
    'insufficient',
    /Insufficient data|InsufficientDataError|No aligned samples available|Training produced no test data|weight tensor should be defined either for all/i,
  ],
  [
    'timeframe',
    /Failed to load base timeframe (?<timeframe>\S+) for (?<symbol>\S+)|Failed to load data for any timeframe|requires overlapping data across timeframes|No timeframes successfully loaded/i,
  ],
  ['not-cached', /No data found (?:in cache )?for (?<symbol>\S+) (?<timeframe>\S+)|DataNotFoundError/i],
  ['range', /(?:^|: )No data for (?<symbol>\S+) (?<timeframe>\S+)/i],
] as const;

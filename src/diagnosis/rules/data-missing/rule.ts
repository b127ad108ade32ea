import { attribute, reportedError, spanSeen } from '../../evidence.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { DATA_TEXTS } from './texts.ts';

/** The market data that the operation was to work on is not there, not in that range, or too little. */
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

  check(facts, { fix }) {
    const found = explainedBy(facts.failure, MESSAGES) ?? explainedBy(facts.failure, TYPES);
    if (found === null) return clear;
    const { variant, reportedError: said, words } = found;
    const { parameters, phases, type } = facts;
    const loading = phases.find(({ rows }) => rows !== null);
    const asked = phases.find(({ kind }) => kind === 'data-loading');
    const first = phases[0];
    return match({
      variant,
      confidence: said.source === 'record' ? 'likely' : 'certain',
      ...DATA_TEXTS[variant](
        {
          symbol: words['symbol'] ?? asked?.symbol ?? parameters.symbol,
          timeframe: words['timeframe'] ?? asked?.timeframe ?? parameters.timeframe,
          startDate: parameters.startDate,
          endDate: parameters.endDate,
          rows: loading?.rows ?? null,
          text: said.text,
          type,
        },
        fix,
      ),
      culprit: said.span ?? loading?.span ?? null,
      evidence: [
        reportedError(said),
        ...(loading === undefined ? [] : [attribute(loading.span, 'rows')]),
        ...(first === undefined ? [] : [spanSeen(first.span, `${first.name} on ${first.span.service}`)]),
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

/** Only the type of the exception tells. */
const TYPES = [
  ['not-cached', /^DataNotFoundError:/],
  ['insufficient', /^InsufficientDataError:/],
] as const;

/** The sentences with which ktrdr says that market data is missing or insufficient. */

const SYMBOL = String.raw`(?<symbol>[A-Za-z0-9][\w.^/=-]{0,23})`;
const TIMEFRAME = String.raw`(?<timeframe>\d{1,3} ?[A-Za-z]{1,5}(?:, ?\d{1,3} ?[A-Za-z]{1,5})*)`;
const sentence = (words: string) => new RegExp(`^(?:${words})$`, 's');
/** What the engine writes after the name of the provider `ib`, whose data is ktrdr's own cache. */
const FROM_IB = String.raw`(?:Failed to fetch context data from 'ib': )`;

export const DATA_MESSAGES = [
  ['context', sentence(`${FROM_IB}No data found in cache for ${SYMBOL} ${TIMEFRAME}\\. .+`)],
  ['context', sentence(String.raw`IB context data for '${SYMBOL}' \(${TIMEFRAME}\) not found in cache\. .+`)],
  ['context', sentence(String.raw`No IB data for '${SYMBOL}' \(${TIMEFRAME}\) in range .+`)],
  ['context', sentence(String.raw`No CFTC COT data found for '(?<report>[^']+)' \(.+\)\. .+`)],
  ['context', sentence(String.raw`${FROM_IB}(?!\[Errno ).+`)],
  [
    'insufficient',
    sentence(
      String.raw`Insufficient data for backtesting: \d+ bars \(need at least (?<needed>\d+) for indicator warm-up\)|Insufficient data: \d+ bars, need \d+|Insufficient data: need at least \d+ (?:points|bars) ?.*, got \d+|Insufficient data: \d+ points available, \d+ required|insufficient data: got \d+ timestamps but sequence_length=\d+ requires at least that many|Data has \d+ bars, need at least \d+ .*|Data has fewer than \d+ bars required for horizon=\d+`,
    ),
  ],
  ['insufficient', sentence(String.raw`[A-Z][\w /%]{1,30} requires at least \d+ data points(?: for .+)?`)],
  [
    'insufficient',
    sentence(
      String.raw`No aligned samples available: .+|No aligned samples: features=\d+, labels=\d+|Empty data for symbol ${SYMBOL}\. Check data loading\.`,
    ),
  ],
  ['timeframe', sentence(`Failed to load base timeframe ${TIMEFRAME} for ${SYMBOL}`)],
  [
    'timeframe',
    sentence(
      `(?:Failed to load data for any timeframe for|No timeframes successfully loaded for|Multi-timeframe synchronization failed for) ${SYMBOL}`,
    ),
  ],
  ['timeframe', sentence('Multi-timeframe training requires overlapping data across timeframes')],
  ['not-cached', sentence(`No data found (?:in cache )?for ${SYMBOL} ${TIMEFRAME}`)],
  [
    'not-cached',
    sentence(
      String.raw`Data file not found: (?:.*/)?(?<symbol>[A-Za-z0-9.^=-]{1,24})_(?<timeframe>\d{1,3}[A-Za-z]{1,5})\.\w+`,
    ),
  ],
  ['not-cached', sentence(String.raw`Data not found for ${SYMBOL} \(${TIMEFRAME}\)`)],
  ['range', sentence(`No data(?: loaded)? for ${SYMBOL} ${TIMEFRAME}`)],
  // For errors whose message is none of the above.
  ['not-cached', /^DataNotFoundError: /],
  ['insufficient', /^InsufficientDataError: /],
] as const;

export type DataVariant = (typeof DATA_MESSAGES)[number][0];

/** Reported both for too few bars, and for enough bars with wrong labels or a wrong split: the number of bars decides. */
export const AMBIGUOUS_MESSAGES = [
  [
    'classes',
    sentence(
      String.raw`weight tensor should be defined either for all (?<classes>\d+) classes or no classes but got weight tensor of shape: \[(?<present>\d+)\]`,
    ),
  ],
  ['no-test-data', sentence(String.raw`Training produced no test data\.(?: .+)?`)],
] as const;

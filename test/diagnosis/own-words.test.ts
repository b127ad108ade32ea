import { describe, expect, it } from 'vitest';
import { caseOf, type Draft, record, span, trace } from '../support/build.ts';
import { answer, wellMade } from '../support/judge.ts';
import {
  BACKTEST,
  backtestTrace,
  DOWNLOAD,
  downloadTrace,
  loading,
  RESEARCH,
  register,
  TRAINING,
  trainingTrace,
  transition,
} from '../support/ktrdr-spans.ts';

const researchTrace = (...work: readonly Draft[]) =>
  trace(span('agent.trigger', { at: 1 }, register(RESEARCH, 'agent_research'), ...work));
const WORK = {
  training: [TRAINING, trainingTrace],
  backtest: [BACKTEST, backtestTrace],
  download: [DOWNLOAD, downloadTrace],
  research: [RESEARCH, researchTrace],
} as const;

/** As ktrdr of today shows most failures: only in the last state change, and in the record. */
function failed(kind: keyof typeof WORK, error: string, ...work: readonly Draft[]) {
  const [id, traceOf] = WORK[kind];
  const traces = [traceOf(...work, transition(id, 900, 'running', 'failed', { error }))];
  return caseOf({ id, now: 9000, traces, operation: record(id, 'failed', { ended: 905, errorMessage: error }) });
}

const context = (provider: string, reason: string) =>
  `Failed to fetch context data from '${provider}': ${reason}. Context data is required for this model — backtest cannot proceed without it.`;

const MESSAGES: readonly (readonly [kind: keyof typeof WORK, error: string, cause: string])[] = [
  ['training', 'Data file not found: /app/data/EURUSD_1h.csv', 'data-missing/not-cached'],
  ['training', 'Empty data for symbol EURUSD. Check data loading.', 'data-missing/insufficient'],
  ['backtest', context('ib', "[Errno 13] Permission denied: '/app/data/USDJPY_1h.csv'"), 'resources/permission'],
  [
    'training',
    `"Unknown context data provider 'yahoo'. Available providers: ['fred', 'ib']"`,
    'invalid-input/strategy-invalid',
  ],
  [
    'training',
    `"Indicator 'a' requires data_source 'b' but it was not found in context_data"`,
    'invalid-input/strategy-invalid',
  ],
  ['training', "Unknown membership function type 'gauss'. Available: ['gaussian']", 'invalid-input/strategy-invalid'],
  ['training', "[ENGINE-MFCreationError] Failed to create membership function 'low'", 'invalid-input/strategy-invalid'],
  [
    'training',
    "Strategy validation failed:\n  - nn_inputs[0].fuzzy_set: 'rsi' not found",
    'invalid-input/strategy-invalid',
  ],
  [
    'training',
    '1 validation error for FuzzySetDefinition\nindicator\n  Field required',
    'invalid-input/strategy-invalid',
  ],
  ['training', "Raw indicator column 'rsi_14' not found. Available: ['open']", 'invalid-input/strategy-invalid'],
  ['backtest', "Raw indicator column 'rsi_14' not found. Available: ['open']", 'invalid-input/feature-mismatch'],
  ['training', 'mat1 and mat2 shapes cannot be multiplied (1x3 and 6x32)', 'unhandled-exception'],
  ['backtest', 'Expecting value: line 1 column 1 (char 0)', 'invalid-input/model-unreadable'],
  ['training', 'Expecting value: line 1 column 1 (char 0)', 'unhandled-exception'],
  ['training', "[Errno 2] No such file or directory: '/app/models/a/1h_v3/model.pt'", 'unhandled-exception'],
  ['training', "[Errno 2] No such file or directory: '/app/strategies/a.yaml'", 'invalid-input/strategy-not-found'],
  ['download', 'Fetch error: Unsupported timeframe: 2h', 'invalid-input/parameters'],
  ['download', 'Permission denied when saving data to /app/data/AAPL_1h.csv', 'resources/permission'],
  ['training', 'unable to write to file </torch_12>: No space left on device (28)', 'resources/out-of-memory'],
  ['training', 'column "is_backend_local" of relation "operations" does not exist', 'database/no-tables'],
  ['download', 'No data returned for AAPL 1h', 'ib-gateway/no-data'],
  [
    'download',
    'Error 162: Historical Market Data Service error message:No market data permissions for NYSE STK',
    'ib-gateway/no-permission',
  ],
  [
    'download',
    'Error 162: Historical Market Data Service error message:API historical data query cancelled: 5',
    'unhandled-exception',
  ],
  [
    'download',
    'Host service connection failed: Host service error (HTTP 500): Internal Server Error',
    'unhandled-exception',
  ],
  ['research', 'Training failed: Operation was RUNNING but no worker claimed it', 'agent/child-failed'],
];

/** What an answer says, and what it must not: nothing that the message does not show. */
const WORDS: readonly (readonly [kind: keyof typeof WORK, error: string, says: RegExp, never: RegExp])[] = [
  [
    'backtest',
    "[Errno 2] No such file or directory: '/app/models/a/1h_v3/model.pt'",
    /incomplete: .*model\.pt/,
    /can’t find the directory/,
  ],
  ['training', 'FRED API key not configured. Set KTRDR_FRED_API_KEY.', /FRED .*no API key/, /was asked/],
  [
    'training',
    "Client error '404 Not Found' for url 'https://www.cftc.gov/files/fut_fin_txt_2026.zip'\nFor more",
    /the CFTC .*404/,
    /can’t reach|can be resolved/,
  ],
  [
    'backtest',
    context('cftc_cot', 'File is not a zip file'),
    /couldn’t be read: File is not/,
    /reached and|couldn’t be reached/,
  ],
  [
    'backtest',
    context('cftc_cot', "No CFTC COT data found for 'XYZ' (XYZ). Check it."),
    /no report for XYZ/,
    /incorrect flags/,
  ],
  [
    'backtest',
    "don't know how to restore data location of torch.storage (tagged with mps)",
    /device/,
    /truncated|Compare the model/,
  ],
  ['backtest', 'Unsupported model type: transformer', /train again/, /then start again/],
  ['training', "No module named 'mcp.types'; 'mcp' is not a package", /PYTHONPATH/, /Rebuild the image/],
  [
    'research',
    'Design dispatch failed: All connection attempts failed',
    /didn’t get its task/,
    /language model|credit/,
  ],
  ['research', "Design failed: [Errno 13] Permission denied: '/app/strategies/a.yaml'", /design agent/, /credit/],
  [
    'research',
    'Design dispatch failed: No available AGENT_DESIGN workers. Ensure design agent containers are running.',
    /No design agent is available/,
    /No design agent is registered/,
  ],
];

describe('the own words of an operation', () => {
  it.each(MESSAGES)('%s: %s', (kind, error, cause) => {
    const kase = failed(kind, error);
    expect(answer(kase).primary?.cause).toBe(cause);
    wellMade(kase);
  });

  it.each(WORDS)('%s: %s → %s', (kind, error, says, never) => {
    const kase = failed(kind, error);
    const { headline, explanation, fixes } = answer(kase).primary ?? {};
    const text = JSON.stringify([headline, explanation, fixes]);
    expect(text).toMatch(says);
    expect(text).not.toMatch(never);
    wellMade(kase);
  });

  it('is not certain of too little data where thousands of bars were loaded', () => {
    const error = 'No aligned samples available: min_len=0, features_len=0, labels_len=3000. Both are empty.';
    const said = answer(failed('training', error, loading('training', 100, 3000))).primary;
    expect(said?.headline).toMatch(/^Too few of the 3000 bars/);
    expect(said?.confidence).toBe('likely');
  });
});

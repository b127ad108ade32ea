import { describe } from 'vitest';
import { call, caseOf, type Draft, record, server, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  API,
  BACKTEST,
  backtestTrace,
  DOWNLOAD,
  downloadTrace,
  features,
  loading,
  TRAINING,
  trainingRequest,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedCase } from '../../../support/scenes.ts';

const failedBacktest = (error: string, ...work: readonly Draft[]) =>
  caseOf({
    id: BACKTEST,
    now: 9000,
    traces: [backtestTrace(...work, transition(BACKTEST, 900, 'running', 'failed', { error }))],
    operation: record(BACKTEST, 'failed', { ended: 905, errorMessage: error }),
  });
const refusedTraining = (http: number, type: string, message: string) =>
  caseOf({ now: 9000, traces: [trace(trainingRequest(http, { raises: [type, message] }))] });

describe('invalid-input', () => {
  judge([
    {
      about: 'a strategy that is not there',
      case: refusedTraining(
        400,
        'ktrdr.errors.exceptions.ValidationError',
        'Strategy file not found: no_such.yaml (searched: /app/strategies/no_such.yaml, /app/no_such.yaml)',
      ),
      answer: 'invalid-input/strategy-not-found',
      headline: ['no_such.yaml'],
      shows: ['answered 400'],
      advises: ['ls /app/strategies'],
    },
    {
      about: 'a broken cross-reference',
      case: refusedTraining(
        400,
        'ktrdr.errors.exceptions.ConfigurationError',
        "[STRATEGY-V3ValidationFailed] V3 strategy validation failed: nn_inputs[0].fuzzy_set 'rsi_speed' is not defined",
      ),
      answer: 'invalid-input/strategy-invalid',
      headline: ['rsi_speed'],
      advises: ['ktrdr validate'],
    },
    {
      about: 'a version 2 strategy',
      case: refusedTraining(
        400,
        'ktrdr.errors.exceptions.ConfigurationError',
        '[STRATEGY-ValidationFailed] Strategy validation failed: 3 error(s) found',
      ),
      answer: 'invalid-input/strategy-invalid',
      advises: ['ktrdr migrate'],
    },
    {
      about: 'a version 2 strategy, said outright',
      case: refusedTraining(
        400,
        'ktrdr.errors.exceptions.ConfigurationError',
        "Strategy 'old_one' is not v3 format. Run 'ktrdr strategy migrate'",
      ),
      answer: 'invalid-input/strategy-version',
      advises: ['ktrdr migrate'],
    },
    {
      about: 'an impossible date: only the status is in the trace',
      case: caseOf({
        now: 9000,
        traces: [trace(server('POST /api/v1/backtests/start', API, 422, { at: 0, took: 4 }))],
      }),
      answer: 'invalid-input/parameters',
      confidence: 'likely',
      headline: ['422'],
    },
    {
      about: 'the same through the command line',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            span(
              'cli.backtest',
              { service: 'ktrdr-cli', at: 0, took: 90 },
              call(
                'POST',
                'http://localhost:8000/api/v1/backtests/start',
                422,
                { at: 4, took: 60 },
                server('POST /api/v1/backtests/start', API, 422, { at: 8, took: 4 }),
              ),
            ),
          ),
        ],
      }),
      answer: 'invalid-input/parameters',
    },
    {
      about: 'a backtest without a model',
      case: failedBacktest('model_path is required for backtesting'),
      answer: 'invalid-input/model-path-missing',
      advises: ['find /app/models', '--model-path'],
    },
    {
      about: 'a model directory that is not there',
      case: failedBacktest('Model directory not found: models/mean_rev/4h_v9'),
      answer: 'invalid-input/model-not-found',
      headline: ['models/mean_rev/4h_v9'],
      advises: ['find /app/models'],
    },
    {
      about: 'a model without metadata',
      case: failedBacktest('V3 metadata not found at models/mean_rev/4h_v9/metadata_v3.json. Train it again.'),
      answer: 'invalid-input/model-not-found',
      headline: ['models/mean_rev/4h_v9/metadata_v3.json'],
    },
    {
      about: 'a model of another timeframe',
      case: failedBacktest(
        'No features computed - check data and configuration',
        loading('backtest', 100, 74_000, { timeframe: '5m' }),
        features(200, 74_000, { raises: ['ValueError', 'No features computed - check data and configuration'] }),
      ),
      answer: 'invalid-input/feature-mismatch',
      headline: ['5m'],
    },
    ...(
      [
        ['PytorchStreamReader failed reading zip archive: failed finding central directory', 'model-unreadable'],
        ['Error(s) in loading state_dict for Sequential:\n\tsize mismatch for 0.weight', 'feature-mismatch'],
        ["'hidden_layers'", 'strategy-invalid'],
        ["Unknown indicator type 'fisher_wave'. Available: ['adx', 'rsi']", 'strategy-invalid'],
        ["Parameter 'period' must be >= 2", 'strategy-invalid'],
        ['Start date must be before end date', 'dates'],
      ] as const
    ).map(([error, variant]) => ({ about: error, case: failedBacktest(error), answer: `invalid-input/${variant}` })),
    ...[
      "'close'",
      'Risk limits: Strategy config not found in vault path kv/prod',
      '/usr/lib/libtorch_cpu.so: Symbol cudnnCreate not found in flat namespace',
      'Symbol EURUSD.X not found, using EURUSD',
    ].map((error) => ({ about: `no input: ${error}`, case: failedBacktest(error), answer: 'unhandled-exception' })),
    {
      about: 'too few classes with bars enough',
      case: failedBacktest(
        'weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]',
        loading('backtest', 100, 3097),
      ),
      answer: 'invalid-input/labels',
      confidence: 'likely',
      headline: ['2 of 3 classes', '3097 bars'],
    },
    {
      about: 'reversed dates',
      case: caseOf({
        id: BACKTEST,
        now: 9000,
        traces: [
          backtestTrace(
            loading('backtest', 100, 0),
            transition(BACKTEST, 900, 'running', 'failed', { error: 'No data for EURUSD 1h' }),
          ),
        ],
        operation: record(BACKTEST, 'failed', {
          ended: 905,
          errorMessage: 'No data for EURUSD 1h',
          startDate: '2023-12-31',
          endDate: '2023-07-01',
        }),
      }),
      answer: 'invalid-input/dates',
      headline: ['2023-12-31 to 2023-07-01'],
    },
    {
      about: 'features that the model does not know',
      case: failedBacktest(
        'Feature mismatch: missing 2 features: rsi_14, macd',
        loading('backtest', 100, 1560),
        features(200, 1560),
      ),
      answer: 'invalid-input/feature-mismatch',
    },
    {
      about: 'a symbol that does not exist',
      case: caseOf({
        id: DOWNLOAD,
        now: 30_000,
        services: [API],
        traces: [
          downloadTrace(
            call('POST', 'http://localhost:5001/data/validate', 200, { at: 100, took: 4 }),
            transition(DOWNLOAD, 120, 'running', 'failed', { error: 'Symbol ZZYX not found' }),
          ),
        ],
        operation: record(DOWNLOAD, 'failed', { ended: 120, errorMessage: 'Symbol ZZYX not found' }),
      }),
      answer: 'invalid-input/symbol-not-found',
      headline: ['ZZYX'],
    },
    {
      about: 'documented: a symbol of the wrong shape',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        500,
        span('training.validate', {
          at: 9,
          took: 2,
          status: 'error',
          description: 'Invalid symbol format: EU$RUSD',
          attributes: {
            'operation.id': TRAINING,
            'error.type': 'ValueError',
            'exception.type': 'ValueError',
            'exception.message': 'Invalid symbol format: EU$RUSD',
          },
        }),
      ),
      answer: 'invalid-input/parameters',
      headline: ['EU$RUSD'],
    },
    {
      about: 'documented: a ValidationError without an exception event',
      case: documentedCase(
        BACKTEST,
        'BACKTESTING',
        400,
        span('backtest.validate', {
          at: 9,
          took: 2,
          status: 'error',
          description: 'ValidationError: end_date must be after start_date',
        }),
      ),
      answer: 'invalid-input/dates',
    },
  ]);
});

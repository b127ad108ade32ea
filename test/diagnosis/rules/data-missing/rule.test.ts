import { describe } from 'vitest';
import { caseOf, type Draft, record, span, withoutApi } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  backtestTrace,
  features,
  loading,
  TRAINING,
  trainingTrace,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedRun } from '../../../support/scenes.ts';

const NOT_FOUND = 'ktrdr.errors.exceptions.DataNotFoundError';
const failedBacktest = (error: string, ...work: readonly Draft[]) =>
  caseOf({
    id: BACKTEST,
    now: 9000,
    traces: [backtestTrace(...work, transition(BACKTEST, 900, 'running', 'failed', { error }))],
    operation: record(BACKTEST, 'failed', { ended: 905, errorMessage: error, symbol: 'AUDUSD', timeframe: '1h' }),
  });
const failedTraining = (error: string, ...work: readonly Draft[]) =>
  caseOf({
    id: TRAINING,
    now: 9000,
    traces: [trainingTrace(...work, transition(TRAINING, 900, 'running', 'failed', { error }))],
    operation: record(TRAINING, 'failed', {
      ended: 905,
      errorMessage: error,
      symbol: 'EURUSD',
      timeframe: '1h',
      startDate: '2010-01-04',
      endDate: '2010-03-31',
    }),
  });

const never = failedBacktest(
  'No data found in cache for AUDUSD 1h',
  loading('backtest', 100, null, { symbol: 'AUDUSD', raises: [NOT_FOUND, 'No data found in cache for AUDUSD 1h'] }),
);
const outside = failedBacktest('No data for EURUSD 1h', loading('backtest', 100, 0));

describe('data-missing', () => {
  judge([
    {
      about: 'a backtest of a symbol never downloaded',
      case: never,
      answer: 'data-missing/not-cached',
      confidence: 'certain',
      headline: ['AUDUSD 1h'],
      shows: ['backtest.data_loading'],
      advises: ['ktrdr data load AUDUSD --timeframe 1h --mode full', 'ktrdr data range AUDUSD -t 1h'],
    },
    {
      about: 'the same without the API',
      case: withoutApi(never),
      answer: 'data-missing/not-cached',
      confidence: 'certain',
    },
    {
      about: 'the same by the record alone',
      case: { ...never, traces: [] },
      answer: 'data-missing/not-cached',
      confidence: 'likely',
    },
    {
      about: 'a backtest of dates outside the cache',
      case: outside,
      answer: 'data-missing/range',
      headline: ['EURUSD 1h'],
      shows: ['data.rows = 0'],
      advises: ['ktrdr data range EURUSD -t 1h'],
    },
    {
      about: 'a training of dates outside the cache',
      case: failedTraining(
        'No data found in cache for EURUSD 1h',
        loading('training', 100, null, { raises: [NOT_FOUND, 'No data found in cache for EURUSD 1h'] }),
      ),
      answer: 'data-missing/not-cached',
      headline: ['EURUSD 1h', '2023-01-01'],
    },
    {
      about: 'a backtest of 25 bars',
      case: failedBacktest(
        'Insufficient data for backtesting: 25 bars (need at least 51 for indicator warm-up)',
        loading('backtest', 100, 25),
        features(200, 25),
      ),
      answer: 'data-missing/insufficient',
      headline: ['25', '51'],
    },
    {
      about: 'a training of 25 bars, in the words of torch',
      case: failedTraining(
        'weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]',
        loading('training', 100, 25),
      ),
      answer: 'data-missing/insufficient',
      shows: ['weight tensor', 'data.rows = 25'],
    },
    {
      about: 'a training without test data',
      case: failedTraining('Training produced no test data. Check the split.', loading('training', 100, 130)),
      answer: 'data-missing/insufficient',
    },
    {
      about: 'a missing base timeframe',
      case: failedTraining(
        'Failed to load base timeframe 5m for GBPJPY',
        loading('training', 100, null, { timeframe: '5m,1h', symbol: 'GBPJPY' }),
      ),
      answer: 'data-missing/timeframe',
      headline: ['GBPJPY', '5m'],
      advises: ['ktrdr data load GBPJPY --timeframe 5m'],
    },
    {
      about: 'timeframes that don’t overlap',
      case: failedTraining(
        'Multi-timeframe training requires overlapping data across timeframes',
        loading('training', 100, 0, { timeframe: '5m,1h' }),
      ),
      answer: 'data-missing/timeframe',
      advises: ['--timeframe 5m', '--timeframe 1h'],
    },
    {
      about: 'context data',
      case: failedBacktest(
        "IB context data for 'VIX' (1d) not found in cache. Load it first: ktrdr data load VIX --start-date x",
        loading('backtest', 100, 1560),
      ),
      answer: 'data-missing/context',
      headline: ['VIX 1d'],
      advises: ['ktrdr data load VIX --timeframe 1d'],
    },
    {
      about: 'documented: no data found',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        { raises: ['DataNotFoundError', 'No data found for NZDJPY 15m'] },
        span('data.fetch', {
          at: 40,
          took: 300,
          raises: ['DataNotFoundError', 'No data found for NZDJPY 15m'],
          attributes: { 'operation.id': TRAINING, 'data.symbol': 'NZDJPY', 'data.timeframe': '15m' },
        }),
      ),
      answer: 'data-missing/not-cached',
      headline: ['NZDJPY 15m'],
    },
    {
      about: 'documented: too little of it',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        { raises: ['InsufficientDataError', 'Insufficient data: 120 bars, need 500'] },
        span('data.parse', { at: 340, took: 20, attributes: { 'data.rows': 120 } }),
        span('training.indicators', {
          at: 400,
          took: 30,
          raises: ['InsufficientDataError', 'Insufficient data: 120 bars, need 500'],
          attributes: { 'operation.id': TRAINING },
        }),
      ),
      answer: 'data-missing/insufficient',
      headline: ['120'],
    },
    {
      about: 'several timeframes, one missing, and it completes',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [
          trainingTrace(
            loading('training', 100, 780, {
              timeframe: '1h,4h,1d',
              attributes: {
                'progress.percentage': 100,
                'progress.phase': 'Operation multi_timeframe_EURUSD completed',
                'progress.current_step': 4,
                'progress.total_steps': 4,
                'progress.updated_at': 1778578200.2,
              },
            }),
            transition(TRAINING, 35_000, 'running', 'completed'),
          ),
        ],
        operation: record(TRAINING, 'completed', {
          ended: 35_000,
          resultSummary: { model_path: 'models/multi/1h_v2' },
        }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});

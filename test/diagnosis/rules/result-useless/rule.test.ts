import { describe } from 'vitest';
import { caseOf, record, withoutApi } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { BACKTEST, backtestTrace, TRAINING, trainingTrace, transition } from '../../../support/ktrdr-spans.ts';

type Result = Readonly<Record<string, number | string | null>>;

const backtested = (resultSummary: Result) =>
  caseOf({
    id: BACKTEST,
    now: 9000,
    traces: [backtestTrace(transition(BACKTEST, 900, 'running', 'completed'))],
    operation: record(BACKTEST, 'completed', { ended: 905, resultSummary }),
  });
const trained = (resultSummary: Result) =>
  caseOf({
    id: TRAINING,
    now: 9000,
    traces: [trainingTrace(transition(TRAINING, 900, 'running', 'completed'))],
    operation: record(TRAINING, 'completed', { ended: 905, resultSummary }),
  });

describe('result-useless', () => {
  judge([
    {
      about: 'a backtest without a trade',
      case: backtested({ trade_count: 0, equity_curve_length: 3070 }),
      answer: 'result-useless/no-trades',
      headline: ['3070 bars'],
      shows: ['0 trades'],
      advises: ['confidence threshold'],
    },
    {
      about: 'the same without the API: only the record has the number',
      case: withoutApi(backtested({ trade_count: 0 })),
      answer: 'healthy',
      noAlarm: true,
    },
    { about: 'a single trade', case: backtested({ trade_count: 1 }), answer: 'healthy', noAlarm: true },
    {
      about: 'an accuracy of 0',
      case: trained({ test_accuracy: 0, test_loss: 0.9 }),
      answer: 'result-useless/not-learned',
      headline: ['test_accuracy is 0'],
    },
    {
      about: 'a loss that JSON cannot write',
      case: trained({ test_accuracy: 0.3, test_loss: null }),
      answer: 'result-useless/not-learned',
      headline: ['test_loss is NaN'],
    },
    {
      about: 'a loss beyond measure',
      case: trained({ test_accuracy: 0.3, final_train_loss: 4e11 }),
      answer: 'result-useless/not-learned',
    },
    {
      about: 'a poor model',
      case: trained({ test_accuracy: 0.34, test_loss: 2.1 }),
      answer: 'healthy',
      noAlarm: true,
    },
    { about: 'no test at all', case: trained({ model_path: 'models/x/1h_v1' }), answer: 'healthy', noAlarm: true },
  ]);
});

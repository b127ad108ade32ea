import { describe } from 'vitest';
import { call, caseOf, record, server, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  BACKTESTER,
  backtestRequest,
  selection,
  TRAINING,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedRunTrace } from '../../../support/scenes.ts';

const id = { 'operation.id': TRAINING };

describe('export-overhead', () => {
  const batches = (n: number, attributes = {}) =>
    Array.from({ length: n }, (_, i) =>
      span('training.batch', { at: 200 + i * 7, took: 6, attributes: { 'batch.index': i, ...attributes } }),
    );
  judge([
    {
      about: 'documented: a span for every batch, with dumps',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          documentedRunTrace(
            TRAINING,
            'TRAINING',
            { took: 30_000 },
            span(
              'training.training_loop',
              { at: 100, took: 29_000, attributes: id },
              ...batches(3000, { 'batch.dump': 'x'.repeat(2000) }),
            ),
          ),
        ],
      }),
      answer: 'export-overhead',
      headline: ['training.batch'],
      shows: ['2000 characters'],
    },
    {
      about: 'a command that followed a long run: polls, no fault',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          trace(
            span(
              'cli.backtest',
              { service: 'ktrdr-cli', at: 0, took: 500_000, status: 'ok' },
              call(
                'POST',
                'http://localhost:8000/api/v1/backtests/start',
                200,
                { at: 2, took: 60 },
                backtestRequest(
                  200,
                  selection({ capable: 1, available: 1 }),
                  call(
                    'POST',
                    'http://backtest-worker-1:5003/backtests/start',
                    200,
                    { at: 20, took: 9 },
                    server(
                      'POST /backtests/start',
                      BACKTESTER,
                      200,
                      { at: 22, took: 5 },
                      transition(BACKTEST, 60, 'pending', 'running'),
                      transition(BACKTEST, 499_000, 'running', 'completed'),
                    ),
                  ),
                ),
              ),
              ...Array.from({ length: 1500 }, (_, i) =>
                call('GET', `http://localhost:8000/api/v1/operations/${BACKTEST}`, 200, { at: 300 + i * 300, took: 8 }),
              ),
            ),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 499_000 }),
      }),
      answer: 'export-overhead',
      noAlarm: true,
    },
  ]);
});

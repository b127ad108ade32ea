import { describe } from 'vitest';
import { call, caseOf, server, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { BACKTEST, BACKTESTER, backtestRequest, selection } from '../../../support/ktrdr-spans.ts';

describe('duplicate-operation', () => {
  judge([
    {
      about: 'submitted twice',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            backtestRequest(
              200,
              selection({ capable: 1, available: 1 }),
              call(
                'POST',
                'http://backtest-worker-1:5003/backtests/start',
                500,
                { at: 20, took: 5 },
                server(
                  'POST /backtests/start',
                  BACKTESTER,
                  500,
                  { at: 21, took: 4 },
                  span('operations.create', {
                    at: 22,
                    took: 2,
                    raises: ['ktrdr.errors.exceptions.DataError', `Operation ID already exists: ${BACKTEST}`],
                  }),
                ),
              ),
            ),
          ),
        ],
      }),
      answer: 'duplicate-operation',
      headline: [BACKTEST],
      advises: [`ktrdr --json status ${BACKTEST}`],
    },
  ]);
});

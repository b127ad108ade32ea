import { describe } from 'vitest';
import { caseOf, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  BACKTEST,
  backtestRequest,
  backtestTrace,
  loading,
  register,
  selection,
  toBacktester,
  transition,
} from '../../../support/ktrdr-spans.ts';

describe('database', () => {
  const REFUSED = ['ConnectionRefusedError', "[Errno 111] Connect call failed ('127.0.0.1', 55432)"] as const;
  const DENIED = [
    'asyncpg.exceptions.InvalidPasswordError',
    'password authentication failed for user "ktrdr"',
  ] as const;
  const storing = (raises: readonly [string, string]) =>
    trace(
      backtestRequest(
        200,
        selection({ capable: 1, available: 1 }),
        toBacktester(register(BACKTEST, 'backtesting', { raises })),
      ),
    );
  judge([
    {
      about: 'the database is down',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [storing(REFUSED)],
        operation: {
          kind: 'error',
          httpStatus: 400,
          message: `Failed to get operation status for ${BACKTEST}: ${REFUSED[1]}`,
          readAt: 0 as never,
        },
      }),
      answer: 'database/refused',
      confidence: 'certain',
      headline: ['127.0.0.1:55432'],
      advises: ['docker start ktrdr-db-1'],
    },
    {
      about: 'the same without the API',
      case: caseOf({ id: BACKTEST, now: 30_000, traces: [storing(REFUSED)] }),
      answer: 'database/refused',
    },
    {
      about: 'a wrong password on the worker: the API knows nothing',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [storing(DENIED)],
        operation: { kind: 'not-found', readAt: 0 as never },
      }),
      answer: 'database/credentials',
      confidence: 'certain',
      headline: [/login of backtest(?:ing)?-worker-\w+ \(user ktrdr\)/],
      advises: ['docker exec ktrdr-backtest-worker-1-1 env', 'KTRDR_DB_'],
    },
    ...(
      [
        ['asyncpg.exceptions.UndefinedTableError', 'relation "operations" does not exist', 'no-tables'],
        ['asyncpg.exceptions.InvalidCatalogNameError', 'database "ktrdr_x" does not exist', 'unknown-database'],
        ['socket.gaierror', '[Errno -2] Name or service not known', 'unresolvable'],
        ['asyncpg.exceptions.TooManyConnectionsError', 'sorry, too many clients already', 'exhausted'],
        [
          'sqlalchemy.exc.TimeoutError',
          'QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00',
          'exhausted',
        ],
        [
          'sqlalchemy.exc.OperationalError',
          '(psycopg.OperationalError) connection failed: connection to server at "127.0.0.1", port 5432 failed: Connection refused\n\tIs the server running on that host?',
          'refused',
        ],
      ] as const
    ).map(([type, text, variant]) => ({
      about: `${type}: ${text}`,
      case: caseOf({ id: BACKTEST, now: 30_000, traces: [storing([type, text])] }),
      answer: `database/${variant}`,
    })),
    {
      about: 'it was gone when the end had to be stored',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [
          backtestTrace(
            loading('backtest', 100, 1560),
            transition(BACKTEST, 900, 'running', 'failed', {
              error: "[Errno 111] Connect call failed ('127.0.0.1', 5432)",
            }),
          ),
        ],
      }),
      answer: 'database/lost',
      confidence: 'likely',
      headline: ['127.0.0.1:5432'],
    },
    {
      about: 'words about a database',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [
          backtestTrace(
            transition(BACKTEST, 900, 'running', 'failed', {
              error: 'Insufficient database privileges: permission denied for table operations',
            }),
          ),
        ],
      }),
      answer: 'unhandled-exception',
    },
    {
      about: 'only the API says so',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        operation: {
          kind: 'error',
          httpStatus: 400,
          message: "Failed to get operation status: [Errno 111] Connect call failed ('10.0.0.9', 5432)",
          readAt: 0 as never,
        },
      }),
      answer: 'database/refused',
      confidence: 'likely',
      headline: ['10.0.0.9:5432'],
    },
  ]);
});

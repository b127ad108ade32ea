import type { DatabaseVariant } from '../../facts/database-errors.ts';
import type { WorkerLocation } from '../../facts/workers.ts';
import { readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { joined } from '../../words.ts';
import type { DatabaseFailure } from './finder.ts';

interface Failed extends DatabaseFailure {
  /** HTTP status of the response to its start. */
  readonly answered: number | null;
  readonly service: string;
  readonly location: WorkerLocation;
  /** It had failed with another error before. */
  readonly hadFailed: boolean;
}

export const DATABASE_TEXTS: Readonly<Record<DatabaseVariant, (failed: Failed, context: RuleContext) => RuleText>> = {
  refused: ({ address, service, ...failed }, { fix }) => ({
    headline: `The operations database isn’t accepting connections${address === null ? '' : ` at ${address}`}, so the operation can’t be stored or read.`,
    explanation: joined(
      ' ',
      `The connection failed in ${service}: the database is stopped, starting, or listening elsewhere.`,
      storing(failed),
    ),
    fixes: [
      readAs(
        fix.databaseLogs(),
        'If the last line is “ready to accept connections”, it’s running: check the address. If not, start it.',
      ),
      fix.startDatabase(),
      'Then start the operation again.',
    ],
  }),
  credentials: ({ name, service, location, ...failed }, { fix }) => ({
    headline: `The operations database rejects the login of ${service}${name === null ? '' : ` (user ${name})`}.`,
    explanation: joined(' ', 'The server is reachable.', storing(failed)),
    fixes: [
      fix.databaseSettings(location),
      fix.databaseLogs(),
      `Compare the KTRDR_DB_* settings of ${service} with those of the database, fix them, and restart it.`,
    ],
  }),
  'no-tables': ({ name }, { fix }) => ({
    headline: `The operations database doesn’t have ${name === null ? 'its tables' : `“${name}”`}: its migrations were never run, or not all of them were.`,
    explanation: `The database responds, but its tables are missing or older than this ktrdr version. Starting the containers doesn’t create them; \`alembic upgrade head\` does.`,
    fixes: [fix.migrations(), fix.migrate(), 'Then start the operation again.'],
  }),
  'unknown-database': ({ name, service, location, ...failed }, { fix }) => ({
    headline: `The database that ${service} is configured to use${name === null ? '' : `, “${name}”,`} doesn’t exist.`,
    explanation: joined(' ', 'The server is reachable and accepted the login.', storing(failed)),
    fixes: [
      fix.databaseSettings(location),
      `Set KTRDR_DB_NAME of ${service} to the database that the backend uses, and restart it.`,
    ],
  }),
  unresolvable: ({ name, service, location, ...failed }, { fix }) => ({
    headline: `The host name of the operations database${name === null ? '' : `, ${name},`} can’t be resolved by ${service}.`,
    explanation: joined(' ', 'The process can’t find the database host in its network.', storing(failed)),
    fixes: [
      fix.databaseSettings(location),
      `Set KTRDR_DB_HOST of ${service} to a name or address it can reach, and restart it.`,
    ],
  }),
  exhausted: (_failed, { fix }) => ({
    headline: 'All connections to the operations database are in use.',
    explanation:
      'Either the server has reached its client limit, or the process has used up its connection pool. Other operations fail the same way.',
    fixes: [
      readAs(
        fix.databaseLogs(),
        '“too many clients” means that the server has reached its limit. Otherwise, the connection pool of that process is exhausted.',
      ),
      fix.activeOperations(),
      'Stop processes that hold connections, such as leftover ones, or raise max_connections in the database.',
    ],
  }),
  lost: ({ address, service, hadFailed }, { fix, noun }) => ({
    headline: `The operations database${address === null ? '' : ` at ${address}`} was unavailable when ktrdr tried to store the state of this ${noun}.`,
    explanation: hadFailed
      ? `This ${noun} had already failed with another error, which the database doesn’t explain. The ktrdr API may keep showing the last state it stored.`
      : `The database was available when the work started. Files that ${service} had already saved are still there, but the end or checkpoint of this ${noun} isn’t in the database. The ktrdr API may keep showing the last state it stored.`,
    fixes: [
      fix.databaseLogs(),
      fix.startDatabase(),
      !hadFailed && `Before you start the ${noun} again, look for its model or result in the log: it may be complete.`,
    ],
  }),
};

/** ktrdr responds to a start before it stores the operation. */
function storing({ answered }: Pick<Failed, 'answered'>): string | null {
  return answered !== null && answered < 300
    ? `The start was accepted anyway (HTTP ${answered}), because ktrdr responds before it stores the operation.`
    : null;
}

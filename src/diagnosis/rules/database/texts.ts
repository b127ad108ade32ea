import type { WorkerLocation } from '../../facts/workers.ts';
import { readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { joined } from '../../words.ts';
import type { DatabaseFailure, DatabaseVariant } from './finder.ts';

interface Failed extends DatabaseFailure {
  /** HTTP status of the response to its start. */
  readonly answered: number | null;
  readonly service: string;
  readonly location: WorkerLocation;
}

export const DATABASE_TEXTS: Readonly<Record<DatabaseVariant, (failed: Failed, context: RuleContext) => RuleText>> = {
  refused: ({ address, service, ...failed }, { fix }) => ({
    headline: `The operations database does not accept connections${address === null ? '' : ` at ${address}`}, so the operation cannot be stored or read.`,
    explanation: joined(
      ' ',
      `The connection failed in ${service}: the database is stopped, is starting, or listens elsewhere.`,
      storing(failed),
    ),
    fixes: [
      readAs(
        fix.databaseLogs(),
        'If “ready to accept connections” comes last, it runs: check the address. If not, start it.',
      ),
      fix.startDatabase(),
      'Then start the operation again.',
    ],
  }),
  credentials: ({ name, service, location, ...failed }, { fix }) => ({
    headline: `The operations database refuses the login${name === null ? '' : ` of user ${name}`} that ${service} uses.`,
    explanation: joined(' ', 'The server was reached.', storing(failed)),
    fixes: [
      fix.databaseSettings(location),
      fix.databaseLogs(),
      `Compare the KTRDR_DB_* settings of ${service} with those of the database, correct them, and restart it.`,
    ],
  }),
  'no-tables': ({ name }, { fix }) => ({
    headline: `The operations database lacks ${name === null ? 'its tables' : `“${name}”`}: its migrations were never run, or not all of them.`,
    explanation: `The database answers, but its tables are missing or older than this ktrdr. Starting the containers doesn't create them; \`alembic upgrade head\` does.`,
    fixes: [fix.migrations(), fix.migrate(), 'Then start the operation again.'],
  }),
  'unknown-database': ({ name, service, location, ...failed }, { fix }) => ({
    headline: `The database${name === null ? '' : ` “${name}”`} that ${service} is configured for does not exist.`,
    explanation: joined(' ', 'The server was reached and accepted the login.', storing(failed)),
    fixes: [
      fix.databaseSettings(location),
      `Set KTRDR_DB_NAME of ${service} to the database that the backend uses, and restart it.`,
    ],
  }),
  unresolvable: ({ name, service, location, ...failed }, { fix }) => ({
    headline: `The host name of the operations database${name === null ? '' : `, ${name},`} cannot be resolved by ${service}.`,
    explanation: joined(' ', 'The process doesn’t find the database’s host in its network.', storing(failed)),
    fixes: [
      fix.databaseSettings(location),
      `Set KTRDR_DB_HOST of ${service} to a name or an address that it can reach, and restart it.`,
    ],
  }),
  exhausted: (_failed, { fix }) => ({
    headline: 'All connections to the operations database are in use.',
    explanation:
      'Either the server has reached its limit of clients or the pool of that process has. Other operations meet the same error.',
    fixes: [
      readAs(
        fix.databaseLogs(),
        '“too many clients” means that the server is full; without it, the pool of that process is.',
      ),
      fix.activeOperations(),
      'Stop what holds connections, such as left-over processes, or raise max_connections of the database.',
    ],
  }),
  lost: ({ address, service }, { fix, noun }) => ({
    headline: `The operations database${address === null ? '' : ` at ${address}`} was gone when the state of this ${noun} had to be stored.`,
    explanation: `The work itself had begun with the database in place. What ${service} saved as files by then is still there; the ${noun}’s end or its checkpoint isn't in the database, and the ktrdr API may keep showing the last state it knew.`,
    fixes: [
      fix.databaseLogs(),
      fix.startDatabase(),
      `Look for its model or result in the log before you start the ${noun} again: it may be complete.`,
    ],
  }),
};

/** ktrdr responds to a start before it stores the operation. */
function storing({ answered }: Pick<Failed, 'answered'>): string | null {
  return answered !== null && answered < 300
    ? `The start was accepted anyway (HTTP ${answered}), because ktrdr stores an operation only after that.`
    : null;
}

/** Which error of an operation comes from the operations database. */
import { IB_GATEWAY_PORTS } from '../../facts/endpoints.ts';
import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import type { ReportedError } from '../../facts/reported-error.ts';
import { connectionFailureOf, sentencesIn } from '../../vocabulary/messages.ts';

export type DatabaseVariant =
  | 'refused'
  | 'credentials'
  | 'no-tables'
  | 'unknown-database'
  | 'unresolvable'
  | 'exhausted'
  | 'lost';

export interface DatabaseFailure {
  readonly variant: DatabaseVariant;
  /** The failed span; null when only the ktrdr API or a message shows the failure. */
  readonly error: SpanError | null;
  /** The operation's own message, if it comes from the database. */
  readonly reported: ReportedError | null;
  /** `host:port`, when the text names it. */
  readonly address: string | null;
  /** The user, table, database, or host that the text names. */
  readonly name: string | null;
}

/** Sentences that only PostgreSQL, its drivers, or SQLAlchemy write, and their exceptions. */
const SENTENCES: readonly (readonly [DatabaseVariant, RegExp])[] = [
  [
    'credentials',
    /^(?:password authentication failed for user "(?<name>[^"]+)"|role "(?<role>[^"]+)" does not exist|no pg_hba\.conf entry for host .+|fe_sendauth: no password supplied)$/,
  ],
  ['credentials', /^(?:InvalidPassword|InvalidAuthorizationSpecification)(?:Error)?: /],
  ['no-tables', /^(?:relation "(?<name>[\w.]+)" does not exist|no such table: (?<table>\w+))$/],
  ['no-tables', /^column (?:"(?<name>[^"]+)"|(?<column>[\w.]+))(?: of relation "\w+")? does not exist$/],
  ['no-tables', /^Undefined(?:Table|Column)(?:Error)?: /],
  ['unknown-database', /^database "(?<name>[^"]+)" does not exist$/],
  ['unknown-database', /^InvalidCatalogName(?:Error)?: /],
  ['unresolvable', /^could not translate host name "(?<name>[^"]+)" to address: .+$/],
  [
    'exhausted',
    /^(?:sorry, too many clients already|remaining connection slots are reserved for .+|too many connections for (?:role|database) "[^"]+"|QueuePool limit of size \d+ overflow \d+ reached, connection timed out, timeout .+)$/,
  ],
  ['exhausted', /^TooManyConnections(?:Error)?: /],
  [
    'refused',
    /^(?:the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections)|(?:connection failed: )?connection to server at "[^"]+"(?: \([^)]*\))?, port \d+ failed: Connection refused|could not connect to server: Connection refused.*)$/,
  ],
  ['refused', /^CannotConnectNow(?:Error)?: /],
  [
    'lost',
    /^(?:connection was closed in the middle of operation|terminating connection due to .+|server closed the connection unexpectedly|(?:the )?connection is closed|consuming input failed: .+|the underlying connection is closed)$/,
  ],
  ['lost', /^(?:ConnectionDoesNotExist|AdminShutdown|CrashShutdown)(?:Error)?: /],
];

/** asyncpg connects through asyncio, whose messages name the address; httpx's differ. The IB Gateway is reached the same way. */
const CONNECT_CALL = /^(?:Multiple exceptions: )?\[Errno \d+\] Connect call failed \('(?<host>[^']+)', (?<port>\d+)/;
const IB_PORTS: ReadonlySet<number> = new Set(IB_GATEWAY_PORTS);
const DRIVER = /^(?:asyncpg|psycopg2?|sqlalchemy)\./;

export function databaseFailureOf(facts: Facts): DatabaseFailure | null {
  const { case: input, errors, failure, status } = facts;
  if (failure.foreign || status.value === 'cancelled') return null;
  for (const error of errors.origins.filter(({ span }) => failure.causes.has(span))) {
    const isStoring = /^operations?\./.test(error.span.name) || DRIVER.test(error.fullType ?? '');
    const found = readDatabaseError(error.type, error.message, isStoring);
    if (found !== null && isStoring) return { ...found, error, reported: null };
  }
  const reported = failure.decisive;
  const own = reported === null ? null : readDatabaseError(reported.type, reported.text, false);
  if (own !== null) {
    // It worked until then, so there had been a connection.
    const isLater = own.variant === 'refused' && facts.phases.length > 0;
    const error = errors.origins.find(({ span }) => span === reported?.span) ?? null;
    return { ...own, variant: isLater ? 'lost' : own.variant, error: isLater ? null : error, reported };
  }
  const answer = input.operation?.kind === 'error' ? readDatabaseError(null, input.operation.message, true) : null;
  return answer === null ? null : { ...answer, error: null, reported: null };
}

type Reading = Pick<DatabaseFailure, 'variant' | 'address' | 'name'>;

/** `isStoring`: if only the database is called, any failed connection is to the database. */
function readDatabaseError(type: string | null, message: string, isStoring: boolean): Reading | null {
  const sentences = [...(type === null ? [] : [`${type}: ${message}`]), ...sentencesIn(message)];
  for (const sentence of sentences) {
    for (const [variant, pattern] of SENTENCES) {
      const found = pattern.exec(sentence);
      const name = Object.values(found?.groups ?? {}).find((one) => one !== undefined) ?? nameIn(message);
      if (found !== null) return { variant, address: addressIn(message), name };
    }
    const call = CONNECT_CALL.exec(sentence)?.groups;
    const port = call?.['port'];
    if (port !== undefined && !IB_PORTS.has(Number(port)))
      return { variant: 'refused', address: `${call?.['host']}:${port}`, name: null };
  }
  if (!isStoring) return null;
  const failure = connectionFailureOf(type, message);
  if (failure === null) return null;
  const variant = failure === 'unresolvable' ? 'unresolvable' : failure === 'disconnected' ? 'lost' : 'refused';
  return { variant, address: addressIn(message), name: null };
}

function nameIn(message: string): string | null {
  return /"([^"]+)"/.exec(message)?.[1] ?? null;
}

/** psycopg names the address in words. */
function addressIn(message: string): string | null {
  const parts = /connection to server at "([^"]+)"(?: \([^)]*\))?, port (\d+)/.exec(message);
  return parts === null ? null : `${parts[1]}:${parts[2]}`;
}

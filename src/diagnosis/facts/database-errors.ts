/** What an error message says about the operations database. */
import { connectionFailureOf, sentencesIn } from '../vocabulary/messages.ts';
import { IB_GATEWAY_PORTS } from './endpoints.ts';

export type DatabaseVariant =
  | 'refused'
  | 'credentials'
  | 'no-tables'
  | 'unknown-database'
  | 'unresolvable'
  | 'exhausted'
  | 'lost';

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
export interface DatabaseError {
  readonly variant: DatabaseVariant;
  /** `host:port`, when the text names it. */
  readonly address: string | null;
  /** The user, table, database, or host that the text names. */
  readonly name: string | null;
}

/** `isStoring`: if only the database is called, any failed connection is to the database. */
export function readDatabaseError(type: string | null, message: string, isStoring: boolean): DatabaseError | null {
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

import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';

/** The operations database turned somebody away. */
export interface DatabaseTrouble {
  readonly kind: 'refused' | 'credentials';
  /** Where it shows in a trace; null when only the ktrdr API or a message says so. */
  readonly error: SpanError | null;
  readonly text: string;
  /** `host:port`, when the text names it. */
  readonly address: string | null;
  readonly user: string | null;
}

const DRIVER = /asyncpg|psycopg|sqlalchemy/i;
const DENIED = /password authentication failed|InvalidPassword|InvalidAuthorization/i;
const REFUSED =
  /Connect call failed|connection refused|ConnectionRefused|could not connect to server|ConnectionDoesNotExist|the database system is/i;

export function databaseTroubleOf(facts: Facts): DatabaseTrouble | null {
  const error = facts.errors.origins.find((one) => isStoring(one)) ?? null;
  const answer = facts.case.operation?.kind === 'error' ? facts.case.operation.message : null;
  const said = facts.failure.reportedErrors.find(({ text }) => DENIED.test(text))?.text ?? null;
  const text = error === null ? (answer ?? said ?? '') : `${error.type}: ${error.message}`;
  // A refused connection is the database's only where something was to be stored, or where the API asks for a record.
  const kind = DENIED.test(text) ? 'credentials' : REFUSED.test(text) && text !== said ? 'refused' : null;
  if (kind === null || facts.failure.foreign) return null;
  const address = /\('([^']+)', (\d+)\)/.exec(text);
  return {
    kind,
    error,
    text,
    address: address === null ? null : `${address[1]}:${address[2]}`,
    user: /for user "([^"]+)"/.exec(text)?.[1] ?? null,
  };
}

function isStoring({ span, fullType, message }: SpanError): boolean {
  return /^operations?\./.test(span.name) || DRIVER.test(fullType ?? '') || DENIED.test(message);
}

/** Which error of an operation comes from the operations database. */
import { type DatabaseError, readDatabaseError } from '../../facts/database-errors.ts';
import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import type { ReportedError } from '../../facts/reported-error.ts';

export interface DatabaseFailure extends DatabaseError {
  /** The failed span; null when only the ktrdr API or a message shows the failure. */
  readonly error: SpanError | null;
  /** The operation's own message, if it comes from the database. */
  readonly reported: ReportedError | null;
}

const DRIVER = /^(?:asyncpg|psycopg2?|sqlalchemy)\./;

export function databaseFailureOf(facts: Facts): DatabaseFailure | null {
  const { case: input, errors, failure, status } = facts;
  if (failure.foreign || status.value === 'cancelled') return null;
  for (const error of errors.origins.filter(({ span }) => failure.causes.has(span))) {
    const isStoring = /^operations?\./.test(error.span.name) || DRIVER.test(error.fullType ?? '');
    const found = readDatabaseError(error.type, error.message, isStoring);
    if (found !== null && isStoring) return { ...found, error, reported: null };
  }
  const reported = failure.unstored ?? failure.decisive;
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

import { exception, record, shorten } from '../../evidence.ts';
import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match } from '../../rule.ts';

/** ktrdr keeps its operations in PostgreSQL; without it a started operation leaves no record. */
export const rule = defineRule({
  id: 'database',
  title: 'The operations database does not answer',
  symptom: 'The start was accepted, and then the operation does not exist or its status cannot be read.',
  proof:
    'A connection or password error of the database driver where the operation is stored, or in the answer of the ktrdr API.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    refused: 'Nothing accepts connections at the address of the database.',
    credentials: 'The database refuses the user or the password.',
  },

  check(facts, { fix, clean }) {
    const failure = databaseFailureOf(facts);
    if (failure === null || facts.status.value === 'completed') return clear;

    const { variant, error, text, address, user } = failure;
    const service = error?.span.service ?? 'the backend';
    const { operation } = facts.case;
    return match({
      variant,
      confidence: error === null ? 'likely' : 'certain',
      headline:
        variant === 'refused'
          ? `The operations database does not accept connections${address === null ? '' : ` at ${address}`}, so the operation cannot be stored or read.`
          : `The operations database refuses the password${user === null ? '' : ` of user ${user}`} that ${service} uses.`,
      explanation:
        error === null
          ? 'The start is answered before the operation is stored, so its user may have seen a success all the same.'
          : `The request to start was answered before ${service} tried to store the operation, so its user saw a success; the operation never began and its status cannot be read.`,
      culprit: error?.span ?? null,
      evidence: [
        operation?.kind === 'error' && record(`the ktrdr API answers ${operation.httpStatus}: ${operation.message}`),
        error === null ? record(`the message is: ${shorten(clean(text))}`) : exception(error),
      ],
      fixes:
        variant === 'refused'
          ? [fix.databaseLogs(), fix.startDatabase(), 'Then start the operation again.']
          : [
              fix.databaseSettings(facts.workers.location),
              fix.databaseLogs(),
              `Compare the KTRDR_DB_* settings of ${service} with those of the database, correct them and restart it.`,
            ],
    });
  },
});

interface DatabaseFailure {
  readonly variant: 'refused' | 'credentials';
  /** The failed span; null when only the ktrdr API or a message shows the failure. */
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

function databaseFailureOf({ case: input, errors, failure }: Facts): DatabaseFailure | null {
  const error = errors.origins.find((origin) => isDatabaseError(origin)) ?? null;
  const answer = input.operation?.kind === 'error' ? input.operation.message : null;
  const reported = failure.reportedErrors.find(({ text }) => DENIED.test(text))?.text ?? null;
  const text = error === null ? (answer ?? reported ?? '') : `${error.type}: ${error.message}`;
  // A refused connection concerns the database only where an operation was stored, or where the API reads a record.
  const variant = DENIED.test(text) ? 'credentials' : REFUSED.test(text) && text !== reported ? 'refused' : null;
  if (variant === null || failure.foreign) return null;
  const address = /\('([^']+)', (\d+)\)/.exec(text);
  return {
    variant,
    error,
    text,
    address: address === null ? null : `${address[1]}:${address[2]}`,
    user: /for user "([^"]+)"/.exec(text)?.[1] ?? null,
  };
}

function isDatabaseError({ span, fullType, message }: SpanError): boolean {
  return /^operations?\./.test(span.name) || DRIVER.test(fullType ?? '') || DENIED.test(message);
}

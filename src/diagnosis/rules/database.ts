import { complaint, exception, record } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';

/** ktrdr keeps its operations in PostgreSQL; without it a started operation leaves no record. */
export const rule = defineRule({
  id: 'database',
  title: 'The operations database does not answer',
  symptom: 'The start was accepted, and then the operation does not exist or its status cannot be read.',
  proof:
    'A connection or password error of the database driver where the operation is stored, or in the answer of the ktrdr API.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {
    refused: 'Nothing accepts connections at the address of the database.',
    credentials: 'The database refuses the user or the password.',
  },
  supersedes: [
    'unhandled-exception',
    'failed-without-trace',
    'trace-not-found',
    'service-unreachable',
    'backend-spans-only',
    'worker-rejected',
  ],

  check(facts, { fix }) {
    const storing = facts.errors.origins.find(
      (error) =>
        /^operations\.|^operation\./.test(error.span.name) ||
        DRIVER.test(error.fullType ?? '') ||
        PASSWORD.test(error.message),
    );
    const answer = facts.case.operation?.kind === 'error' ? facts.case.operation.message : null;
    const text =
      storing === undefined ? (answer ?? facts.failure.decisive?.text ?? '') : `${storing.type}: ${storing.message}`;
    const variant = PASSWORD.test(text)
      ? 'credentials'
      : REFUSED.test(text) && (storing !== undefined || answer !== null)
        ? 'refused'
        : null;
    if (variant === null || facts.status.value === 'completed') return clear;

    const address = /\('([^']+)', (\d+)\)/.exec(text);
    const at = address === null ? '' : ` at ${address[1]}:${address[2]}`;
    const user = /for user "([^"]+)"/.exec(text)?.[1];
    const who = storing?.span.service ?? 'the backend';
    const evidence: Evidence[] =
      answer === null
        ? []
        : [
            record(
              `the ktrdr API answers ${facts.case.operation?.kind === 'error' ? facts.case.operation.httpStatus : ''}: ${answer}`,
            ),
          ];
    const first =
      storing === undefined
        ? facts.failure.decisive === null
          ? record(text)
          : complaint(facts.failure.decisive)
        : exception(storing);
    return match({
      variant,
      confidence: storing === undefined ? 'likely' : 'certain',
      headline:
        variant === 'refused'
          ? `The operations database does not accept connections${at}, so the operation could not be stored.`
          : `The operations database refuses the password${user === undefined ? '' : ` of user ${user}`} that ${who} uses.`,
      explanation: `The request to start was answered before ${who} tried to store the operation, so its user saw a success; the operation never began and its status cannot be read.`,
      culprit: storing?.span ?? null,
      evidence: [first, ...evidence],
      fixes:
        variant === 'refused'
          ? [fix.databaseLogs(), fix.startDatabase(), advice('Then start the operation again.')]
          : [
              fix.databaseSettings('backend'),
              advice(
                `Compare the KTRDR_DB_* settings of ${who} with those of the database, correct them and restart it.`,
              ),
              fix.databaseLogs(),
            ],
    });
  },
});

const DRIVER = /asyncpg|psycopg|sqlalchemy/i;
const PASSWORD = /password authentication failed|InvalidPassword|InvalidAuthorization/i;
const REFUSED =
  /Connect call failed|connection refused|ConnectionRefused|could not connect to server|ConnectionDoesNotExist|the database system is/i;

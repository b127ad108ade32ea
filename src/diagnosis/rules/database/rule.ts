import { exception, record, shorten } from '../../evidence.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { databaseTroubleOf } from './finder.ts';

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
    const trouble = databaseTroubleOf(facts);
    if (trouble === null || facts.status.value === 'completed') return clear;

    const { kind, error, text, address, user } = trouble;
    const who = error?.span.service ?? 'the backend';
    const { operation } = facts.case;
    const answer =
      operation?.kind === 'error'
        ? record(`the ktrdr API answers ${operation.httpStatus}: ${operation.message}`)
        : null;
    return match({
      variant: kind,
      confidence: error === null ? 'likely' : 'certain',
      headline:
        kind === 'refused'
          ? `The operations database does not accept connections${address === null ? '' : ` at ${address}`}, so the operation cannot be stored or read.`
          : `The operations database refuses the password${user === null ? '' : ` of user ${user}`} that ${who} uses.`,
      explanation:
        error === null
          ? 'The start is answered before the operation is stored, so its user may have seen a success all the same.'
          : `The request to start was answered before ${who} tried to store the operation, so its user saw a success; the operation never began and its status cannot be read.`,
      culprit: error?.span ?? null,
      evidence: [
        ...(answer === null ? [] : [answer]),
        error === null ? record(`the message is: ${shorten(clean(text))}`) : exception(error),
      ],
      fixes:
        kind === 'refused'
          ? [fix.databaseLogs(), fix.startDatabase(), advice('Then start the operation again.')]
          : [
              fix.databaseSettings(facts.workers.location),
              fix.databaseLogs(),
              advice(
                `Compare the KTRDR_DB_* settings of ${who} with those of the database, correct them and restart it.`,
              ),
            ],
    });
  },
});

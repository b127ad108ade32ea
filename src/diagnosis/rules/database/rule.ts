import { exception, record, reportedError } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { databaseFailureOf } from './finder.ts';
import { DATABASE_TEXTS } from './texts.ts';

/** ktrdr keeps its operations in PostgreSQL; without it a started operation leaves no record. */
export const rule = defineRule({
  id: 'database',
  title: 'The operations database does not answer',
  symptom:
    'The start was accepted, and then the operation does not exist, its status cannot be read, or its end is lost.',
  proof:
    'An error of the database or its driver where the operation is stored, in its own message, or in the answer of the ktrdr API.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    refused: 'Nothing accepts connections at the address of the database.',
    credentials: 'The database refuses the user or the password.',
    'no-tables': 'The database has no tables: its migrations were never run.',
    'unknown-database': 'The configured database does not exist on that server.',
    unresolvable: 'The host name of the database cannot be resolved.',
    exhausted: 'All connections of the server or of the pool are in use.',
    lost: 'The database went away during the work, so its end could not be stored.',
  },

  check(facts, context) {
    const failure = databaseFailureOf(facts);
    if (failure === null || facts.status.value === 'completed') return clear;
    const { variant, error, reported } = failure;
    const { operation } = facts.case;
    const answer =
      operation?.kind === 'error'
        ? record(`the ktrdr API answers ${operation.httpStatus}: ${operation.message}`)
        : null;
    const own = error !== null ? exception(error) : reported !== null ? reportedError(reported) : null;
    const [first, ...rest] = [own, answer].filter((one) => one !== null);
    if (first === undefined) return clear;
    const service =
      error?.span.service ?? reported?.span?.service ?? (reported === null ? 'the backend' : 'the process that ran it');
    return match({
      variant,
      confidence: error !== null && error.span === facts.failure.decisive?.span ? 'certain' : 'likely',
      ...DATABASE_TEXTS[variant](
        { ...failure, service, location: facts.workers.location, answered: facts.start?.httpStatus ?? null },
        context,
      ),
      culprit: error?.span ?? reported?.span ?? null,
      evidence: [first, ...rest],
    });
  },
});

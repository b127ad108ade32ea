import { exception, record, reportedError } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { databaseFailureOf } from './finder.ts';
import { DATABASE_TEXTS } from './texts.ts';

/** ktrdr keeps its operations in PostgreSQL; without it a started operation leaves no record. */
export const rule = defineRule({
  id: 'database',
  title: 'Operations database unavailable',
  symptom:
    'The start was accepted, but then the operation doesn’t exist, its status can’t be read, or its end isn’t recorded.',
  proof:
    'An error from the database or its driver: where the operation is stored, in its error message, or in the ktrdr API response.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    refused: 'Nothing accepts connections at the database address.',
    credentials: 'The database rejects the user or the password.',
    'no-tables': 'The database has no tables: its migrations were never run.',
    'unknown-database': 'The configured database doesn’t exist on that server.',
    unresolvable: 'The database host name can’t be resolved.',
    exhausted: 'All connections of the server or the pool are in use.',
    lost: 'The database became unavailable during the run, so its end couldn’t be stored.',
  },

  check(facts, context) {
    const failure = databaseFailureOf(facts);
    if (failure === null || facts.status.value === 'completed') return clear;
    const { variant, error, reported } = failure;
    const { operation } = facts.case;
    const answer =
      operation?.kind === 'error' ? record(`ktrdr API: HTTP ${operation.httpStatus}: ${operation.message}`) : null;
    const own = error !== null ? exception(error) : reported !== null ? reportedError(reported) : null;
    const [first, ...rest] = [own, answer].filter((one) => one !== null);
    if (first === undefined) return clear;
    const service =
      error?.span.service ?? reported?.span?.service ?? (reported === null ? 'the backend' : 'the process that ran it');
    return match({
      variant,
      confidence: error !== null && error.span === facts.failure.decisive?.span ? 'certain' : 'likely',
      ...DATABASE_TEXTS[variant](
        {
          ...failure,
          service,
          hadFailed: reported !== null && reported === facts.failure.unstored,
          location: facts.workers.location,
          answered: facts.start?.httpStatus ?? null,
        },
        context,
      ),
      culprit: error?.span ?? reported?.span ?? null,
      evidence: [first, ...rest],
    });
  },
});

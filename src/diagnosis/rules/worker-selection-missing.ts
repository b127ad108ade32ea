import { absence, spanSeen } from '../evidence.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { clock, duration, operationNoun } from '../words.ts';

/** The operation was registered, and the backend never came to choose a worker for it. */
export const rule = defineRule({
  id: 'worker-selection-missing',
  title: 'No worker was ever chosen',
  symptom: 'The operation exists, shows 0 %, and nothing happens.',
  proof: 'The trace registers the operation, and neither a selection, nor a dispatch, nor a worker’s span follows.',
  scenario: 'stuck',
  severity: 'blocking',
  variants: {
    'none-registered': 'The worker list of the ktrdr API is empty.',
    'not-reached': 'Workers may be there; the backend stopped before it asked for one.',
  },
  supersedes: ['still-running', 'backend-spans-only', 'progress-not-traced'],

  check(facts, { fix, now }) {
    const registered = facts.own.find((span) => span.name === 'operation.register');
    if (registered === undefined || (facts.type !== 'training' && facts.type !== 'backtesting')) return clear;
    if (facts.status.value !== 'unknown' && facts.status.value !== 'pending' && facts.status.value !== 'running')
      return clear;
    const underWay =
      facts.selections.length > 0 ||
      facts.dispatches.length > 0 ||
      facts.phases.length > 0 ||
      facts.transitions.length > 0 ||
      facts.errors.origins.length > 0;
    // A worker that registers its own operation has been found already.
    const byWorker = facts.tree
      .ancestorsOf(registered)
      .some((span) => /^POST \/(?:training|backtests?)\//.test(span.name));
    if (underWay || byWorker || now - registered.start < GRACE) return clear;

    const none = facts.workers.all?.length === 0;
    const noun = operationNoun(facts.type);
    return match({
      variant: none ? 'none-registered' : 'not-reached',
      confidence: none ? 'certain' : 'likely',
      headline: `The backend registered this ${noun} and never chose a worker for it${none ? ': none is registered' : ''}.`,
      explanation: `${duration(now - registered.start)} after the registration there is no worker selection, no dispatch and no worker span. ${none ? 'The worker list is empty.' : 'Either no worker is registered, or the backend stopped in between; the worker list tells which.'}`,
      culprit: registered,
      evidence: [
        spanSeen(registered, `${registered.name} on ${registered.service} at ${clock(registered.start)}`),
        absence('no worker selection, no dispatch, no worker span after it'),
      ],
      fixes: [
        fix.listWorkers(),
        fix.startWorkers(facts.type, 'all'),
        fix.backendLogs(),
        advice(`Then start the ${noun} again.`),
      ],
    });
  },
});

/** Exporters deliver every 5 s; a selection takes milliseconds. */
const GRACE = 30_000_000;

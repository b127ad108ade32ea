import { clear, defineRule } from '../../rule.ts';
import { noWorkerReasonOf } from '../workers-unavailable/finder.ts';
import { hung, notRunning, unresolvable } from './texts.ts';

/** The backend chose a worker, called it, and got no answer. */
export const rule = defineRule({
  id: 'worker-unreachable',
  title: 'The chosen worker did not answer',
  symptom: 'The start fails with 500 after a worker had been selected, or a dispatched operation never begins.',
  proof: 'The request span to the worker: its connection error and the host and port that it called.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['slow', 'workers-unavailable/unspecified'],
  variants: {
    refused: 'Nothing accepts connections at the address of the worker: stopped, crashed, or another port.',
    unresolvable: 'The host name that the worker advertised cannot be resolved by the backend.',
    timeout: 'The worker accepted the connection and did not answer in time: blocked or overloaded.',
    disconnected: 'The worker closed the connection without an answer: it died while it was handling the request.',
  },

  check(facts, context) {
    const dispatch = facts.dispatches.at(-1);
    if (dispatch === undefined || !dispatch.failed) return clear;
    if (dispatch.call !== null && dispatch.call.endpoint.role !== 'worker') return clear;
    // It may have failed because there was no worker to send it to.
    if (dispatch.call === null && noWorkerReasonOf(facts) !== null) return clear;
    // A dispatch that is only marked as failed was, in all likelihood, not accepted.
    const trouble = dispatch.call === null ? 'refused' : dispatch.call.failure;
    switch (trouble) {
      case 'refused':
      case 'disconnected':
        return notRunning(trouble, dispatch, facts, context);
      case 'unresolvable':
        return unresolvable(dispatch, facts, context);
      case 'timeout':
        return hung(dispatch, facts, context);
      default:
        return clear;
    }
  },
});

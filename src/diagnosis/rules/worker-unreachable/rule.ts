import { plural } from '../../../language/plurals.ts';
import { count, exception, spanSeen, took, worker } from '../../evidence.ts';
import type { Dispatch } from '../../facts/calls.ts';
import { addressOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, type MatchDraft, match } from '../../rule.ts';
import { noWorkerReasonOf } from '../workers-unavailable/finder.ts';
import { lateRunOf, notRunning, notSent, timedOut, unresolvable } from './texts.ts';

/** The backend selected a worker and called it, and the worker did not respond. */
export const rule = defineRule({
  id: 'worker-unreachable',
  title: 'Selected worker unreachable',
  symptom: 'The start fails with HTTP 500 after a worker was selected, or a dispatched operation never starts.',
  proof: 'The request span to the worker, with its connection error, host, and port.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['slow', 'workers-unavailable/unspecified'],
  variants: {
    refused: 'Nothing accepts connections at the worker’s address: it’s stopped, crashed, or on another port.',
    unresolvable: 'The backend can’t resolve the host name that the worker registered.',
    timeout: 'The worker didn’t respond in time: it’s blocked or overloaded.',
    'not-sent': 'The backend had no free connection in its own pool, so it sent nothing to the worker.',
    disconnected: 'The worker closed the connection without a response: it died while handling the request.',
  },

  check(facts, context) {
    const dispatch = facts.dispatches.at(-1);
    if (dispatch === undefined || !dispatch.failed || !facts.failure.hasFailed) return clear;
    const { call } = dispatch;
    if (call !== null && call.endpoint.role !== 'worker') return clear;
    // Without a call, the dispatch may have failed because there was no worker.
    if (call === null && noWorkerReasonOf(facts) !== null) return clear;
    if (call !== null && call.error?.type === 'PoolTimeout')
      return match({
        variant: 'not-sent',
        confidence: 'certain',
        ...notSent(call, context),
        culprit: dispatch.span,
        evidence: evidenceOf(dispatch, facts),
      });
    // A dispatch that is only marked as failed was probably not accepted.
    const failure = call === null ? 'refused' : call.failure;
    const isProxys = failure === 'bad-gateway' && call?.answered === false;
    const variant = !isProxys ? failure : call?.httpStatus === 504 ? 'timeout' : 'refused';
    if (variant === null || variant === 'bad-answer' || variant === 'bad-gateway') return clear;
    const text =
      call === null || variant === 'refused' || variant === 'disconnected'
        ? notRunning(call, variant === 'disconnected', facts, context)
        : variant === 'unresolvable'
          ? unresolvable(call, context)
          : timedOut(call, dispatch, facts, context);
    return match({
      variant,
      confidence: call === null || isProxys ? 'likely' : 'certain',
      ...text,
      culprit: dispatch.span,
      evidence: evidenceOf(dispatch, facts),
    });
  },
});

function evidenceOf({ call, span }: Dispatch, facts: Facts): MatchDraft['evidence'] {
  const { workers, dispatches } = facts;
  const listed = workers.all?.find(
    ({ endpointUrl }) => call !== null && endpointUrl?.includes(addressOf(call.endpoint)),
  );
  const failures = listed?.healthCheckFailures ?? 0;
  const hasTimedOut = call?.failure === 'timeout';
  const late = hasTimedOut ? lateRunOf(call, facts) : null;
  const id = late?.operationId ?? null;
  return [
    call?.error == null ? spanSeen(span, `${span.name} is marked as failed`) : exception(call.error),
    call?.error != null && spanSeen(call.span, `${call.method} ${call.endpoint.url}`),
    failures > 0 && worker(`worker list: ${listed?.workerId} has failed ${plural(failures, 'health check')} in a row`),
    dispatches.length > 1 && count(`${dispatches.length} tries, the last without a response`),
    hasTimedOut && took(span),
    late &&
      spanSeen(
        late.span,
        `${late.span.name} on ${late.span.service} started after its caller had ended${id === null ? '' : `, for ${id}`}`,
      ),
  ];
}

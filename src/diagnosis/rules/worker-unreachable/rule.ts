import { plural } from '../../../language/plurals.ts';
import { count, exception, spanSeen, took, worker } from '../../evidence.ts';
import { type Call, type Dispatch, lateChildOf } from '../../facts/calls.ts';
import { addressOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { operationNamedIn } from '../../facts/operation-spans.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, type MatchDraft, match, type RuleContext, type RuleText } from '../../rule.ts';
import { endOf } from '../../trace.ts';
import { duration, sentence } from '../../words.ts';
import { noWorkerReasonOf } from '../workers-unavailable/finder.ts';

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

function notRunning(
  call: Call | null,
  isDisconnected: boolean,
  { workers: { location } }: Facts,
  { fix, noun }: RuleContext,
): RuleText {
  const address = call === null ? 'the selected worker' : addressOf(call.endpoint);
  return {
    headline: isDisconnected
      ? `The worker at ${address} closed the connection without a response.`
      : `Can’t connect to ${address}: the worker selected for this ${noun} isn’t running there.`,
    explanation:
      'The registry still listed the worker as available: it takes three failed health checks (30 s) to detect a lost worker. The start was abandoned, so nothing is running.',
    fixes: [
      fix.workerLogs(location),
      fix.workerHealth(location),
      fix.startWorkerAt(location),
      `Then start the ${noun} again.`,
    ],
  };
}

function notSent({ endpoint, span }: Call, { fix, noun }: RuleContext): RuleText {
  return {
    headline: `The backend never sent the start request to ${addressOf(endpoint)}: it waited ${duration(span.duration)} for a free connection.`,
    explanation:
      'All connections in the backend’s own pool were in use. Nothing reached the worker, so nothing is running and the failed start can’t run later.',
    fixes: [fix.backendLogs(), `Start the ${noun} again.`],
  };
}

function unresolvable({ endpoint }: Call, { fix, noun }: RuleContext): RuleText {
  const list = readAs(
    fix.listWorkers(),
    `If another worker of that type is listed, this entry is stale: start the ${noun} again in 5 minutes. If not, correct the URL.`,
  );
  return {
    headline: `The backend can’t resolve the worker’s registered address: ${addressOf(endpoint)}.`,
    explanation:
      'A worker registers with its own URL. The backend can’t find the host in this one. A stale entry of an earlier worker looks the same until it’s removed after 300 s.',
    lookFirst: list,
    fixes: [
      list,
      'Set KTRDR_WORKER_PUBLIC_BASE_URL of that worker to a URL that the backend can reach, and recreate its container.',
    ],
  };
}

function timedOut(call: Call, { span }: Dispatch, facts: Facts, { fix, noun }: RuleContext): RuleText {
  const { location } = facts.workers;
  const late = lateRunOf(call, facts);
  const id = late?.operationId ?? null;
  const health = readAs(
    fix.workerHealth(location) ?? fix.workerLogs(location),
    `If it responds, start the ${noun} again. If not, restart it.`,
  );
  const status = id === null ? null : readAs(fix.showStatus(id), 'If it completed, don’t start it again.');
  const isUnconnected = /^Connect/.test(call.error?.type ?? '');
  const consequence =
    late === null
      ? isUnconnected
        ? 'Without a connection, no request was sent, so the failed start can’t run later.'
        : 'If the process wakes up, it may still carry out the failed start.'
      : `The start was reported as failed, but ${id ?? 'an operation'} started ${duration(late.span.start - endOf(span))} after the call was abandoned.`;
  return {
    headline: sentence(
      `The worker at ${addressOf(call.endpoint)} didn’t respond to the start request within ${duration(span.duration)}${late === null ? '' : ', but ran it later'}`,
    ),
    explanation: `${isUnconnected ? 'The connection timed out' : 'It accepted the connection but didn’t respond'}: the worker process was blocked, paused, or overloaded. ${consequence}`,
    lookFirst: status ?? health,
    fixes: [health, fix.workerLogs(location), status, late === null && fix.restartWorker(location)],
  };
}

/** What the worker ran after the backend had stopped waiting for the call. */
function lateRunOf(call: Call, { tree }: Facts) {
  const span = lateChildOf(tree, call);
  return span === null ? null : { span, operationId: operationNamedIn(tree.subtreeOf(span)) };
}

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

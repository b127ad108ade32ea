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
    if (dispatch === undefined || !dispatch.failed || !facts.failure.hasFailed) return clear;
    const { call } = dispatch;
    if (call !== null && call.endpoint.role !== 'worker') return clear;
    // Without a call, it may have failed because there was no worker to send it to.
    if (call === null && noWorkerReasonOf(facts) !== null) return clear;
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
      ? `The worker at ${address} closed the connection without an answer.`
      : `Nothing answers at ${address}: the worker chosen for this ${noun} is not running there.`,
    explanation:
      'The registry still counted the worker as available: it needs three failed health checks, 30 s, to notice that one is gone. The start was given up; nothing runs.',
    fixes: [
      fix.workerLogs(location),
      fix.workerHealth(location),
      fix.startWorkerAt(location),
      `Then start the ${noun} again.`,
    ],
  };
}

function unresolvable({ endpoint }: Call, { fix, noun }: RuleContext): RuleText {
  const list = readAs(
    fix.listWorkers(),
    `If another worker of that type is listed, this entry is stale: start the ${noun} again in 5 minutes. If not, correct the URL.`,
  );
  return {
    headline: `The backend cannot resolve the address that the worker gave: ${addressOf(endpoint)}.`,
    explanation:
      'A worker tells the registry its own URL when it registers. This one names a host that does not exist for the backend; a stale entry of an earlier worker looks the same until it is removed after 300 s.',
    lookFirst: list,
    fixes: [
      list,
      'Set KTRDR_WORKER_PUBLIC_BASE_URL of that worker to a URL that the backend can reach, and create its container again.',
    ],
  };
}

function timedOut(call: Call, { span }: Dispatch, facts: Facts, { fix, noun }: RuleContext): RuleText {
  const { location } = facts.workers;
  const late = lateRunOf(call, facts);
  const id = late?.operationId ?? null;
  const health = readAs(
    fix.workerHealth(location) ?? fix.workerLogs(location),
    `With an answer it has woken up: start the ${noun} again. Without one, restart it.`,
  );
  const status = id === null ? null : readAs(fix.showStatus(id), 'If it completed, don’t start it again.');
  const consequence =
    late === null
      ? 'If it wakes up, it may still run the refused start.'
      : `The start was reported as failed, yet ${id ?? 'an operation'} began ${duration(late.span.start - endOf(span))} after the call had been given up.`;
  return {
    headline: sentence(
      `The worker at ${addressOf(call.endpoint)} did not answer the start request within ${duration(span.duration)}${late === null ? '' : ', and ran it later all the same'}`,
    ),
    explanation: `${/^Connect/.test(call.error?.type ?? '') ? 'No connection was made in time' : 'It was connected, but no response came'}: the worker process was blocked, paused or overloaded. ${consequence}`,
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
    dispatches.length > 1 && count(`${dispatches.length} attempts, the last without an answer`),
    hasTimedOut && took(span),
    late &&
      spanSeen(
        late.span,
        `${late.span.name} on ${late.span.service} began after its caller had ended${id === null ? '' : `, for ${id}`}`,
      ),
  ];
}

/** What the answer says about a worker that a start request didn't reach. */
import { type Call, type Dispatch, lateChildOf } from '../../facts/calls.ts';
import { addressOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { operationNamedIn } from '../../facts/operation-spans.ts';
import { readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { endOf } from '../../trace.ts';
import { duration, sentence } from '../../words.ts';

export function notRunning(
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

export function notSent({ endpoint, span }: Call, { fix, noun }: RuleContext): RuleText {
  return {
    headline: `The backend never sent the start request to ${addressOf(endpoint)}: it waited ${duration(span.duration)} for a free connection.`,
    explanation:
      'All connections in the backend’s own pool were in use. Nothing reached the worker, so nothing is running and the failed start can’t run later.',
    fixes: [fix.backendLogs(), `Start the ${noun} again.`],
  };
}

export function unresolvable({ endpoint }: Call, { fix, noun }: RuleContext): RuleText {
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

export function timedOut(call: Call, { span }: Dispatch, facts: Facts, { fix, noun }: RuleContext): RuleText {
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
export function lateRunOf(call: Call, { tree }: Facts) {
  const span = lateChildOf(tree, call);
  return span === null ? null : { span, operationId: operationNamedIn(tree.subtreeOf(span)) };
}

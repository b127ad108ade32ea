import { plural } from '../../../language/plurals.ts';
import { count, type EvidenceDraft, exception, spanSeen, took, worker } from '../../evidence.ts';
import { type Dispatch, lateChildOf } from '../../facts/calls.ts';
import { addressOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { operationNamedIn } from '../../facts/operation-spans.ts';
import { advice } from '../../fixes/table.ts';
import { match, type RuleContext, type RuleResult } from '../../rule.ts';
import { endOf, type Span } from '../../trace.ts';
import { duration, operationNoun, sentence } from '../../words.ts';

export function notRunning(
  variant: 'refused' | 'disconnected',
  dispatch: Dispatch,
  facts: Facts,
  { fix }: RuleContext,
): RuleResult {
  const noun = operationNoun(facts.type);
  const { location: place } = facts.workers;
  return match({
    variant,
    confidence: dispatch.call === null ? 'likely' : 'certain',
    headline:
      variant === 'refused'
        ? `Nothing answers at ${where(dispatch)}: the worker chosen for this ${noun} is not running there.`
        : `The worker at ${where(dispatch)} closed the connection without an answer.`,
    explanation:
      'The registry still counted the worker as available: it needs three failed health checks, 30 s, to notice that one is gone. The start was given up; nothing runs.',
    culprit: dispatch.span,
    evidence: evidenceOf(dispatch, facts),
    fixes: [
      fix.workerLogs(place),
      fix.workerHealth(place),
      fix.startWorkerAt(place),
      advice(`Then start the ${noun} again.`),
    ],
  });
}

export function unresolvable(dispatch: Dispatch, facts: Facts, { fix }: RuleContext): RuleResult {
  return match({
    variant: 'unresolvable',
    confidence: 'certain',
    headline: `The backend cannot resolve the address that the worker gave: ${where(dispatch)}.`,
    explanation:
      'A worker tells the registry its own URL when it registers. This one names a host that does not exist for the backend; a stale entry of an earlier worker looks the same until it is removed after 300 s.',
    culprit: dispatch.span,
    evidence: evidenceOf(dispatch, facts),
    fixes: [
      fix.listWorkers(),
      advice(
        'Set KTRDR_WORKER_PUBLIC_BASE_URL of that worker to a URL that the backend can reach, and restart the worker.',
      ),
      fix.restartWorker(facts.workers.location),
    ],
  });
}

export function hung(dispatch: Dispatch, facts: Facts, { fix }: RuleContext): RuleResult {
  const { location: place } = facts.workers;
  const ghost = dispatch.call === null ? null : lateChildOf(facts.tree, dispatch.call);
  const id = ghost === null ? null : operationNamedIn(facts.tree.subtreeOf(ghost));
  return match({
    variant: 'timeout',
    confidence: 'certain',
    headline: sentence(
      `${dispatch.call === null ? 'The selected worker' : `The worker at ${where(dispatch)}`} did not answer the start request within ${duration(dispatch.span.duration)}${ghost === null ? '' : ', and ran it later all the same'}`,
    ),
    explanation: `The connection stood, but no answer came: the worker process was blocked, paused or overloaded. ${
      ghost === null
        ? 'If it wakes up, it may still run the refused start.'
        : `The start was reported as failed, yet ${id ?? 'an operation'} began ${duration(ghost.start - endOf(dispatch.span))} after the call had been given up.`
    }`,
    culprit: dispatch.span,
    evidence: [...evidenceOf(dispatch, facts), took(dispatch.span), ...(ghost === null ? [] : [ranLate(ghost, id)])],
    fixes: [
      fix.workerLogs(place),
      fix.workerHealth(place),
      ...(id === null ? [] : [fix.showStatus(id)]),
      fix.restartWorker(place),
    ],
  });
}

function where({ call }: Dispatch): string {
  return call === null ? 'the selected worker' : addressOf(call.endpoint);
}

function ranLate(ghost: Span, id: string | null): EvidenceDraft {
  return spanSeen(
    ghost,
    `${ghost.name} on ${ghost.service} began after its caller had ended${id === null ? '' : `, for ${id}`}`,
  );
}

function evidenceOf({ call, span }: Dispatch, facts: Facts): readonly [EvidenceDraft, ...EvidenceDraft[]] {
  const seen: readonly [EvidenceDraft, ...EvidenceDraft[]] =
    call?.error == null
      ? [spanSeen(span, `${span.name} is marked as failed`)]
      : [exception(call.error), spanSeen(call.span, `${call.method} ${call.endpoint.url}`)];
  const listed = facts.workers.all?.find(
    ({ endpointUrl }) => call !== null && endpointUrl?.includes(addressOf(call.endpoint)),
  );
  const failures = listed?.healthCheckFailures ?? 0;
  return [
    ...seen,
    ...(failures === 0
      ? []
      : [worker(`worker list: ${listed?.workerId} has failed ${plural(failures, 'health check')} in a row`)]),
    ...(facts.dispatches.length === 1
      ? []
      : [count(`${facts.dispatches.length} attempts, the last without an answer`)]),
  ];
}

import { absence, exception, record, spanSeen, took } from '../evidence.ts';
import { lateChildOf, type Call } from '../facts/calls.ts';
import { addressOf } from '../facts/endpoints.ts';
import { operationNamedIn } from '../facts/scope.ts';
import type { Evidence, Fix } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { duration, operationNoun } from '../words.ts';

/** The backend chose a worker, called it, and got no answer. */
export const rule = defineRule({
  id: 'worker-unreachable',
  title: 'The chosen worker did not answer',
  symptom: 'The start fails with 500 after a worker had been selected, or a dispatched operation never begins.',
  proof: 'The request span to the worker: its connection error and the host and port that it called.',
  scenario: 'stuck',
  severity: 'blocking',
  variants: {
    refused: 'Nothing accepts connections at the address of the worker: stopped, crashed, or another port.',
    unresolvable: 'The host name that the worker advertised cannot be resolved by the backend.',
    timeout: 'The worker accepted the connection and did not answer in time: blocked or overloaded.',
    disconnected: 'The worker closed the connection without an answer: it died while it was handling the request.',
  },
  supersedes: ['unhandled-exception', 'failed-without-trace', 'backend-spans-only', 'worker-selection-missing', 'workers-unavailable/unspecified'],

  check(facts, { fix }) {
    const dispatch = facts.dispatches.at(-1);
    if (dispatch === undefined || !dispatch.failed) return clear;
    const { call } = dispatch;
    if (call !== null && call.endpoint.role !== 'worker') return clear;
    const trouble = call === null ? 'refused' : call.trouble;
    if (trouble === null || trouble === 'bad-answer') return clear;

    const where = call === null ? 'the selected worker' : `the worker at ${addressOf(call.endpoint)}`;
    const evidence: [Evidence, ...Evidence[]] =
      call?.error == null ? [spanSeen(dispatch.span, `${dispatch.span.name} is marked as failed`)] : [exception(call.error), spanSeen(call.span, `${call.method} ${call.endpoint.url}`)];
    const at = call?.endpoint ?? null;
    const workerType = facts.selections.at(-1)?.workerType ?? facts.type;
    const listed = facts.workers.all?.find((one) => at !== null && one.endpointUrl !== null && one.endpointUrl.endsWith(`:${at.port}`));
    if (listed !== undefined && listed.healthCheckFailures > 0) {
      evidence.push(record(`worker list: ${listed.workerId} has failed ${listed.healthCheckFailures} health checks in a row`));
    }
    const looks: Fix[] = [fix.workerLogs(at, workerType), ...(at === null ? [] : [fix.workerHealth(at)])];

    switch (trouble) {
      case 'unresolvable':
        return match({
          variant: trouble,
          confidence: 'certain',
          headline: `The backend cannot resolve the address that the worker gave: ${at?.host ?? 'unknown host'}.`,
          explanation: 'A worker tells the registry its own URL when it registers. This one names a host that does not exist for the backend; a stale entry of an earlier worker looks the same until it is removed after 300 s.',
          culprit: dispatch.span,
          evidence,
          fixes: [fix.listWorkers(), advice('Set KTRDR_WORKER_PUBLIC_BASE_URL of that worker to a URL that the backend can reach, and restart the worker.'), fix.restartWorker(at, workerType)],
        });
      case 'timeout': {
        const ghost = call === null ? null : ghostOf(call);
        return match({
          variant: trouble,
          confidence: 'certain',
          headline: `${capital(where)} did not answer the start request within ${call === null ? 'its time limit' : duration(call.span.duration)}${ghost === null ? '.' : ', and ran it later all the same.'}`,
          explanation: `The connection stood, but no answer came: the worker process was blocked, paused or overloaded. ${ghost === null ? 'If it wakes up, it may still run the refused start.' : `The start was reported as failed, yet ${ghost.id ?? 'an operation'} began ${duration(ghost.after)} after the call had been given up.`}`,
          culprit: dispatch.span,
          evidence: [...evidence, took(dispatch.span), ...(ghost === null ? [] : [spanSeen(ghost.span, `${ghost.span.name} on ${ghost.span.service} began after its caller had ended${ghost.id === null ? '' : `, for ${ghost.id}`}`)])],
          fixes: [...looks, ...(ghost?.id == null ? [] : [fix.showStatus(ghost.id)]), fix.restartWorker(at, workerType)],
        });
      }
      default:
        return match({
          variant: trouble,
          confidence: call === null ? 'likely' : 'certain',
          headline: trouble === 'refused' ? `Nothing answers at ${call === null ? 'the selected worker' : addressOf(call.endpoint)}: the worker chosen for this ${operationNoun(facts.type)} is not running there.` : `${capital(where)} closed the connection without an answer.`,
          explanation: 'The registry still counted the worker as available: it needs three failed health checks, 30 s, to notice that one is gone. The start was given up; nothing runs.',
          culprit: dispatch.span,
          evidence: facts.dispatches.length > 1 ? [...evidence, absence(`${facts.dispatches.length} attempts, none accepted`)] : evidence,
          fixes: [...looks, fix.startWorkerAt(at, workerType), advice(`Then start the ${operationNoun(facts.type)} again.`)],
        });
    }

    /** Work that the worker began after the caller had given up. */
    function ghostOf(given: Call) {
      const span = lateChildOf(facts.tree, given);
      if (span === null) return null;
      return { span, after: span.start - (given.span.start + given.span.duration), id: operationNamedIn(facts.tree.subtreeOf(span)) };
    }
  },
});

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

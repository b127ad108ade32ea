import type { WorkerRecord } from '../../case.ts';
import { absence, attribute, type EvidenceDraft, reportedError, worker } from '../../evidence.ts';
import type { NonEmpty } from '../../finding.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { clock } from '../../words.ts';
import { type NoWorkerReason, noWorkerReasonOf } from './finder.ts';
import { NO_WORKER_TEXTS } from './texts.ts';

/** The registry was asked for a worker and had none; its counts, or the worker list, say which of several reasons applies. */
export const rule = defineRule({
  id: 'workers-unavailable',
  title: 'No worker could take the operation',
  symptom: 'The start is refused with “no workers available” (503), or the operation never gets a worker.',
  proof:
    'The counts on the worker selection span; for a training, which has no such span, the worker list of the ktrdr API.',
  scenario: 'no-workers',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    'none-registered': 'No worker at all is registered with the backend.',
    'none-capable': 'Workers are registered, but none of the type that the operation needs.',
    'all-busy': 'Every worker of the type is busy with another operation.',
    'stale-busy':
      'The worker is marked busy although its operation has ended; the mark is cleared by the next health check, every 10 s.',
    'all-unhealthy': 'Every worker of the type fails its health checks.',
    unspecified: 'There was no worker, and nothing at hand says which of the reasons applies.',
  },

  check(facts, { fix }) {
    const refusal = noWorkerReasonOf(facts);
    if (refusal === null) return clear;
    return match({
      variant: refusal.reason,
      confidence: isCertain(refusal) ? 'certain' : 'likely',
      ...NO_WORKER_TEXTS[refusal.reason](refusal, fix),
      culprit: refusal.selection?.span ?? refusal.said?.span ?? facts.start?.span ?? null,
      evidence: evidenceOf(refusal),
    });
  },
});

/** The counts are the registry's own; a list read afterwards may have changed. */
function isCertain({ reason, selection }: NoWorkerReason): boolean {
  const counted = selection !== null && (selection.total !== null || selection.status === 'none-capable');
  return counted && (reason === 'none-registered' || reason === 'none-capable' || reason === 'all-busy');
}

function evidenceOf({ selection, said, list, capable, reason }: NoWorkerReason): NonEmpty<EvidenceDraft> {
  const seen: EvidenceDraft[] = said === null ? [] : [reportedError(said)];
  if (selection !== null) {
    const { span } = selection;
    if (selection.total === null) seen.push(attribute(span, 'selectionStatus'));
    else
      seen.push(
        attribute(span, 'workersTotal'),
        attribute(span, 'workersCapable'),
        attribute(span, 'workersAvailable'),
      );
  }
  if (list?.length === 0) seen.push(worker('the worker list is empty'));
  seen.push(...(reason === 'none-capable' ? (list ?? []) : capable).slice(0, 6).map(describe));
  const [first, ...rest] = seen;
  return first === undefined ? [absence('no worker was found, and nothing counts them')] : [first, ...rest];
}

function describe(one: WorkerRecord): EvidenceDraft {
  const doing = one.currentOperationId === null ? '' : `, with ${one.currentOperationId}`;
  const health = one.lastHealthyAt === null ? '' : `, last healthy ${clock(one.lastHealthyAt)}`;
  return worker(
    `worker list: ${one.workerId} (${one.workerType}) is ${one.status.replaceAll('_', ' ')}${doing}${health}`,
  );
}

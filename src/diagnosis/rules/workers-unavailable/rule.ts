import { plural } from '../../../language/plurals.ts';
import type { WorkerRecord } from '../../case.ts';
import { absence, type EvidenceDraft, reportedError, spanSeen, worker } from '../../evidence.ts';
import type { WorkerSelection } from '../../facts/workers.ts';
import { clear, defineRule, type MatchDraft, match } from '../../rule.ts';
import { readText } from '../../vocabulary/attributes.ts';
import { clock, joined, workerName } from '../../words.ts';
import { type NoWorkerReason, noWorkerReasonOf } from './finder.ts';
import { NO_WORKER_TEXTS } from './texts.ts';

/** The registry had no worker to give. Its counts, or the worker list, show which of several reasons applies. */
export const rule = defineRule({
  id: 'workers-unavailable',
  title: 'No worker available',
  symptom: 'The start is rejected with “no workers available” (HTTP 503), or the operation never gets a worker.',
  proof:
    'The counts on the worker selection span. Training runs have no such span; for them, the worker list from the ktrdr API.',
  scenario: 'no-workers',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    'none-registered': 'No worker is registered with the backend.',
    'none-capable': 'Workers are registered, but none of the required type.',
    'all-busy': 'Every worker of the type is busy with another operation.',
    'stale-busy':
      'The worker is marked busy, although its operation has ended. The next health check (every 10 s) clears the mark.',
    'all-unhealthy': 'Every worker of the type fails its health checks.',
    unspecified: 'No worker was available, and the data doesn’t show why.',
  },

  check(facts, context) {
    const reason = noWorkerReasonOf(facts);
    if (reason === null) return clear;
    return match({
      variant: reason.variant,
      confidence: isCertain(reason) ? 'certain' : 'likely',
      ...NO_WORKER_TEXTS[reason.variant](reason, context),
      culprit: reason.selection?.span ?? reason.reportedError?.span ?? facts.start?.span ?? null,
      evidence: evidenceOf(reason),
    });
  },
});

/** The counts are the registry's own; a list that is read afterwards may have changed. */
function isCertain({ variant, selection }: NoWorkerReason): boolean {
  const isCounted = selection !== null && (selection.total !== null || selection.status === 'none-capable');
  return isCounted && (variant === 'none-registered' || variant === 'none-capable' || variant === 'all-busy');
}

function evidenceOf({
  selection,
  reportedError: error,
  list,
  capable,
  capableNow,
  variant,
}: NoWorkerReason): MatchDraft['evidence'] {
  // A later list shows nothing about the rejection, only who is free now.
  const free = capableNow.filter(({ status }) => status === 'available');
  const workers = list === null ? free : variant === 'none-capable' ? list : capable;
  const [first, ...rest]: readonly EvidenceDraft[] = [
    ...(error === null ? [] : [reportedError(error)]),
    ...(selection === null ? [] : [spanSeen(selection.span, countsIn(selection))]),
    ...(list?.length === 0 ? [worker('the worker list is empty')] : []),
    ...workers.slice(0, 6).map(describe),
  ];
  return first === undefined ? [absence('no worker was found, and no source counts them')] : [first, ...rest];
}

/** `workers.select: 2 registered, 1 backtest worker, 0 free`, as far as the span counts them. */
function countsIn({ span, total, capable, available, workerType }: WorkerSelection): string {
  const name = workerType === null ? 'worker of that type' : `${workerName(workerType)} worker`;
  const counts = joined(
    ', ',
    total === null ? null : `${total} registered`,
    capable === null ? null : plural(capable, name, name.replace('worker', 'workers')),
    available === null ? null : `${available} free`,
  );
  return `${span.name}: ${counts || (readText(span, 'selectionStatus') ?? 'found none')}`;
}

function describe(one: WorkerRecord): EvidenceDraft {
  const doing = one.currentOperationId === null ? '' : `, with ${one.currentOperationId}`;
  const health = one.lastHealthyAt === null ? '' : `, last healthy ${clock(one.lastHealthyAt)}`;
  return worker(
    `worker list: ${one.workerId} (${one.workerType}) is ${one.status.replaceAll('_', ' ')}${doing}${health}`,
  );
}

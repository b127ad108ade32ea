/** Determines the outcome of a request by reading the operation and the worker list again, because HTTP 200 proves nothing. */
import type { Clean } from '../../diagnosis/clean.ts';
import type { Micros } from '../../diagnosis/trace.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import type { ActionCall, ActionRecord, CallAnswer, KtrdrActions, Read } from './ktrdr-port.ts';
import { holderOf, isSilent, type Situation, unread } from './plan.ts';
import type { WantedAction } from './wanted.ts';

/** The state before the request. It is stored, so that another process can continue. */
export interface Before {
  readonly status: ActionRecord['status'];
  readonly operationType: string | null;
  readonly startedAt: Micros | null;
  readonly errorMessage: string | null;
  readonly childId: string | null;
  /** Operations that workers ran, and downloads that existed: a new one may be the one that was started. */
  readonly running: readonly string[];
  readonly downloads: readonly string[];
}

export interface Attempt {
  readonly wanted: WantedAction;
  readonly call: ActionCall;
  readonly before: Before;
}

/**
 * `done`: ktrdr shows it. `warning`: it was accepted, but something is still wrong. `refused`: it didn't happen. `unknown`: it
 * may have happened. `text` consists of sentences.
 */
export interface Outcome {
  readonly kind: 'done' | 'warning' | 'refused' | 'unknown';
  readonly text: string;
  /** The user who did the same, if that is the reason. */
  readonly by?: string;
  /** ID of the operation that can be watched until it ends. */
  readonly follow?: string;
  /** ktrdr won't report how a resumed operation ends, so it must be followed by its worker and checkpoint. */
  readonly isResumed?: boolean;
  /** The action to offer next. */
  readonly next?: WantedAction;
}

export interface Looking {
  readonly ktrdr: KtrdrActions;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The registry of workers lags by ten seconds. */
const LOOK_FOR_MS = 15_000;
const LOOK_EVERY_MS = 1_500;

export function beforeOf({ record, workers }: Situation, downloads: readonly string[], clean: Clean): Before {
  const { status, operationType, startedAt, parameters } = record;
  const errorMessage = record.errorMessage === null ? null : clean(record.errorMessage);
  const running = workers.flatMap(({ currentOperationId }) => currentOperationId ?? []);
  return { status, operationType, startedAt, errorMessage, childId: parameters.childId, running, downloads };
}

/** After ktrdr accepted the request. */
export function confirm(
  attempt: Attempt,
  answer: Extract<CallAnswer, { kind: 'accepted' }>,
  looking: Looking,
  signal: AbortSignal,
): Promise<Outcome> {
  switch (attempt.wanted.kind) {
    case 'cancel':
      return confirmCancel(attempt, answer.remoteCancelled, looking, signal);
    case 'resume':
      return confirmResume(attempt, looking, signal);
    case 'start-again':
    case 'load-data':
      return confirmStart(answer.newId, looking, signal);
  }
}

/** After ktrdr rejected the request. */
export async function explainRejection(
  attempt: Attempt,
  { httpStatus, message, code }: Extract<CallAnswer, { kind: 'rejected' }>,
  { ktrdr }: Looking,
  signal: AbortSignal,
): Promise<Outcome> {
  const { wanted, before } = attempt;
  const said = `ktrdr returned HTTP ${httpStatus}: “${message.replace(/\.$/, '')}”.`;
  const now = await ktrdr.operation(wanted.operationId, signal);
  const status = now.kind === 'found' ? now.value.status : null;
  if (wanted.kind === 'cancel' && code !== null && httpStatus === 400)
    return unknown(
      'ktrdr can’t reach its database. It may have told the worker to stop, and shows the operation as cancelled only until it restarts. Check again when the database is back.',
    );
  if (wanted.kind === 'cancel' && status === 'cancelled') return refused(cancelledBy(now));
  if (wanted.kind === 'cancel' && status !== null && httpStatus === 400)
    return refused(`It had already ended (${status}).`);
  if (wanted.kind === 'resume' && status !== null && status !== before.status)
    return refused(`${said} It also changed the record from ${before.status} to ${status}.${erased(before)}`);
  if (
    wanted.kind === 'resume' &&
    now.kind === 'found' &&
    before.errorMessage !== null &&
    now.value.errorMessage === null
  )
    return refused(`${said}${erased(before)}`);
  return refused(`${said} Nothing changed.`);
}

async function confirmCancel(
  { wanted: { operationId }, before }: Attempt,
  remoteCancelled: boolean | null,
  looking: Looking,
  signal: AbortSignal,
): Promise<Outcome> {
  const hadBegun = before.status !== 'pending';
  const runsOnWorker = hadBegun && (before.operationType === 'training' || before.operationType === 'backtesting');
  let holder: ReturnType<typeof holderOf> = null;
  let isCancelled = false;
  // ktrdr forgets an operation that never started.
  const isGone = (read: Read<ActionRecord>) =>
    (read.kind === 'found' && read.value.status === 'cancelled') || (read.kind === 'not-found' && !hadBegun);
  await lookUntil(looking, signal, async () => {
    const [now, workers] = await Promise.all([
      looking.ktrdr.operation(operationId, signal),
      looking.ktrdr.workers(signal),
    ]);
    isCancelled = isGone(now);
    if (workers.kind === 'found') holder = holderOf(workers.value, operationId);
    return isCancelled && workers.kind === 'found' && holder === null;
  });
  const holding = holder as ReturnType<typeof holderOf>;
  if (!isCancelled)
    return {
      kind: 'warning',
      text: 'ktrdr accepted the request but doesn’t show the operation as cancelled yet. Check again.',
    };
  if (holding !== null && isSilent(holding))
    return warning(
      `The record says cancelled, but ${holding.workerId} isn’t responding. If it comes back and continues the work, restart its container.`,
    );
  if (holding !== null)
    return warning(
      `Not stopped: ${holding.workerId} is still running it. Only a restart of its container will stop it.`,
    );
  if (runsOnWorker && remoteCancelled !== true)
    return warning(
      'The record says cancelled, but ktrdr didn’t reach the worker: the worker is lost, or ktrdr lost its connection to it.',
    );
  const { childId } = before;
  if (childId !== null) return offerChild(childId, looking, signal);
  if (!runsOnWorker) return { kind: 'done', text: '' };
  const checkpoint = await looking.ktrdr.checkpoint(operationId, signal);
  return { kind: 'done', text: `Its worker is free. ${checkpointText(checkpoint)}` };
}

/** ktrdr cancels only the research run; its training run or backtest continues. */
async function offerChild(childId: string, { ktrdr }: Looking, signal: AbortSignal): Promise<Outcome> {
  const child = await ktrdr.operation(childId, signal);
  if (child.kind !== 'found' || child.value.status !== 'running') return { kind: 'done', text: '' };
  const noun = operationNoun(child.value.operationType);
  return {
    ...warning(
      `Only the research run was cancelled. Its ${noun} ${childId} is still running and can be cancelled too.`,
    ),
    next: { kind: 'cancel', operationId: childId },
  };
}

function checkpointText(checkpoint: Awaited<ReturnType<KtrdrActions['checkpoint']>>): string {
  if (checkpoint.kind === 'not-found') return 'The operation left no checkpoint, so there is nothing to resume.';
  if (checkpoint.kind !== 'found') return '';
  const { epoch } = checkpoint.value;
  return epoch === null ? 'The operation left a checkpoint.' : `The operation left a checkpoint from epoch ${epoch}.`;
}

async function confirmResume(
  { wanted: { operationId }, before }: Attempt,
  looking: Looking,
  signal: AbortSignal,
): Promise<Outcome> {
  let status: ActionRecord['status'] = 'resuming';
  let workerId: string | null = null;
  await lookUntil(looking, signal, async () => {
    const [now, workers] = await Promise.all([
      looking.ktrdr.operation(operationId, signal),
      looking.ktrdr.workers(signal),
    ]);
    if (now.kind === 'found') status = now.value.status;
    if (workers.kind === 'found') workerId = holderOf(workers.value, operationId)?.workerId ?? workerId;
    return status !== 'resuming' || workerId !== null;
  });
  const shown = status as ActionRecord['status'];
  const by = workerId === null ? 'No worker lists it yet.' : `${workerId} is running it.`;
  const kept = erased(before);
  if (shown === 'resuming') {
    const stays = 'ktrdr may keep showing “resuming, 0%”, so ktrdr-bot follows the worker and the checkpoint instead.';
    return { kind: 'done', text: `${by} ${stays}${kept}`, follow: operationId, isResumed: true };
  }
  if (shown === 'running' || shown === 'completed') return { kind: 'done', text: `${by}${kept}`, follow: operationId };
  return warning(`ktrdr accepted the request but shows the operation as ${shown}.${kept}`);
}

async function confirmStart(newId: string | null, looking: Looking, signal: AbortSignal): Promise<Outcome> {
  if (newId === null) return unknown('ktrdr reported a start but gave no operation ID.');
  let now: Read<ActionRecord> = { kind: 'not-found' };
  await lookUntil(looking, signal, async () => {
    now = await looking.ktrdr.operation(newId, signal);
    return now.kind === 'found' && now.value.status !== 'pending';
  });
  return startedAs(newId, now);
}

/** For a start that ktrdr accepted, or whose response was lost. */
export function startedAs(newId: string, now: Read<ActionRecord>): Outcome {
  if (now.kind === 'not-found') return refused(`ktrdr accepted the request but has no record of ${newId}.`);
  if (now.kind !== 'found') return unknown(`It’s unknown whether ${newId} is running: ${unread(now)}.`);
  const { status, errorMessage, result } = now.value;
  switch (status) {
    case 'running':
      return { kind: 'done', text: `The new operation is ${newId}.`, follow: newId };
    case 'completed': {
      const rows = result.rowsDownloaded === null ? '' : ` ${result.rowsDownloaded} rows downloaded.`;
      return { kind: 'done', text: `${newId} has already completed.${rows}` };
    }
    case 'failed':
    case 'cancelled':
      return refused(
        `${newId} ${status === 'failed' ? 'failed' : 'was cancelled'} immediately${errorMessage === null ? '' : `: “${errorMessage}”`}.`,
      );
    default:
      return { kind: 'warning', text: `${newId} is ${status} and isn’t running yet.`, follow: newId };
  }
}

/** Looks until the change is seen, or until the worker registry must have caught up. */
export async function lookUntil(
  { wait }: Pick<Looking, 'wait'>,
  signal: AbortSignal,
  isSeen: () => Promise<boolean>,
): Promise<void> {
  for (let passedMs = 0; ; passedMs += LOOK_EVERY_MS) {
    signal.throwIfAborted();
    if ((await isSeen()) || passedMs >= LOOK_FOR_MS) return;
    await wait(LOOK_EVERY_MS, signal);
  }
}

export function cancelledBy(now: Read<ActionRecord>): string {
  const reason = now.kind === 'found' ? now.value.errorMessage : null;
  return reason === null ? 'It’s already cancelled.' : `It’s already cancelled: “${reason}”.`;
}

/** ktrdr erases the error message on resume, even when it rejects the resume. */
function erased({ errorMessage }: Before): string {
  return errorMessage === null ? '' : ` ktrdr erased the operation’s error message: “${errorMessage}”.`;
}

function refused(text: string): Outcome {
  return { kind: 'refused', text };
}

function unknown(text: string): Outcome {
  return { kind: 'unknown', text };
}

function warning(text: string): Outcome {
  return { kind: 'warning', text };
}

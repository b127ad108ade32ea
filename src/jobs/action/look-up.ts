/** Determines the outcome of a request whose response was lost or whose process died. It is never sent again. */
import { type Attempt, cancelledBy, type Looking, lookUntil, type Outcome, startedAs } from './confirm.ts';
import type { ActionRecord, Read } from './ktrdr-port.ts';
import { strategyOf } from './own-checkpoint.ts';
import { isOpen } from './plan.ts';

const NOT_SEEN = 'Check the operation before you try again.';

export async function lookUp(attempt: Attempt, looking: Looking, signal: AbortSignal): Promise<Outcome> {
  switch (attempt.wanted.kind) {
    case 'cancel':
      return lookForCancel(attempt, looking, signal);
    case 'resume':
      return lookForResume(attempt, looking, signal);
    case 'start-again':
    case 'load-data':
      return lookForStart(attempt, looking, signal);
  }
}

/** The reason names the request. */
async function lookForCancel({ wanted, call }: Attempt, looking: Looking, signal: AbortSignal): Promise<Outcome> {
  const now = await lookAtOperation(wanted.operationId, looking, signal, ({ status }) => status === 'cancelled');
  if (now.kind !== 'found') return unknown(`ktrdr doesn’t report the outcome. ${NOT_SEEN}`);
  const { status, errorMessage } = now.value;
  if (status !== 'cancelled') return unknown(`ktrdr still shows it as ${status}. ${NOT_SEEN}`);
  if (errorMessage !== call.body?.['reason']) return { kind: 'refused', text: cancelledBy(now) };
  return { kind: 'warning', text: 'The record says cancelled. It’s unknown whether the worker was told to stop.' };
}

/** An accepted resume gives the operation a later start. A rejected one may also have changed the record. */
async function lookForResume({ wanted, before }: Attempt, looking: Looking, signal: AbortSignal): Promise<Outcome> {
  const isNewer = ({ startedAt }: ActionRecord) => startedAt !== null && startedAt > (before.startedAt ?? 0);
  const now = await lookAtOperation(wanted.operationId, looking, signal, (record) => isOpen(record) && isNewer(record));
  if (now.kind !== 'found') return unknown(`ktrdr doesn’t report the outcome. ${NOT_SEEN}`);
  const { status } = now.value;
  if (isOpen(now.value) && isNewer(now.value))
    return {
      kind: 'done',
      text: `ktrdr now shows it as ${status}.`,
      follow: wanted.operationId,
      isResumed: status === 'resuming',
    };
  return unknown(`ktrdr shows it as ${status}. ${NOT_SEEN}`);
}

async function lookForStart(attempt: Attempt, looking: Looking, signal: AbortSignal): Promise<Outcome> {
  const taskId = attempt.call.body?.['task_id'];
  if (typeof taskId === 'string') {
    const now = await lookAtOperation(taskId, looking, signal, () => true);
    // After several looks: the list may not show it, but a read by ID does.
    return now.kind === 'not-found'
      ? { kind: 'refused', text: `ktrdr has no record of ${taskId}.` }
      : startedAs(taskId, now);
  }
  let found: ActionRecord | null = null;
  await lookUntil(looking, signal, async () => {
    found = await newOperation(attempt, looking, signal);
    return found !== null;
  });
  const started = found as ActionRecord | null;
  return started === null
    ? unknown('No matching new operation found. Check ktrdr before you try again.')
    : startedAs(started.operationId, { kind: 'found', value: started });
}

/** The backend runs downloads and lists them. A backtest appears on its worker before it is listed. */
async function newOperation({ call, before }: Attempt, { ktrdr }: Looking, signal: AbortSignal) {
  const isDownload = call.path.endsWith('/download');
  const ids = isDownload ? await ktrdr.downloads(signal) : await idsAtWorkers(ktrdr, signal);
  const known = isDownload ? before.downloads : before.running;
  if (ids.kind !== 'found') return null;
  for (const id of ids.value.filter((one) => !known.includes(one))) {
    const read = await ktrdr.operation(id, signal);
    if (read.kind === 'found' && isLike(read.value, call.body ?? {})) return read.value;
  }
  return null;
}

async function idsAtWorkers(ktrdr: Looking['ktrdr'], signal: AbortSignal): Promise<Read<readonly string[]>> {
  const workers = await ktrdr.workers(signal);
  if (workers.kind !== 'found') return workers;
  return { kind: 'found', value: workers.value.flatMap(({ currentOperationId }) => currentOperationId ?? []) };
}

function isLike(record: ActionRecord, body: Readonly<Record<string, unknown>>): boolean {
  const own = {
    symbol: record.symbol,
    timeframe: record.timeframe,
    mode: record.mode,
    strategy_name: strategyOf(record),
  };
  return Object.entries(own).every(([name, value]) => body[name] === undefined || body[name] === value);
}

async function lookAtOperation(
  id: string,
  looking: Looking,
  signal: AbortSignal,
  isIt: (record: ActionRecord) => boolean,
): Promise<Read<ActionRecord>> {
  let now: Read<ActionRecord> = { kind: 'not-found' };
  await lookUntil(looking, signal, async () => {
    now = await looking.ktrdr.operation(id, signal);
    return now.kind === 'found' && isIt(now.value);
  });
  return now;
}

function unknown(text: string): Outcome {
  return { kind: 'unknown', text };
}

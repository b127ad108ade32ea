/**
 * Plans an action: its single request, or why it doesn't fit now. This is decided from ktrdr's state just before, because ktrdr
 * damages the record on some requests that don't fit.
 */
import type { WorkerRecord } from '../../diagnosis/case.ts';
import { operationNoun, workerName } from '../../diagnosis/words.ts';
import type { ActionCall, ActionRecord, Checkpoint, KtrdrActions, Read } from './ktrdr-port.ts';
import { endOf, foreignIn, nameIn, startOf, strategyOf } from './own-checkpoint.ts';
import type { WantedAction } from './wanted.ts';

/** Chosen by a person, or by the bot before the call. */
export interface Choices {
  /** Becomes the error message of a cancelled operation. */
  readonly reason: string;
  /** ID for a new training run. ktrdr uses it, so the run can be found if the response is lost. */
  readonly taskId: string;
  /** The model for a backtest, because no record has it. */
  readonly model: string | null;
}

export interface Ready {
  readonly kind: 'ready';
  readonly call: ActionCall;
  readonly situation: Situation;
  /** One sentence each, shown before the confirmation. */
  readonly notes: readonly string[];
}

export type Plan =
  | Ready
  /** `why` is a clause. `instead` is an action that would help. */
  | { readonly kind: 'refused'; readonly why: string; readonly instead?: WantedAction }
  /** `known` is the model of its checkpoint. */
  | { readonly kind: 'needs-model'; readonly situation: Situation; readonly known: string | null };

export interface Situation {
  readonly record: ActionRecord;
  readonly checkpoint: Checkpoint | null;
  readonly workers: readonly WorkerRecord[];
}

export async function planFor(
  wanted: WantedAction,
  choices: Choices,
  ktrdr: KtrdrActions,
  signal: AbortSignal,
): Promise<Plan> {
  const { operationId } = wanted;
  // Reads the checkpoint first, because that shows whether the database responds. Without it, ktrdr completes actions only
  // partly.
  const checkpoint = await ktrdr.checkpoint(operationId, signal);
  if (checkpoint.kind !== 'found' && checkpoint.kind !== 'not-found') return refused(unread(checkpoint));
  const [record, workers] = await Promise.all([ktrdr.operation(operationId, signal), ktrdr.workers(signal)]);
  if (record.kind !== 'found') return refused(unread(record));
  if (workers.kind !== 'found') return refused(unread(workers));
  const found = checkpoint.kind === 'found' ? checkpoint.value : null;
  return planIn(wanted, choices, { record: record.value, checkpoint: found, workers: workers.value });
}

export function planIn(wanted: WantedAction, choices: Choices, situation: Situation): Plan {
  switch (wanted.kind) {
    case 'cancel':
      return cancel(situation, choices);
    case 'resume':
      return resume(situation);
    case 'start-again':
      return startAgain(situation, choices);
    case 'load-data':
      return loadData(wanted, situation);
  }
}

function cancel(situation: Situation, { reason }: Choices): Plan {
  const { record, workers } = situation;
  if (!isOpen(record)) return refused(`${itsNoun(record)} has ended (${record.status})`);
  const holder = holderOf(workers, record.operationId);
  const silent = `${holder?.workerId} isn’t responding, so this can take a minute. ktrdr hardly responds during that time.`;
  const call: ActionCall = { method: 'DELETE', path: pathOf(record), body: { reason } };
  return { kind: 'ready', call, situation, notes: holder !== null && isSilent(holder) ? [silent] : [] };
}

function resume(situation: Situation): Plan {
  const { record, checkpoint, workers } = situation;
  const { operationType, status, operationId } = record;
  const again: WantedAction = { kind: 'start-again', operationId };
  if (status === 'completed') return refused('it has completed');
  if (status !== 'failed' && status !== 'cancelled')
    return refused(`ktrdr shows it as ${status}, and only failed or cancelled operations can be resumed`);
  if (operationType !== 'training' && operationType !== 'backtesting')
    return refused('only training runs and backtests can be resumed');
  if (checkpoint === null) return { ...refused('it has no checkpoint'), instead: again };
  const foreign = foreignIn(record, checkpoint);
  if (foreign !== null) return { ...refused(`the checkpoint may belong to another run: ${foreign}`), instead: again };
  const busy = noFreeWorker(workers, operationType);
  if (busy !== null) return refused(busy);
  const from = checkpoint.epoch === null ? 'its last checkpoint' : `epoch ${checkpoint.epoch}`;
  const notes = [`It continues from ${from} on a free worker. ktrdr erases the operation’s error message.`];
  const call: ActionCall = { method: 'POST', path: `${pathOf(record)}/resume`, body: null };
  return { kind: 'ready', call, situation, notes };
}

function startAgain(situation: Situation, choices: Choices): Plan {
  const { record, workers } = situation;
  if (isOpen(record)) return refused(`ktrdr shows it as ${record.status}`);
  switch (record.operationType) {
    case 'training':
      return noWorkerOr(workers, 'training') ?? startTraining(situation, choices);
    case 'backtesting':
      return noWorkerOr(workers, 'backtesting') ?? startBacktest(situation, choices);
    case 'data_load':
      return download(situation, record);
    default:
      return refused(`${aNoun(record)} can’t be started again with one request`);
  }
}

function startTraining(situation: Situation, { taskId }: Choices): Plan {
  const { record, checkpoint } = situation;
  const { symbols, timeframes } = record.parameters;
  // A checkpoint of another operation has another strategy.
  const own = checkpoint !== null && foreignIn({ ...record, ...withName(record, checkpoint) }, checkpoint) === null;
  const strategy = strategyOf(record) ?? (own ? nameIn(checkpoint.request?.strategyPath ?? null) : null);
  if (strategy === null) return refused('its record has no strategy name');
  if (symbols.length === 0 || timeframes.length === 0)
    return refused('its record is missing its symbols or timeframes');
  const dates = known({ start_date: startOf(record), end_date: endOf(record) });
  const body = { strategy_name: strategy, symbols, timeframes, ...dates, task_id: taskId };
  const call: ActionCall = { method: 'POST', path: '/api/v1/trainings/start', body };
  return { kind: 'ready', call, situation, notes: [EDITED] };
}

/** ktrdr reads the strategy from disk. */
const EDITED = 'The strategy is read from its file. If the file has changed since, the new version runs.';

/** For comparison only: a record without a strategy name can still be compared by its other fields. */
function withName({ parameters }: ActionRecord, { request }: Checkpoint) {
  return {
    parameters: { ...parameters, strategyName: parameters.strategyName ?? nameIn(request?.strategyPath ?? null) },
  };
}

function startBacktest(situation: Situation, { model }: Choices): Plan {
  const { record, checkpoint } = situation;
  const { symbol, timeframe, parameters } = record;
  const { strategyName, initialCapital, commission, slippage } = parameters;
  const [start, end] = [startOf(record), endOf(record)];
  if (strategyName === null || symbol === null || timeframe === null || start === null || end === null)
    return refused('its record is missing its strategy, symbol, timeframe, or dates');
  if (model === null) {
    const isOwn = checkpoint !== null && foreignIn(record, checkpoint) === null;
    return { kind: 'needs-model', situation, known: isOwn ? (checkpoint.request?.modelPath ?? null) : null };
  }
  const body = {
    ...{ strategy_name: strategyName, symbol, timeframe, start_date: start, end_date: end, model_path: model },
    ...known({ initial_capital: initialCapital, commission, slippage }),
  };
  return {
    kind: 'ready',
    call: { method: 'POST', path: '/api/v1/backtests/start', body },
    situation,
    notes: [EDITED],
  };
}

function loadData({ data }: WantedAction, situation: Situation): Plan {
  const { record } = situation;
  if (data === undefined) return refused('the diagnosis doesn’t say which data is missing');
  // Without dates only the last month is loaded.
  const dates = data.mode === 'full' ? { startDate: startOf(record), endDate: endOf(record) } : NO_DATES;
  return download(situation, { ...data, ...dates });
}

const NO_DATES = { startDate: null, endDate: null };
/** Without one, or with its default, ktrdr answers 500. */
const MODES: readonly (string | null)[] = ['tail', 'backfill', 'full'];

function download(
  situation: Situation,
  {
    symbol,
    timeframe,
    mode,
    startDate,
    endDate,
  }: Pick<ActionRecord, 'symbol' | 'timeframe' | 'mode' | 'startDate' | 'endDate'>,
): Plan {
  if (symbol === null || timeframe === null || mode === null || !MODES.includes(mode))
    return refused('its record is missing the symbol, the timeframe, or the mode');
  const body = { symbol, timeframe, mode, ...known({ start_date: startDate, end_date: endDate }) };
  const call: ActionCall = { method: 'POST', path: '/api/v1/data/acquire/download', body };
  return { kind: 'ready', call, situation, notes: ['This needs the IB host service and can’t be undone.'] };
}

export function isOpen({ status }: Pick<ActionRecord, 'status'>): boolean {
  return status === 'pending' || status === 'running' || status === 'resuming';
}

/** The worker that the registry lists with the operation, up to ten seconds late. */
export function holderOf(workers: readonly WorkerRecord[], operationId: string): WorkerRecord | null {
  return workers.find(({ currentOperationId }) => currentOperationId === operationId) ?? null;
}

/** Killed or frozen: the registry keeps it for five minutes. */
export function isSilent({ status, healthCheckFailures }: WorkerRecord): boolean {
  return status === 'temporarily_unavailable' || healthCheckFailures > 0;
}

/** A clause that says why the read failed. */
export function unread(read: Exclude<Read<unknown>, { kind: 'found' }>): string {
  switch (read.kind) {
    case 'not-found':
      return 'ktrdr has no record of this operation';
    case 'database-away':
      return 'ktrdr’s database isn’t responding';
    case 'unavailable':
      return read.reason.replace(/\.$/, '');
  }
}

function noWorkerOr(workers: readonly WorkerRecord[], type: string): Plan | null {
  const why = noFreeWorker(workers, type);
  return why === null ? null : refused(why);
}

function noFreeWorker(workers: readonly WorkerRecord[], type: string): string | null {
  const capable = workers.filter(({ workerType }) => workerType === type);
  if (capable.some(({ status }) => status === 'available')) return null;
  return `no ${workerName(type)} worker is ${capable.length === 0 ? 'registered' : 'free'}`;
}

function refused(why: string): Extract<Plan, { kind: 'refused' }> {
  return { kind: 'refused', why };
}

function known<Value>(fields: Readonly<Record<string, Value | null>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

function pathOf({ operationId }: ActionRecord): string {
  return `/api/v1/operations/${encodeURIComponent(operationId)}`;
}

function itsNoun({ operationType }: ActionRecord): string {
  return `the ${operationNoun(operationType)}`;
}

function aNoun({ operationType }: ActionRecord): string {
  const noun = operationNoun(operationType);
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/**
 * Looks for failures and sends alerts. One process looks at a time and saves its state after each step, so that another can
 * continue: a failure that is reported twice is still one message, and an unreported one is found again.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Subject } from '../../diagnosis/case.ts';
import { cleanText } from '../../diagnosis/clean.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { formatJaegerAway, formatJaegerBack } from '../../formatters/alert/alert.ts';
import { isOpen } from '../../formatters/answer/summary.ts';
import type { Answer, Message } from '../../formatters/message.ts';
import { aboutOf } from '../answer/afterwards.ts';
import { nameOfDiagnosed } from '../answer/record.ts';
import { say } from '../deliver/wanted.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { inTurns } from '../in-turns.ts';
import type { Clock, Lease, Unavailable } from '../ports.ts';
import type { ChannelRef } from '../requests.ts';
import { record } from '../telemetry.ts';
import { BOARD, type Diagnosed, groupOf, isToldOf } from './board.ts';
import type { LookInput, LookResult, Sighting } from './look.ts';
import { foundWell, runningAfter, suspectsAmong, without } from './running.ts';
import { firstState, keyOf, type LookState, newFailures, nextLook, resumed, STATE, withResumed } from './state.ts';
import { allAlerts, type Subscription } from './subscriptions.ts';
import { type Completed, placeOf, rememberCompleted, type TellTools, tellEnds, tellFailures } from './tell.ts';

export interface LookTools extends Omit<TellTools, 'saveBoard'> {
  readonly configured: readonly Subscription[];
  look(input: LookInput, signal: AbortSignal): Promise<LookResult>;
  /** The diagnosis is already free of secrets. */
  diagnose(subject: Subject, signal: AbortSignal): Promise<{ readonly diagnosis: Diagnosis; readonly answer: Answer }>;
  /** The workspace of a configured channel that names none; null when Slack doesn't say. */
  ownTeam(): Promise<string | null>;
  isAllowed(channel: ChannelRef): boolean;
  readonly clock: Clock;
  /** How long Jaeger keeps traces. */
  readonly lookbackMs: number;
  readonly redact: readonly RegExp[];
  readonly log: Logger;
}

/** In-memory copy of the state, so that looks continue after the queue has lost its data. */
export interface LookMemory {
  state: LookState | null;
}

const LEASE_MS = 30_000;
const RENEWED_MS = 8_000;
const AT_ONCE = 4;
const MAX_DIAGNOSED = 40;
/** Maximum number of steps after an outage; the rest follows in the next look. */
const MAX_STEPS = 60;
const SHORTEST_STEP_MS = 10_000;

class LeaseLost extends Error {
  constructor() {
    super('Another process is now looking for failures.');
  }
}

/** False when another process looks. */
export async function runLook(tools: LookTools, memory: LookMemory, signal: AbortSignal): Promise<boolean> {
  const { store } = tools.client;
  const lease: Lease = { key: 'alert-lease', holder: randomUUID(), ttlMs: LEASE_MS };
  if (!(await store.setIfAbsent(lease.key, lease.holder, lease.ttlMs))) return false;
  const renew = () => store.setWhileHeld(lease, 'alert-lease-seen', lease.holder, LEASE_MS).catch(() => false);
  const timer = setInterval(renew, RENEWED_MS);
  try {
    await lookAsHolder(tools, memory, lease, signal);
    return true;
  } finally {
    clearInterval(timer);
    await store.release(lease).catch(() => undefined);
  }
}

async function lookAsHolder(tools: LookTools, memory: LookMemory, lease: Lease, signal: AbortSignal): Promise<void> {
  const { store } = tools.client;
  const subscriptions = await subscriptionsOf(tools);
  if (subscriptions.length === 0) {
    memory.state = null;
    return STATE.delete(store, 'all');
  }
  async function save(state: LookState): Promise<void> {
    if (!(await STATE.setWhileHeld(store, lease, 'all', state))) throw new LeaseLost();
    memory.state = state;
  }
  async function saveBoard(channel: ChannelRef, alerts: Parameters<TellTools['saveBoard']>[1]): Promise<void> {
    if (!(await BOARD.setWhileHeld(store, lease, channel, { alerts }))) throw new LeaseLost();
  }
  const context: Context = { ...tools, subscriptions, save, saveBoard, signal };
  const nowMs = tools.clock() / 1000;
  let state = resumed((await STATE.get(store, 'all')) ?? memory.state ?? firstState(nowMs), nowMs, tools.lookbackMs);
  for (let step = 0, stepMs: number | undefined; step < MAX_STEPS; step += 1) {
    signal.throwIfAborted();
    const { input, toMs } = nextLook(state, nowMs, stepMs);
    const result = await tools.look(input, signal);
    record({ kind: 'alert-look', outcome: result.kind });
    if (result.kind === 'unavailable') return save(await noteAway(state, result, nowMs, context));
    if (result.isCut && toMs - state.mark > SHORTEST_STEP_MS) {
      stepMs = (toMs - state.mark) / 2;
      continue;
    }
    state = await noteBack(state, nowMs, context);
    if (input.backends === null) state = { ...state, backends: { names: result.backends, readAt: nowMs } };
    state = await handle(state, result, toMs, context);
    await save(state);
    if (input.isCurrent) return;
  }
}

interface Context extends LookTools, TellTools {
  readonly subscriptions: readonly Subscription[];
  save(state: LookState): Promise<void>;
  readonly signal: AbortSignal;
}

/** Reports what was seen. Resolves to the next state. */
async function handle(
  before: LookState,
  result: Extract<LookResult, { kind: 'looked' }>,
  toMs: number,
  context: Context,
): Promise<LookState> {
  const now = context.clock();
  const nowMs = now / 1000;
  let state = withResumed(before, result.sightings);
  state = { ...state, running: runningAfter(state.running, result, nowMs) };
  // Failures that can't be diagnosed now must be found again.
  let mark = toMs;
  const failures = [...newFailures(result.sightings, state, now), ...suspicions(state, result, context)];
  while (failures.length > 0) {
    const some = failures.splice(0, MAX_DIAGNOSED);
    state = await tellOf(some, state, context);
    const left = some.filter(({ key, outcome }) => outcome !== 'running' && state.seen[key] === undefined);
    mark = Math.min(mark, ...left.map(({ at }) => Math.max(before.mark, at / 1000)));
    await context.save(state);
  }
  const completed = completedIn(result.sightings);
  const isNew = ({ operationId, at }: Completed) => state.seen[`completed ${operationId}`] !== at;
  await rememberCompleted(context.subscriptions, completed.filter(isNew), context);
  const known = Object.fromEntries(completed.map(({ operationId, at }) => [`completed ${operationId}`, at]));
  for (const subscription of context.subscriptions) await tellEnds(subscription, completed, nowMs, context);
  return { ...state, seen: { ...state.seen, ...known }, mark };
}

function completedIn(sightings: readonly Sighting[]): readonly Completed[] {
  return sightings
    .flatMap(({ operationId, outcome, type, at, ...market }) =>
      outcome === 'completed' && operationId !== null
        ? [{ operationId, type, about: aboutOf(type, market), at: Math.round(at / 1000) }]
        : [],
    )
    .toSorted((a, b) => a.at - b.at);
}

/** The running operations that may be dead. */
function suspicions(
  state: LookState,
  { workers }: Extract<LookResult, { kind: 'looked' }>,
  { clock }: Context,
): readonly Sighting[] {
  const at = clock();
  return suspectsAmong(state.running, workers, at / 1000).flatMap((operationId) => {
    const key = keyOf(state, `operation ${operationId}`, at);
    const about = {
      operationId,
      traceId: '',
      type: state.running[operationId]?.type ?? null,
      symbol: null,
      timeframe: null,
      resumedAt: null,
      services: [],
    };
    return state.seen[key] === undefined ? [{ ...about, key, outcome: 'running' as const, at }] : [];
  });
}

async function tellOf(sightings: readonly Sighting[], state: LookState, context: Context): Promise<LookState> {
  const { clock, log } = context;
  const nowMs = clock() / 1000;
  const diagnosed = await inTurns(sightings, AT_ONCE, async (sighting) => diagnosedOf(sighting, context));
  const told = diagnosed.filter((one) => typeof one === 'object');
  // Read again, because someone may have turned the alerts off.
  for (const one of await subscriptionsOf(context)) await tellFailures(one, told, nowMs, context);
  let { seen, running } = state;
  for (const [i, { key, at, outcome, operationId }] of sightings.entries()) {
    const found = diagnosed[i];
    if (found === 'well') running = foundWell(running, operationId ?? '', nowMs);
    else if (found !== 'unknown') running = without(running, operationId);
    if (typeof found === 'object' || (found === 'no' && outcome !== 'running')) seen = { ...seen, [key]: at / 1000 };
  }
  log.info({ failures: told.length, of: sightings.length }, 'alerts');
  return { ...state, seen, running };
}

/** A failure that still can't be diagnosed after this time isn't retried. */
const MAX_UNKNOWN_MS = 10 * 60_000;

async function diagnosedOf(
  { key, operationId, traceId, type, outcome, at }: Sighting,
  { diagnose, clock, signal, log }: Context,
): Promise<Diagnosed | 'no' | 'well' | 'unknown'> {
  const subject: Subject = operationId === null ? { kind: 'trace', traceId } : { kind: 'operation', operationId };
  const isLate = (clock() - at) / 1000 > MAX_UNKNOWN_MS && outcome !== 'running';
  const found = await diagnose(subject, signal).catch((err: unknown) => {
    signal.throwIfAborted();
    log.error({ key, err }, 'a failure could not be diagnosed');
    return null;
  });
  if (found === null) return isLate ? 'no' : 'unknown';
  const { diagnosis, answer } = found;
  const told = isToldOf(diagnosis, outcome);
  if (told === 'no') return outcome === 'running' && isOpen(diagnosis) ? 'well' : 'no';
  if (told === 'unknown' && !isLate) return told;
  return {
    key,
    name: nameOfDiagnosed(diagnosis) ?? operationId ?? traceId,
    type: type ?? diagnosis.operationType,
    headline: diagnosis.headline,
    at: at / 1000,
    diagnosis,
    answer,
    group: groupOf(diagnosis),
  };
}

async function noteAway(
  state: LookState,
  { failure }: Unavailable,
  nowMs: number,
  context: Context,
): Promise<LookState> {
  const { jaegerAway } = state;
  context.log.warn({ code: failure.code, host: failure.host }, 'could not look for failures');
  // A single failed look may be chance, so nothing is reported yet.
  if (jaegerAway === null) return { ...state, jaegerAway: { since: nowMs, isTold: false } };
  if (jaegerAway.isTold) return state;
  const problem = cleanText(describeFailure('Jaeger', failure), context.redact);
  await sayAll(jaegerAway.since, formatJaegerAway(new Date(jaegerAway.since).toISOString(), problem), context);
  return { ...state, jaegerAway: { ...jaegerAway, isTold: true } };
}

async function noteBack(state: LookState, nowMs: number, context: Context): Promise<LookState> {
  const { jaegerAway } = state;
  if (jaegerAway === null) return state;
  const [since, until] = [jaegerAway.since, nowMs].map((ms) => new Date(ms).toISOString());
  if (jaegerAway.isTold) await sayAll(jaegerAway.since, formatJaegerBack(since ?? '', until ?? ''), context);
  return { ...state, jaegerAway: null };
}

/** One message for each outage and channel. */
async function sayAll(since: number, summary: Message, { subscriptions, client }: Context): Promise<void> {
  for (const subscription of subscriptions) {
    const { teamId, channel } = subscription;
    const requestId = `${teamId}-alert-jaeger-${channel}-${Math.round(since)}`;
    await say(client, { requestId, place: placeOf(subscription) }, { summary, thread: [] });
  }
}

/** The subscriptions that are still allowed. If a channel is both configured and set in Slack, each type counts once. */
async function subscriptionsOf({
  client,
  configured,
  ownTeam,
  isAllowed,
}: LookTools): Promise<readonly Subscription[]> {
  const all = [...configured, ...(await allAlerts(client.store))];
  const team = all.some(({ teamId }) => teamId === '') ? await ownTeam() : '';
  if (team === null) throw new Error('Slack does not say which workspace the alerts are for.');
  const merged = new Map<string, Subscription>();
  for (const one of all.map((subscription) => ({ ...subscription, teamId: subscription.teamId || team }))) {
    const key = `${one.teamId}-${one.channel}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? one : bothOf(known, one));
  }
  return [...merged.values()].filter(isAllowed);
}

function bothOf(a: Subscription, b: Subscription): Subscription {
  const types = a.types.length === 0 || b.types.length === 0 ? [] : [...new Set([...a.types, ...b.types])];
  return { ...a, types, setBy: a.setBy ?? b.setBy };
}

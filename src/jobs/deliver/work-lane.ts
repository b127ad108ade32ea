/** One pass over a lane: delivers the wanted messages of its requests to Slack, oldest request first. */
import { formatHeldBack, withTokenRefused } from '../../formatters/answer/undelivered.ts';
import type { Message } from '../../formatters/message.ts';
import type { Chat, PostOutcome } from '../ports.ts';
import { closeRequest, laneOf, openRequest, readRequest } from '../register/open-requests.ts';
import { tellOnce } from '../register/tell-once.ts';
import { record, recordStretch } from '../telemetry.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { deliverRequest, NoWay } from './deliver-request.ts';
import { tellElsewhere } from './elsewhere.ts';
import { LaneLost, LEASE_MS } from './lane.ts';
import { type Delivery, openOutbox, saveLostOutbox } from './outbox.ts';
import { Later, NotYet } from './pacing.ts';
import { type Parking, Unauthorized } from './parking.ts';
import { type Setbacks, Unclear } from './setbacks.ts';
import { type DeliveryTools, Slots } from './slots.ts';
import { isLast, readWanted, readWantedOf, type WantedMessages } from './wanted.ts';

export interface LaneTools extends DeliveryTools {
  readonly workspace?: Pick<SlackWorkspace, 'permalink'>;
  readonly parking: Parking;
  readonly setbacks: Setbacks;
}

/** Requests whose messages are read together. */
const MAX_READ = 50;
/** People are told when Slack holds a channel back for longer than this. */
const WORTH_TELLING_MS = 10_000;
/** How far back to look for posts of a request that is still being answered. */
const LONGEST_ANSWERING_MS = 30 * 60_000;

interface Turn extends Delivery {
  readonly wanted: WantedMessages;
  readonly askedAtMs: number;
}

/** Throws `Later` when some of it can be shown only later. */
export async function workLane(delivery: Delivery, tools: LaneTools): Promise<void> {
  const { lane, parking, setbacks } = tools;
  const { teamId } = delivery.place;
  const parked = parking.waitFor(teamId);
  if (parked !== null) {
    await tellLane(delivery, tools, ({ wanted }) => withTokenRefused(wanted.answer.summary, parked.code));
    throw new Later(parked.waitMs);
  }
  /** By request: what was shown, or when it can go on. */
  const shown = new Map<string, string>();
  const waiting = new Map<string, number>();
  const isDue = ({ requestId, wanted }: Turn) =>
    shown.get(requestId) !== versionOf(wanted) && (waiting.get(requestId) ?? 0) <= performance.now();
  for (let isMore = true; isMore; ) {
    const { turns, isWhole } = await turnsIn(delivery, tools);
    const [turn, ...others] = turns.filter(isDue);
    if (turn === undefined) break;
    // Messages that are wanted later get another delivery, which follows.
    isMore = others.length > 0 || !isWhole;
    try {
      const isChanged = await take(turn, tools);
      isMore ||= isChanged;
      shown.set(turn.requestId, versionOf(turn.wanted));
      waiting.delete(turn.requestId);
      setbacks.clear(lane.name);
      parking.resume(teamId);
    } catch (error) {
      if (!(error instanceof NotYet)) throw await setback(error, { turn, delivery }, tools);
      waiting.set(turn.requestId, performance.now() + error.afterMs);
    }
  }
  const next = Math.min(...waiting.values());
  if (waiting.size > 0) throw new Later(Math.max(0, next - performance.now()));
}

/** The first requests of the lane for which something is wanted, the oldest first, and whether there are no others. */
async function turnsIn(
  delivery: Delivery,
  { store, lane }: Pick<LaneTools, 'store' | 'lane'>,
): Promise<{ readonly turns: readonly Turn[]; readonly isWhole: boolean }> {
  const ranked = await store.ranked(lane.name, { limit: MAX_READ });
  const isRanked = ranked.some(({ member }) => member === delivery.requestId);
  // Another version of the bot adds jobs without ranking their requests.
  const all = isRanked ? ranked : [...ranked, { member: delivery.requestId, order: Date.now() }];
  const found = await readWantedOf(
    store,
    all.map(({ member }) => member),
  );
  const turns = all.flatMap(({ member: requestId, order: askedAtMs }, i) => {
    const wanted = found[i] ?? null;
    // Requests that this version delivered have left the lane.
    if (wanted === null || (wanted.place !== null && i >= ranked.length)) return [];
    return { requestId, place: wanted.place ?? delivery.place, wanted, askedAtMs };
  });
  return { turns, isWhole: ranked.length < MAX_READ };
}

/** True when something newer is wanted by now. */
async function take(turn: Turn, tools: LaneTools): Promise<boolean> {
  const startMs = Date.now();
  const told = (error: string | null) =>
    recordStretch(turn.requestId, false, () => ({
      name: 'deliver',
      kind: 'consumer',
      startMs,
      endMs: Date.now(),
      attributes: { 'ktrdr_bot.stage': turn.wanted.stage, 'slack.channel.id': turn.place.channel },
      error,
    }));
  try {
    const isChanged = await show(turn, tools);
    told(null);
    return isChanged;
  } catch (error) {
    told(error instanceof Error ? error.constructor.name : 'error');
    throw error;
  }
}

async function show({ wanted, askedAtMs, ...delivery }: Turn, tools: LaneTools): Promise<boolean> {
  const { store, log } = tools;
  const { requestId } = delivery;
  const outbox = await openOutbox(store, delivery);
  // Requests of another version may not be registered; those have no place either.
  const isFirst = Object.keys(outbox.slots).length === 0 && wanted.place !== null;
  if (isFirst && (await readRequest(store, requestId)) === null) await awaitLostPosts(delivery, tools);
  const slots = new Slots(wanted.isOnlyEdit ? onlyEditing(tools) : tools, delivery, outbox);
  const { elsewhere } = wanted;
  const isElsewhere = elsewhere !== null && (await tellElsewhere(slots, { ...wanted, elsewhere }, tools.workspace));
  if (!isElsewhere) await deliverRequest(slots, wanted.stage, wanted.answer);
  // A requester who was pointed to another request's message needs nothing more.
  const isPointed = isElsewhere && elsewhere.isSummary !== true;
  if (!isPointed && !isLast(wanted.stage)) return false;
  // Read again after closing, because a newer message may have been set between the read and the close.
  const [wasOpen, current] = await Promise.all([closeRequest(store, delivery), readWanted(store, requestId)]);
  if (wasOpen) {
    record({ kind: 'request', outcome: 'answered' });
    record({ kind: 'answer', seconds: Math.max(0, Date.now() - askedAtMs) / 1000 });
    log.info({ requestId, way: slots.way, stage: wanted.stage }, 'answered');
  }
  const isChanged = current !== null && versionOf(current) !== versionOf(wanted);
  if (isChanged) await store.rank(laneOf(delivery.place), requestId, 0);
  return isChanged;
}

/** A message that someone deleted counts as edited, so that it isn't posted again. */
function onlyEditing(tools: LaneTools): LaneTools {
  async function update(...[target, message]: Parameters<Chat['update']>): Promise<PostOutcome> {
    const outcome = await tools.chat.update(target, message);
    return outcome.kind === 'gone' ? { kind: 'sent', channel: target.channel, ts: target.ts } : outcome;
  }
  return { ...tools, chat: { ...tools.chat, update } };
}

/**
 * The queue lost the request while a job was working on it, including the record of its posts and the lease of a process that
 * may still be posting. Always throws `NotYet`, so that the posts are looked for when that process must have stopped.
 */
async function awaitLostPosts(delivery: Delivery, { store, log }: LaneTools): Promise<never> {
  log.error({ requestId: delivery.requestId }, 'the queue has lost a request that is being answered');
  const now = Date.now();
  await Promise.all([
    saveLostOutbox(store, delivery, now - LONGEST_ANSWERING_MS),
    openRequest({ store }, { ...delivery, askedAtMs: now, job: null }),
  ]);
  throw new NotYet(LEASE_MS);
}

/** Decides what the lane does after an error: usually wait. */
async function setback(
  error: unknown,
  { turn, delivery }: { readonly turn: Turn; readonly delivery: Delivery },
  tools: LaneTools,
): Promise<unknown> {
  const { lane, setbacks, parking, log, signal } = tools;
  const { requestId, place } = turn;
  if (error instanceof Unauthorized) {
    record({ kind: 'delivery-retry', reason: error.code });
    const { waitMs } = parking.park(error.teamId, error.code);
    await tellLane(delivery, tools, ({ wanted }) => withTokenRefused(wanted.answer.summary, error.code));
    return new Later(waitMs);
  }
  if (error instanceof Later) {
    if (error.afterMs > WORTH_TELLING_MS) await tellLane(delivery, tools, () => formatHeldBack(error.afterMs));
    return error;
  }
  if (error instanceof Unclear) {
    const waitMs = setbacks.add(lane.name);
    record({ kind: 'delivery-retry', reason: 'unclear' });
    log.warn({ requestId, reason: error.message, waitMs: Math.round(waitMs) }, 'a delivery will be tried again');
    return new Later(waitMs);
  }
  if (error instanceof NoWay) {
    log.error({ requestId, reason: error.message }, 'nobody could be told');
    await closeRequest(tools.store, turn);
    return new Later(0);
  }
  if (error instanceof LaneLost || signal.aborted) return error;
  // The next request must not wait for this one, which the reconciler brings back.
  log.error({ requestId, err: error }, 'could not deliver');
  await tools.store.unrank(laneOf(place), requestId);
  return new Later(0);
}

/**
 * Tells all requesters in the lane the reason for a delay: once before the answer exists and once after. Failures are ignored,
 * because the answer itself still follows.
 */
async function tellLane(delivery: Delivery, tools: LaneTools, message: (turn: Turn) => Message): Promise<void> {
  const { log } = tools;
  for (const turn of (await turnsIn(delivery, tools)).turns) {
    const { requestId, wanted } = turn;
    const outcome = await tellOnce(tools, turn, isLast(wanted.stage) ? 'answer' : 'wait', () => message(turn));
    if (outcome !== null) log.info({ requestId, outcome }, 'told the requester that the answer is held back');
  }
}

function versionOf({ stage, answer, elsewhere }: WantedMessages): string {
  return JSON.stringify([stage, answer, elsewhere]);
}

/** One message of a request: posted once, edited from then on. */
import { UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { Message, TracePicture } from '../../formatters/message.ts';
import type { Chat, ChatTarget, PostOutcome, Store } from '../ports.ts';
import type { DeliveryJob } from '../queue/queues.ts';
import type { UploadOutcome } from '../workspace-port.ts';
import { degradations, fingerprint } from './content.ts';
import { type Outbox, type Picture, type Slot, SUMMARY, saveAuthor, saveOutbox } from './outbox.ts';
import { Later, type Pacing } from './pacing.ts';

export interface DeliveryTools {
  readonly chat: Chat;
  readonly store: Store;
  readonly pacing: Pacing;
  /** Null where nothing can be uploaded. */
  readonly pictures: Pictures | null;
  readonly log: Logger;
  /** Aborted when another worker may have taken over; nothing is sent after that. */
  readonly signal: AbortSignal;
}

export interface Pictures {
  /** Whether the words of other answers come first. */
  isBusy(): boolean;
  /** Draws and uploads; nobody sees the file until a message shows it. */
  upload(teamId: string, drawing: TracePicture): Promise<UploadOutcome>;
}

export interface DeliveryState extends DeliveryTools {
  readonly delivery: DeliveryJob;
  /** Changes as the delivery goes on. */
  readonly outbox: Outbox;
  /** False while the outbox says more than the store. */
  isSaved: boolean;
}

/** Nothing will work in this workspace until an administrator acts. */
export class Unauthorized extends UnrecoverableError {
  readonly teamId: string;
  constructor(teamId: string, error: string) {
    super(
      `Slack refuses the bot in workspace ${teamId} (${error}). Nothing can be posted there until the app is installed again or its token is corrected.`,
    );
    this.teamId = teamId;
  }
}

export type PutOutcome =
  | { readonly kind: 'done' }
  /** It cannot be posted this way at all. */
  | { readonly kind: 'no-access'; readonly error: string }
  /** Slack takes none of its versions. */
  | { readonly kind: 'refused'; readonly refusals: readonly string[] };

/** Has the slot show the message, in the first of its versions that Slack takes. */
export async function putSlot(
  delivering: DeliveryState,
  slot: string,
  message: Message,
  versions = degradations(message),
): Promise<PutOutcome> {
  const { delivery, outbox, pacing } = delivering;
  const content = fingerprint(message);
  await findLost(delivering, slot);
  if (outbox.slots[slot]?.content === content) return { kind: 'done' };

  const refusals: string[] = [];
  for (const version of versions) {
    const outcome = await send(delivering, slot, version, content);
    switch (outcome.kind) {
      case 'sent':
        if (outcome.channel !== '') outbox.channel = outcome.channel;
        await rememberSent(delivering, slot, { state: 'sent', content, ts: outcome.ts });
        return { kind: 'done' };
      case 'refused-content':
        refusals.push(outcome.error, ...outcome.details);
        continue;
      case 'no-access':
      case 'gone':
        return { kind: 'no-access', error: outcome.error };
      case 'rate-limited':
        pacing.pause(outbox.channel, outcome.retryAfterMs);
        throw new Later(outcome.retryAfterMs);
      case 'uncertain':
        throw new Error(`Slack gave no clear answer (${outcome.reason}).`);
      case 'unauthorised':
        throw new Unauthorized(delivery.place.teamId, outcome.error);
    }
  }
  return { kind: 'refused', refusals };
}

export async function rememberSlot(delivering: DeliveryState, slot: string, state: Slot | null): Promise<void> {
  const { outbox } = delivering;
  if (state === null) delete outbox.slots[slot];
  else outbox.slots[slot] = state;
  await save(delivering);
}

/** That a detail was posted is saved with whatever comes next: until then it can be found again by its marker. */
async function rememberSent(delivering: DeliveryState, slot: string, state: Slot & { state: 'sent' }): Promise<void> {
  const { outbox, store, delivery } = delivering;
  const canBeFound = outbox.slots[slot]?.state === 'sending' && targetOf(delivering, slot) !== null;
  outbox.slots[slot] = state;
  delivering.isSaved = false;
  if (slot !== SUMMARY && canBeFound) return;
  const isStanding = slot === SUMMARY && state.ts !== '';
  await Promise.all([save(delivering), isStanding ? saveAuthor(store, delivery, outbox.channel, state.ts) : null]);
}

export async function rememberPicture(delivering: DeliveryState, slot: string, picture: Picture): Promise<void> {
  delivering.outbox.pictures[slot] = picture;
  await save(delivering);
}

/** Saves what is not saved yet, if this delivery still is the one to do so: another may have taken over. */
export async function saveRest(delivering: DeliveryState): Promise<void> {
  if (!delivering.isSaved && !delivering.signal.aborted) await save(delivering);
}

async function save(delivering: DeliveryState): Promise<void> {
  await saveOutbox(delivering.store, delivering.delivery, delivering.outbox);
  delivering.isSaved = true;
}

/** A post whose outcome was lost, in a crash or on the network, is in Slack or it is not: its marker tells. */
export async function findLost(delivering: DeliveryState, slot: string): Promise<void> {
  const { delivery, outbox, chat } = delivering;
  const known = outbox.slots[slot];
  if (known?.state !== 'sending') return;
  const target = targetOf(delivering, slot);
  const ts =
    target === null
      ? null
      : await chat.findPosted(target, { ...markerOf(delivering, slot), requestId: known.by ?? delivery.requestId });
  if (ts === null) await rememberSlot(delivering, slot, null);
  else await rememberSent(delivering, slot, { state: 'sent', content: known.content, ts });
}

async function send(delivering: DeliveryState, slot: string, message: Message, content: string): Promise<PostOutcome> {
  const { delivery, outbox, chat, pacing, signal } = delivering;
  const known = outbox.slots[slot];
  if (known?.state === 'sent' && known.ts !== '') {
    pacing.check(outbox.channel);
    signal.throwIfAborted();
    const address = { teamId: delivery.place.teamId, channel: outbox.channel, ts: known.ts };
    const outcome = await chat.update(address, message);
    if (outcome.kind !== 'gone') return outcome;
    // Without its first message the old thread is out of sight: the details belong under the new one.
    if (slot === SUMMARY && delivery.place.threadTs === null) outbox.slots = {};
  }

  await pacing.turn(outbox.channel, signal, () => saveRest(delivering));
  await rememberSlot(delivering, slot, { state: 'sending', content, by: delivery.requestId });
  signal.throwIfAborted();
  const outcome = await post(delivering, slot, message);
  if (outcome.kind !== 'sent' && outcome.kind !== 'uncertain') await rememberSlot(delivering, slot, null);
  return outcome;
}

function post(delivering: DeliveryState, slot: string, message: Message): Promise<PostOutcome> {
  const { delivery, outbox, chat } = delivering;
  const { teamId, userId, responseUrl } = delivery.place;
  if (outbox.way === 'response-url' && responseUrl !== null) return chat.respond(responseUrl, message);
  const target = targetOf(delivering, slot);
  const marker = markerOf(delivering, slot);
  return target === null ? chat.direct(teamId, userId, message, marker) : chat.post(target, message, marker);
}

/** Null where no channel can be named: a `response_url`, and a direct message that was not sent yet. */
function targetOf({ delivery, outbox }: DeliveryState, slot: string): ChatTarget | null {
  const { teamId, threadTs } = delivery.place;
  const { way, channel } = outbox;
  if (way === 'response-url' || (way === 'direct' && slot === SUMMARY)) return null;
  if (way === 'channel' && (slot === SUMMARY || threadTs !== null)) return { teamId, channel, threadTs };
  const summary = outbox.slots[SUMMARY];
  return { teamId, channel, threadTs: summary?.state === 'sent' ? summary.ts : null };
}

function markerOf({ delivery }: DeliveryState, slot: string): { requestId: string; slot: string } {
  return { requestId: delivery.requestId, slot };
}

/** The messages of one request in Slack, each in its slot: posted once, edited from then on. */
import { UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { Message, TracePicture } from '../../formatters/message.ts';
import type { Chat, ChatTarget, Marker, PostOutcome, Store } from '../ports.ts';
import type { DeliveryJob } from '../queue/queues.ts';
import type { UploadOutcome } from '../workspace-port.ts';
import { degradations, fingerprint } from './content.ts';
import { isTakenOver, type Outbox, type Picture, type Slot, SUMMARY, saveAuthor, saveOutbox } from './outbox.ts';
import { Later, type Pacing } from './pacing.ts';

export interface DeliveryTools {
  readonly chat: Chat;
  readonly store: Store;
  readonly pacing: Pacing;
  readonly pictures: Pictures | null;
  readonly log: Logger;
  /** Aborted when another worker may have taken over; nothing is sent after that. */
  readonly signal: AbortSignal;
}

export interface Pictures {
  /** Whether the texts of other answers come first. */
  isBusy(): boolean;
  /** Draws and uploads. The file stays invisible until a message shows it. */
  upload(teamId: string, picture: TracePicture): Promise<UploadOutcome>;
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
  | { readonly kind: 'no-access'; readonly error: string }
  | { readonly kind: 'refused'; readonly refusals: readonly string[] };

/** Owns the outbox of a request while its delivery runs: nothing else changes or saves it. */
export class Slots {
  readonly tools: DeliveryTools;
  readonly delivery: DeliveryJob;
  readonly #outbox: Outbox;
  /** False while the store lacks a change. */
  #isSaved = true;

  constructor(tools: DeliveryTools, delivery: DeliveryJob, outbox: Outbox) {
    this.tools = tools;
    this.delivery = delivery;
    this.#outbox = outbox;
  }

  get way(): Outbox['way'] {
    return this.#outbox.way;
  }

  get channel(): string {
    return this.#outbox.channel;
  }

  get names(): readonly string[] {
    return Object.keys(this.#outbox.slots);
  }

  picture(slot: string): Picture | undefined {
    return this.#outbox.pictures[slot];
  }

  /** Whether the slot has a message that can be edited. An unknown outcome of its post is resolved first. */
  async isPosted(slot: string): Promise<boolean> {
    await this.#resolveUnknown(slot);
    return this.#editableTs(slot) !== null;
  }

  /** Whether the question was asked again since, so that another request now owns the messages. */
  isTakenOver(): Promise<boolean> {
    return isTakenOver(this.tools.store, this.delivery, this.#outbox);
  }

  /** Shows the message in the slot, in the first of its versions that Slack takes. */
  async put(slot: string, message: Message, versions = degradations(message)): Promise<PutOutcome> {
    const content = fingerprint(message);
    await this.#resolveUnknown(slot);
    if (this.#outbox.slots[slot]?.content === content) return { kind: 'done' };

    const refusals: string[] = [];
    for (const version of versions) {
      const outcome = await this.#send(slot, version, content);
      switch (outcome.kind) {
        case 'sent':
          if (outcome.channel !== '') this.#outbox.channel = outcome.channel;
          await this.#setSent(slot, { state: 'sent', content, ts: outcome.ts });
          return { kind: 'done' };
        case 'refused-content':
          refusals.push(outcome.error, ...outcome.details);
          continue;
        case 'no-access':
        case 'gone':
          return { kind: 'no-access', error: outcome.error };
        case 'rate-limited':
          this.tools.pacing.pause(this.channel, outcome.retryAfterMs);
          throw new Later(outcome.retryAfterMs);
        case 'uncertain':
          throw new Error(`Slack gave no clear answer (${outcome.reason}).`);
        case 'unauthorised':
          throw new Unauthorized(this.delivery.place.teamId, outcome.error);
      }
    }
    return { kind: 'refused', refusals };
  }

  /** Notes that Slack doesn't take this message, so that it isn't tried again. */
  setRefused(slot: string, message: Message): Promise<void> {
    return this.#set(slot, { state: 'refused', content: fingerprint(message) });
  }

  async setPicture(slot: string, picture: Picture): Promise<void> {
    this.#outbox.pictures[slot] = picture;
    await this.#save();
  }

  switchTo(way: Outbox['way']): void {
    this.#outbox.way = way;
    this.#outbox.slots = {};
  }

  /** Saves pending changes, unless another worker may have taken over. */
  async savePending(): Promise<void> {
    if (!this.#isSaved && !this.tools.signal.aborted) await this.#save();
  }

  async #save(): Promise<void> {
    await saveOutbox(this.tools.store, this.delivery, this.#outbox);
    this.#isSaved = true;
  }

  async #set(slot: string, state: Slot | null): Promise<void> {
    if (state === null) delete this.#outbox.slots[slot];
    else this.#outbox.slots[slot] = state;
    await this.#save();
  }

  /** A posted detail is saved with the next change, because until then its marker can find it. */
  async #setSent(slot: string, state: Slot & { state: 'sent' }): Promise<void> {
    const canBeFound = this.#outbox.slots[slot]?.state === 'sending' && this.#targetOf(slot) !== null;
    this.#outbox.slots[slot] = state;
    this.#isSaved = false;
    if (slot !== SUMMARY && canBeFound) return;
    const isEditableSummary = slot === SUMMARY && state.ts !== '';
    const { store } = this.tools;
    await Promise.all([
      this.#save(),
      isEditableSummary ? saveAuthor(store, this.delivery, this.channel, state.ts) : null,
    ]);
  }

  /** The outcome of a post is unknown after a crash or a network error. Its marker shows whether it is in Slack. */
  async #resolveUnknown(slot: string): Promise<void> {
    const known = this.#outbox.slots[slot];
    if (known?.state !== 'sending') return;
    const target = this.#targetOf(slot);
    const marker = { ...this.#markerOf(slot), requestId: known.by ?? this.delivery.requestId };
    const ts = target === null ? null : await this.tools.chat.findPosted(target, marker);
    if (ts === null) await this.#set(slot, null);
    else await this.#setSent(slot, { state: 'sent', content: known.content, ts });
  }

  async #send(slot: string, message: Message, content: string): Promise<PostOutcome> {
    const { chat, pacing, signal } = this.tools;
    const { place, requestId } = this.delivery;
    const ts = this.#editableTs(slot);
    if (ts !== null) {
      pacing.check(this.channel);
      signal.throwIfAborted();
      const outcome = await chat.update({ teamId: place.teamId, channel: this.channel, ts }, message);
      if (outcome.kind !== 'gone') return outcome;
      // Without its first message the old thread is out of sight: the details belong under the new one.
      if (slot === SUMMARY && place.threadTs === null) this.#outbox.slots = {};
    }

    await pacing.turn(this.channel, signal, () => this.savePending());
    await this.#set(slot, { state: 'sending', content, by: requestId });
    signal.throwIfAborted();
    const outcome = await this.#post(slot, message);
    if (outcome.kind !== 'sent' && outcome.kind !== 'uncertain') await this.#set(slot, null);
    return outcome;
  }

  #post(slot: string, message: Message): Promise<PostOutcome> {
    const { chat } = this.tools;
    const { teamId, userId, responseUrl } = this.delivery.place;
    if (this.way === 'response-url' && responseUrl !== null) return chat.respond(responseUrl, message);
    const target = this.#targetOf(slot);
    const marker = this.#markerOf(slot);
    return target === null ? chat.direct(teamId, userId, message, marker) : chat.post(target, message, marker);
  }

  /** Null for a slot without a message, and where messages can't be edited. */
  #editableTs(slot: string): string | null {
    const known = this.#outbox.slots[slot];
    return known?.state === 'sent' && known.ts !== '' ? known.ts : null;
  }

  /** Null where no channel is known: a `response_url`, and a direct message that was not sent yet. */
  #targetOf(slot: string): ChatTarget | null {
    const { teamId, threadTs } = this.delivery.place;
    const { way, channel } = this.#outbox;
    if (way === 'response-url' || (way === 'direct' && slot === SUMMARY)) return null;
    if (way === 'channel' && (slot === SUMMARY || threadTs !== null)) return { teamId, channel, threadTs };
    const summary = this.#outbox.slots[SUMMARY];
    return { teamId, channel, threadTs: summary?.state === 'sent' ? summary.ts : null };
  }

  #markerOf(slot: string): Marker {
    return { requestId: this.delivery.requestId, slot };
  }
}

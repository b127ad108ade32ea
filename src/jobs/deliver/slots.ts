/** The messages of one request in Slack, each in its slot: posted once, edited from then on. */
import type { Logger } from 'pino';
import type { Message, TracePicture } from '../../formatters/message.ts';
import type { Chat, ChatTarget, Marker, PostOutcome, Store } from '../ports.ts';
import type { UploadOutcome } from '../workspace-port.ts';
import { degradations, fingerprint } from './content.ts';
import type { Lane } from './lane.ts';
import type { LostPosts } from './lost-posts.ts';
import {
  type Delivery,
  isTakenOver,
  type Outbox,
  type Picture,
  type Slot,
  SUMMARY,
  saveAuthor,
  saveOutbox,
} from './outbox.ts';
import { Later, NotYet, type Pacing } from './pacing.ts';
import { Unauthorized } from './parking.ts';
import { Unclear } from './setbacks.ts';

export interface DeliveryTools {
  readonly chat: Chat;
  readonly store: Store;
  readonly lane: Lane;
  readonly lostPosts: LostPosts;
  readonly pacing: Pacing;
  readonly pictures: Pictures | null;
  readonly log: Logger;
  /** Aborted when another worker may have taken over; nothing is sent after that. */
  readonly signal: AbortSignal;
}

export interface Pictures {
  /** Whether the texts of other answers come first. */
  isBusy(): boolean;
  /** Draws and uploads a picture. The file stays invisible until a message shows it. */
  upload(teamId: string, picture: TracePicture): Promise<UploadOutcome>;
}

export type PutOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'no-access'; readonly error: string }
  | { readonly kind: 'refused'; readonly refusals: readonly string[] };

/** Owns the outbox of a request while its lane is held: nothing else changes or saves it. */
export class Slots {
  readonly tools: DeliveryTools;
  readonly delivery: Delivery;
  readonly #outbox: Outbox;
  /** Posts that were announced in the store together with an earlier one but not tried yet. */
  readonly #announced = new Map<string, Slot>();
  /** Whether the store has the announced posts. Every save stores them. */
  #isAnnouncementStored = false;
  /** False while the store lacks a change. */
  #isSaved = true;

  constructor(tools: DeliveryTools, delivery: Delivery, outbox: Outbox) {
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

  /** Whether the slot shows this already. */
  shows(slot: string, message: Message): boolean {
    const known = this.#outbox.slots[slot];
    return known?.state === 'sent' && known.content === fingerprint(message);
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

  /** Announces these messages together with the first one that is posted, so that they cost one write. */
  announce(messages: readonly { readonly slot: string; readonly message: Message }[]): void {
    this.#isAnnouncementStored = false;
    for (const { slot, message } of messages) {
      if (this.#outbox.slots[slot] === undefined) this.#announced.set(slot, this.#sending(fingerprint(message)));
    }
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
        default:
          throw this.#problem(outcome);
      }
    }
    return { kind: 'refused', refusals };
  }

  /** Notes that Slack doesn't take this message, so that it isn't tried again. */
  setRefused(slot: string, message: Message): Promise<void> {
    this.#outbox.slots[slot] = { state: 'refused', content: fingerprint(message) };
    return this.#save();
  }

  async setPicture(slot: string, picture: Picture): Promise<void> {
    this.#outbox.pictures[slot] = picture;
    await this.#save();
  }

  /** Slack's error code that made the first way fail; null while the first way is used. */
  get leftFor(): string | null {
    return this.#outbox.leftFor;
  }

  switchTo(way: Outbox['way'], code: string): void {
    this.#outbox.way = way;
    this.#outbox.leftFor ??= code;
    this.#outbox.slots = {};
    this.#announced.clear();
    this.#isSaved = false;
  }

  /** Saves pending changes, and takes back what was announced and not tried. */
  async savePending(): Promise<void> {
    const isChanged = !this.#isSaved || this.#announced.size > 0;
    this.#announced.clear();
    if (isChanged && !this.tools.signal.aborted) await this.#save();
  }

  async #save(): Promise<void> {
    const { lane, store } = this.tools;
    const slots = { ...Object.fromEntries(this.#announced), ...this.#outbox.slots };
    await lane.write((lease) => saveOutbox(store, lease, this.delivery, { ...this.#outbox, slots }));
    this.#isSaved = true;
    this.#isAnnouncementStored = true;
  }

  #sending(content: string): Slot {
    return { state: 'sending', content, by: this.delivery.requestId, since: Date.now() };
  }

  /** A posted detail is saved with the next change; until then it can be found by its marker. */
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
    const ts = target === null ? null : await this.#findPosted(target, marker, known.since ?? 0);
    if (ts !== null) {
      if (this.#outbox.isLost) await this.#restoreThread(ts);
      return this.#setSent(slot, { state: 'sent', content: known.content, ts });
    }
    this.#outbox.isLost = false;
    delete this.#outbox.slots[slot];
    this.#isSaved = false;
  }

  async #findPosted(target: ChatTarget, marker: Marker, sinceMs: number): Promise<string | null> {
    const found = await this.tools.lostPosts.find(target, marker, sinceMs);
    if (found.kind === 'found') return found.ts;
    // Slack's rate limit for these looks is stricter than for posts, so a limit here stops only this request.
    throw found.kind === 'rate-limited' ? new NotYet(found.retryAfterMs) : this.#problem(found);
  }

  /** Finds the details that were posted before the outbox was lost. */
  async #restoreThread(rootTs: string): Promise<void> {
    const { teamId, threadTs } = this.delivery.place;
    const target = { teamId, channel: this.channel, threadTs: threadTs ?? rootTs };
    const found = await this.tools.chat.findPosted(target, 0);
    if (found.kind !== 'found') throw this.#problem(found);
    for (const { requestId, slot, ts } of found.posts) {
      if (requestId === this.delivery.requestId) this.#outbox.slots[slot] ??= { state: 'sent', content: '', ts };
    }
    this.#outbox.isLost = false;
  }

  async #send(slot: string, message: Message, content: string): Promise<PostOutcome> {
    const { chat, pacing, signal, lane } = this.tools;
    const { teamId, threadTs } = this.delivery.place;
    const ts = this.#editableTs(slot);
    if (ts !== null) {
      pacing.check(this.channel);
      signal.throwIfAborted();
      const outcome = await chat.update({ teamId, channel: this.channel, ts }, message);
      if (outcome.kind !== 'gone') return outcome;
      // Without its first message the old thread is out of sight: the details belong under the new one.
      if (slot === SUMMARY && threadTs === null) this.#outbox.slots = {};
    }
    await pacing.turn(this.channel, signal, () => this.#saveSent());
    const isAnnounced = this.#announced.delete(slot) && this.#isAnnouncementStored;
    this.#outbox.slots[slot] = this.#sending(content);
    if (!isAnnounced || !lane.coversPost()) await this.#save();
    signal.throwIfAborted();
    const outcome = await this.#post(slot, message);
    if (outcome.kind !== 'sent' && outcome.kind !== 'uncertain') {
      delete this.#outbox.slots[slot];
      this.#isSaved = false;
    }
    return outcome;
  }

  /** Saves while a post waits for its turn, because the lease must be extended soon anyway. */
  async #saveSent(): Promise<void> {
    if (!this.#isSaved && this.tools.lane.isAging()) await this.#save();
  }

  #post(slot: string, message: Message): Promise<PostOutcome> {
    const { chat, lane } = this.tools;
    const { teamId, userId, responseUrl } = this.delivery.place;
    if (this.way === 'response-url' && responseUrl !== null) return chat.respond(responseUrl, message);
    const target = this.#targetOf(slot);
    const marker = this.#markerOf(slot);
    return target === null
      ? chat.direct({ teamId, userId }, message, marker, lane.coversPost)
      : chat.post(target, message, marker, lane.coversPost);
  }

  /** The error that stops the lane. */
  #problem(outcome: Exclude<PostOutcome, { kind: 'sent' }>): Error {
    switch (outcome.kind) {
      case 'rate-limited':
        this.tools.pacing.pause(this.channel, outcome.retryAfterMs);
        return new Later(outcome.retryAfterMs);
      case 'unauthorised':
        return new Unauthorized(this.delivery.place.teamId, outcome.error);
      case 'uncertain':
        return new Unclear(`Slack’s response was unclear (${outcome.reason}).`);
      default:
        return new Unclear(`Slack rejected the search for a lost message (${outcome.error}).`);
    }
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

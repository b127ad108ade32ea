/** What Slack already shows for a request. It is stored, so that a crash or a lost response doesn't cause duplicate posts. */
import { z } from 'zod';
import type { Lease, Store } from '../ports.ts';
import { cell, textCell } from '../queue/store-cell.ts';
import type { Place } from '../requests.ts';

/** The slot of the message that is edited as the request goes on; every other slot is a reply in its thread. */
export const SUMMARY = 'summary';

const slotSchema = z.discriminatedUnion('state', [
  /** A post was started or is about to be, and its outcome is unknown. */
  z.object({
    state: z.literal('sending'),
    content: z.string(),
    /** When it was started, in milliseconds; absent when another version of the bot wrote it. */
    since: z.number().exactOptional(),
    /** The request whose marker is in the post. Another request may have taken over since then. */
    by: z.string().exactOptional(),
  }),
  /** `content` is the fingerprint of what it shows; `ts` is empty where nothing can be edited (a `response_url`). */
  z.object({ state: z.literal('sent'), content: z.string(), ts: z.string() }),
  z.object({ state: z.literal('refused'), content: z.string() }),
]);
export type Slot = z.infer<typeof slotSchema>;

const pictureSchema = z.object({
  picture: z.string(),
  /** When the upload was first tried, in milliseconds. */
  since: z.number(),
  fileId: z.string().nullable(),
  isGivenUp: z.boolean(),
});
export type Picture = z.infer<typeof pictureSchema>;

const outboxSchema = z.object({
  /** How messages reach the requester. The ways are tried in this order. */
  way: z.enum(['channel', 'response-url', 'direct']),
  /** Slack's error code that made the previous way fail. */
  leftFor: z.string().nullable().default(null),
  /** Where posts go: the requester's channel or, once one was sent, the direct message channel. */
  channel: z.string(),
  slots: z.record(z.string(), slotSchema),
  /** The queue lost the outbox, so it's unknown what was posted. */
  isLost: z.boolean().default(false),
  pictures: z.record(z.string(), pictureSchema).default({}),
});
export type Outbox = z.infer<typeof outboxSchema>;

/** How long “Check again” can edit the same thread. */
const OUTBOX_TTL_MS = 30 * 24 * 3_600_000;

const OUTBOX = cell<string, Outbox>({
  schema: outboxSchema,
  key: (requestId) => `outbox:${requestId}`,
  ttlMs: OUTBOX_TTL_MS,
});
const EMPTY = { way: 'channel', leftFor: null, isLost: false, pictures: {} } as const;

/** The request whose outbox a message belongs to. */
const AUTHOR = textCell<{ readonly teamId: string; readonly channel: string; readonly ts: string }>({
  key: ({ teamId, channel, ts }) => `author:${teamId}-${channel}-${ts}`,
  ttlMs: OUTBOX_TTL_MS,
});

/** The request whose messages are delivered. */
export interface Delivery {
  readonly requestId: string;
  readonly place: Place;
}

/**
 * The request's outbox. A request about an existing message (“Check again”) takes over the outbox of the request that posted
 * it, so that its thread is edited instead of duplicated.
 */
export async function openOutbox(store: Store, { requestId, place }: Delivery): Promise<Outbox> {
  const own = await OUTBOX.get(store, requestId);
  if (own !== null) return own;
  if (place.messageTs === null) return { ...EMPTY, channel: place.channel, slots: {}, pictures: {} };
  const { teamId, channel, messageTs: ts } = place;
  const author = await AUTHOR.get(store, { teamId, channel, ts });
  const earlier = author === null ? null : await OUTBOX.get(store, author);
  return {
    ...EMPTY,
    channel: place.channel,
    slots: { ...earlier?.slots, [SUMMARY]: { state: 'sent', content: '', ts: place.messageTs } },
    // Failed pictures are tried again.
    pictures: Object.fromEntries(Object.entries(earlier?.pictures ?? {}).filter(([, { isGivenUp }]) => !isGivenUp)),
  };
}

export interface Posted {
  readonly channel: string;
  readonly ts: string;
}

/** The summary message of a request; null before it is posted, and where it can't be linked. */
export async function postedAt(store: Store, requestId: string): Promise<Posted | null> {
  return (await postedAtOf(store, [requestId]))[0] ?? null;
}

/** For several requests at once, in their order. */
export async function postedAtOf(store: Store, requestIds: readonly string[]): Promise<readonly (Posted | null)[]> {
  return (await OUTBOX.getMany(store, requestIds)).map((outbox) => {
    const summary = outbox?.slots[SUMMARY];
    const isLinkable = summary?.state === 'sent' && summary.ts !== '';
    return outbox !== null && isLinkable ? { channel: outbox.channel, ts: summary.ts } : null;
  });
}

/** Whether the question was asked again, so that the summary message and its thread now belong to another request. */
export async function isTakenOver(store: Store, { requestId, place }: Delivery, outbox: Outbox): Promise<boolean> {
  const summary = outbox.slots[SUMMARY];
  if (summary?.state !== 'sent' || summary.ts === '') return false;
  const { teamId } = place;
  const author = await AUTHOR.get(store, { teamId, channel: outbox.channel, ts: summary.ts });
  return author !== null && author !== requestId;
}

/** For a request whose outbox was lost with the queue: what was posted for it since then is looked for in Slack. */
export async function saveLostOutbox(store: Store, { requestId, place }: Delivery, sinceMs: number): Promise<void> {
  const summary: Slot = { state: 'sending', content: '', by: requestId, since: sinceMs };
  const outbox: Outbox = { ...EMPTY, channel: place.channel, slots: { [SUMMARY]: summary }, isLost: true };
  await OUTBOX.set(store, requestId, outbox);
}

/** False, and nothing is saved, when the lease is no longer held: another process may be posting. */
export function saveOutbox(store: Store, lease: Lease, { requestId }: Delivery, outbox: Outbox): Promise<boolean> {
  return OUTBOX.setWhileHeld(store, lease, requestId, outbox);
}

/** The request that a message shows; null for messages that can't be edited. */
export function authorOf(
  store: Store,
  message: { readonly teamId: string; readonly channel: string; readonly ts: string },
): Promise<string | null> {
  return AUTHOR.get(store, message);
}

/** Lets “Check again” below the summary message find its outbox. */
export async function saveAuthor(
  store: Store,
  { requestId, place }: Delivery,
  channel: string,
  ts: string,
): Promise<void> {
  await AUTHOR.set(store, { teamId: place.teamId, channel, ts }, requestId);
}

/**
 * The messages that Slack should show for a request. Every stage is stored under its own key, so that no write can undo a later
 * stage.
 */
import { z } from 'zod';
import type { Answer } from '../../formatters/message.ts';
import { diagnosisSchema } from '../answer/diagnosis-schema.ts';
import type { Store } from '../ports.ts';
import { DELIVERIES, DELIVERY_OPTIONS, messageSchema, type QueueClient } from '../queue/queues.ts';
import { cell } from '../queue/store-cell.ts';
import { laneOf, openRequest, REQUESTS_KEPT_MS } from '../register/open-requests.ts';
import { type Place, placeSchema } from '../requests.ts';

/** In order: messages of a later stage win, even if those of an earlier stage arrive after them. */
const STAGES = ['placeholder', 'phase', 'answer', 'cancelled'] as const;
export type Stage = (typeof STAGES)[number];

/** No message follows these. */
export function isLast(stage: Stage): boolean {
  return stage === 'answer' || stage === 'cancelled';
}

const chartSchema = z.object({
  title: z.string(),
  footer: z.string(),
  steps: z
    .array(
      diagnosisSchema.shape.flow.element
        .omit({ spanId: true, selfMs: true })
        .extend({ isCulprit: z.boolean(), isGap: z.boolean().exactOptional() }),
    )
    .readonly(),
});

const digestChartSchema = z.object({
  title: z.string(),
  from: z.string(),
  to: z.string(),
  bucketMs: z.number().positive(),
  rows: z.array(z.object({ label: z.string(), counts: z.array(z.number()).readonly() })).readonly(),
  footer: z.string(),
});

const pictureSchema = z.object({
  chart: z.union([chartSchema, digestChartSchema]),
  fileName: z.string(),
  title: z.string(),
  altText: z.string(),
});

const detailSchema = z.object({
  slot: z.string(),
  message: messageSchema,
  /** Null when another version of the bot wrote it. */
  picture: pictureSchema.nullable().catch(null).exactOptional(),
});

/** The slot in which earlier versions post a picture alone. */
const PICTURE_ONLY = 'picture';

/** A detail with an unreadable picture keeps its text, if it has any. */
const threadSchema = z.array(detailSchema).transform((details) =>
  details.flatMap(({ picture, ...detail }) => {
    if (picture === null) return detail.slot === PICTURE_ONLY ? [] : [detail];
    return [picture === undefined ? detail : { ...detail, picture }];
  }),
);

export const answerSchema = z.object({ summary: messageSchema, thread: threadSchema });

/** Replaces the messages if another message in this channel answers the question: only the requester is told. */
const elsewhereSchema = z.object({
  /** The request whose message that is. */
  requestId: z.string(),
  /** The question as the value of a “Check again” button. */
  question: z.string(),
  /** True when the person is sent the summary; otherwise they are told that the answer will be in that message. */
  isSummary: z.boolean().exactOptional(),
});
export type Elsewhere = z.infer<typeof elsewhereSchema>;

/** What a requester gets, and where, if not at the place of the request. */
export interface Reply extends Answer {
  readonly place?: Place;
  readonly elsewhere?: Elsewhere | null;
  /** A message that somebody has deleted isn't posted again for this. */
  readonly isOnlyEdit?: boolean;
}

const wantedSchema = answerSchema.extend({
  /** Absent when another version of the bot wrote it. */
  place: placeSchema.exactOptional(),
  elsewhere: elsewhereSchema.exactOptional(),
  /** Null when another version of the bot wrote it. */
  picture: pictureSchema.nullable().catch(null).exactOptional(),
  /** A message that somebody has deleted isn't posted again for this. */
  isOnlyEdit: z.boolean().exactOptional(),
});

const WANTED = cell<{ readonly requestId: string; readonly stage: Stage }, z.infer<typeof wantedSchema>>({
  schema: wantedSchema,
  key: ({ requestId, stage }) => `wanted-${stage}:${requestId}`,
  ttlMs: REQUESTS_KEPT_MS,
});

export interface WantedMessages {
  readonly stage: Stage;
  readonly answer: Answer;
  readonly place: Place | null;
  readonly elsewhere: Elsewhere | null;
  readonly isOnlyEdit: boolean;
}

interface Recipient {
  readonly requestId: string;
  readonly place: Place;
}

/** Sets the wanted messages of a stage and has them delivered. */
export async function deliver(
  client: QueueClient,
  { requestId, ...recipient }: Recipient,
  stage: Stage,
  { elsewhere = null, place = recipient.place, ...answer }: Reply,
): Promise<void> {
  const wanted = { ...answer, thread: [...answer.thread], place, ...(elsewhere !== null && { elsewhere }) };
  await Promise.all([WANTED.set(client.store, { requestId, stage }, wanted), nudge(client, { requestId, place })]);
}

/** Sends a message that doesn't answer a registered request. It is registered until it is delivered. */
export async function say(client: QueueClient, recipient: Recipient, answer: Reply): Promise<void> {
  await Promise.all([
    openRequest(client, { ...recipient, askedAtMs: Date.now(), job: null }),
    deliver(client, recipient, 'answer', answer),
  ]);
}

/** Triggers a delivery. At most one delivery per channel runs at a time, and another follows if there was a nudge during it. */
export async function nudge(client: QueueClient, { requestId, place }: Recipient): Promise<void> {
  const deduplication = { id: laneOf(place), keepLastIfActive: true };
  const options = { ...DELIVERY_OPTIONS, deduplication };
  await Promise.all([
    client.store.rank(laneOf(place), requestId, Date.now()),
    client.queue(DELIVERIES).add('deliver', { requestId, place, placeholder: null }, options),
  ]);
}

/** Null when nothing is wanted, or it has expired. */
export async function readWanted(store: Store, requestId: string): Promise<WantedMessages | null> {
  return (await readWantedOf(store, [requestId]))[0] ?? null;
}

/** For several requests at once, in their order. */
export async function readWantedOf(
  store: Store,
  requestIds: readonly string[],
): Promise<readonly (WantedMessages | null)[]> {
  const ids = requestIds.flatMap((requestId) => STAGES.map((stage) => ({ requestId, stage })));
  const found = await WANTED.getMany(store, ids);
  return requestIds.map((_, i) => {
    const stages = found.slice(i * STAGES.length, (i + 1) * STAGES.length);
    const at = stages.findLastIndex((one) => one !== null);
    const [stage, wanted] = [STAGES[at], stages[at]];
    if (stage === undefined || wanted === undefined || wanted === null) return null;
    const { place = null, elsewhere = null, picture = null, isOnlyEdit = false, ...answer } = wanted;
    return { stage, answer: { ...answer, ...(picture !== null && { picture }) }, place, elsewhere, isOnlyEdit };
  });
}

export async function isAnswered(store: Store, requestId: string): Promise<boolean> {
  return (await WANTED.get(store, { requestId, stage: 'answer' })) !== null;
}

/** What one request's message should say. The delivery worker brings Slack to this state, however often it is interrupted. */
import { z } from 'zod';
import type { Answer } from '../../formatters/message.ts';
import type { Store } from '../ports.ts';
import { DELIVERIES, DELIVERY_OPTIONS, type DeliveryJob, messageSchema, type QueueClient } from '../queue/queues.ts';
import { cell } from '../queue/store-cell.ts';

/** Order is rank: what was said at a later stage is never overwritten by an earlier one that comes late. */
const LATER_STAGES = ['phase', 'answer', 'cancelled'] as const;
type LaterStage = (typeof LATER_STAGES)[number];

export interface WantedMessages {
  readonly stage: 'placeholder' | LaterStage;
  readonly answer: Answer;
}

const chartSchema = z.object({
  title: z.string(),
  footer: z.string(),
  steps: z.array(
    z.object({
      service: z.string(),
      operation: z.string(),
      note: z.string(),
      traceId: z.string(),
      startMs: z.number(),
      durationMs: z.number(),
      depth: z.number(),
      onCriticalPath: z.boolean(),
      error: z.boolean(),
      isCulprit: z.boolean(),
    }),
  ),
});

const pictureSchema = z.object({
  chart: chartSchema,
  fileName: z.string(),
  title: z.string(),
  altText: z.string(),
});

const detailSchema = z.object({
  slot: z.string(),
  message: messageSchema,
  /** Null for one in the form of another version of the bot. */
  picture: pictureSchema.nullable().catch(null).exactOptional(),
});

/** What is there for a drawing's sake goes with it: all words are in the other details. */
const threadSchema = z
  .array(detailSchema)
  .transform((details) =>
    details.flatMap(({ picture, ...words }) =>
      picture === null ? [] : [picture === undefined ? words : { ...words, picture }],
    ),
  );

export const answerSchema = z.object({ summary: messageSchema, thread: threadSchema });

const WANTED = cell<{ readonly requestId: string; readonly stage: LaterStage }, Answer>({
  schema: answerSchema,
  key: ({ requestId, stage }) => `wanted-${stage}:${requestId}`,
  /** Long enough for an outage of Slack; a request is over long before. */
  ttlMs: 24 * 3_600_000,
});

/** Says what the request's message should be from now on. */
export async function deliver(
  client: QueueClient,
  { requestId, place }: Pick<DeliveryJob, 'requestId' | 'place'>,
  stage: LaterStage,
  answer: Answer,
): Promise<void> {
  await Promise.all([
    WANTED.set(client.store, { requestId, stage }, answer),
    nudge(client, { requestId, place, placeholder: null }),
  ]);
}

/**
 * Has what is wanted delivered. At most one delivery of a request runs at a time, and one more follows when something was
 * said meanwhile; so nothing is posted out of order and quick changes are shown as one.
 */
export async function nudge(client: QueueClient, { requestId, place, placeholder }: DeliveryJob): Promise<void> {
  const deduplication = { id: requestId, keepLastIfActive: true };
  const options = { ...DELIVERY_OPTIONS, deduplication };
  await client.queue(DELIVERIES).add('deliver', { requestId, place, placeholder }, options);
}

/** Null when nothing was ever wanted, or so long ago that it is forgotten. */
export async function readWanted(
  store: Store,
  { requestId, placeholder }: Pick<DeliveryJob, 'requestId' | 'placeholder'>,
): Promise<WantedMessages | null> {
  const said = await Promise.all(
    LATER_STAGES.map(async (stage) => ({ stage, answer: await WANTED.get(store, { requestId, stage }) })),
  );
  for (const { stage, answer } of said.toReversed()) {
    if (answer !== null) return { stage, answer };
  }
  return placeholder === null ? null : { stage: 'placeholder', answer: { summary: placeholder, thread: [] } };
}

export async function isAnswered(store: Store, requestId: string): Promise<boolean> {
  return (await WANTED.get(store, { requestId, stage: 'answer' })) !== null;
}

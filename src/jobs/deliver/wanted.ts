/** The wanted messages of a request, kept in the store. The delivery worker brings Slack to this state. */
import { z } from 'zod';
import type { Answer } from '../../formatters/message.ts';
import { diagnosisSchema } from '../answer/diagnosis-schema.ts';
import type { Store } from '../ports.ts';
import { DELIVERIES, DELIVERY_OPTIONS, type DeliveryJob, messageSchema, type QueueClient } from '../queue/queues.ts';
import { cell } from '../queue/store-cell.ts';

/** In order: messages of a later stage win over those of an earlier one that arrive late. */
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
    diagnosisSchema.shape.flow.element
      .omit({ spanId: true, selfMs: true })
      .extend({ isCulprit: z.boolean(), isGap: z.boolean().exactOptional() }),
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
  /** Null when another version of the bot wrote it. */
  picture: pictureSchema.nullable().catch(null).exactOptional(),
});

/** A detail with an unreadable picture is dropped: the texts are in the other details. */
const threadSchema = z
  .array(detailSchema)
  .transform((details) =>
    details.flatMap(({ picture, ...detail }) =>
      picture === null ? [] : [picture === undefined ? detail : { ...detail, picture }],
    ),
  );

export const answerSchema = z.object({ summary: messageSchema, thread: threadSchema });

const WANTED = cell<{ readonly requestId: string; readonly stage: LaterStage }, Answer>({
  schema: answerSchema,
  key: ({ requestId, stage }) => `wanted-${stage}:${requestId}`,
  /** Long enough for an outage of Slack; a request is over long before. */
  ttlMs: 24 * 3_600_000,
});

/** Sets the wanted messages of a stage and has them delivered. */
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
 * Has the wanted messages delivered. At most one delivery of a request runs at a time, and one more follows when they changed
 * during it; so nothing is posted out of order, and quick changes are shown as one.
 */
export async function nudge(client: QueueClient, { requestId, place, placeholder }: DeliveryJob): Promise<void> {
  const deduplication = { id: requestId, keepLastIfActive: true };
  const options = { ...DELIVERY_OPTIONS, deduplication };
  await client.queue(DELIVERIES).add('deliver', { requestId, place, placeholder }, options);
}

/** Null when nothing is wanted, or it has expired. */
export async function readWanted(
  store: Store,
  { requestId, placeholder }: Pick<DeliveryJob, 'requestId' | 'placeholder'>,
): Promise<WantedMessages | null> {
  const messages = await Promise.all(
    LATER_STAGES.map(async (stage) => ({ stage, answer: await WANTED.get(store, { requestId, stage }) })),
  );
  for (const { stage, answer } of messages.toReversed()) {
    if (answer !== null) return { stage, answer };
  }
  return placeholder === null ? null : { stage: 'placeholder', answer: { summary: placeholder, thread: [] } };
}

export async function isAnswered(store: Store, requestId: string): Promise<boolean> {
  return (await WANTED.get(store, { requestId, stage: 'answer' })) !== null;
}

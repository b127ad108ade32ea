/** What one request's message should say. The delivery worker brings Slack to this state, however often it is interrupted. */
import { z } from 'zod';
import type { Answer, Message } from '../formatters/message.ts';
import type { Store } from './ports.ts';
import { DELIVERIES, DELIVERY_OPTIONS, type DeliveryJob, type QueueClient } from './queues.ts';

/** Order is rank: what was said at a later stage is never overwritten by an earlier one that comes late. */
const STAGES = ['placeholder', 'phase', 'answer'] as const;
export type Stage = (typeof STAGES)[number];

export interface Wanted {
  readonly stage: Stage;
  readonly answer: Answer;
}

/** Long enough for an outage of Slack; a request is over long before. */
const LIFE_MS = 24 * 3_600_000;

const messageSchema = z.object({
  text: z.string(),
  blocks: z.array(
    z.custom<Message['blocks'][number]>((block) => typeof block === 'object' && block !== null && 'type' in block),
  ),
});
const answerSchema = z.object({
  summary: messageSchema,
  thread: z.array(z.object({ slot: z.string(), message: messageSchema })),
});

/**
 * Says what the request's message should be from now on. At most one delivery of a request runs at a time, and one more
 * follows when something was said meanwhile; so nothing is posted out of order and quick changes are shown as one.
 */
export async function deliver(client: QueueClient, delivery: DeliveryJob, stage: Stage, answer: Answer): Promise<void> {
  await Promise.all([
    client.store.set(keyOf(delivery.requestId, stage), JSON.stringify(answer), LIFE_MS),
    nudge(client, delivery),
  ]);
}

/** Has what is wanted delivered, in case that was interrupted. */
export async function nudge(client: QueueClient, { requestId, place }: DeliveryJob): Promise<void> {
  const deduplication = { id: requestId, keepLastIfActive: true };
  await client.queue(DELIVERIES).add('deliver', { requestId, place }, { ...DELIVERY_OPTIONS, deduplication });
}

/** Null when nothing was ever wanted, or so long ago that it is forgotten. */
export async function readWanted(store: Store, requestId: string): Promise<Wanted | null> {
  const texts = await Promise.all(STAGES.map((stage) => store.get(keyOf(requestId, stage))));
  const newest = texts.findLastIndex((text) => text !== null);
  const stage = STAGES[newest];
  const text = texts[newest];
  if (stage === undefined || text === undefined || text === null) return null;
  return { stage, answer: answerSchema.parse(JSON.parse(text)) };
}

export async function isAnswered(store: Store, requestId: string): Promise<boolean> {
  return (await store.get(keyOf(requestId, 'answer'))) !== null;
}

function keyOf(requestId: string, stage: Stage): string {
  return `wanted-${stage}:${requestId}`;
}

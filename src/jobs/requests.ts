/** What travels through the queues: plain JSON, validated again where it is read, because a queue outlives a deploy. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SYMPTOMS } from '../diagnosis/case.ts';
import type { Micros } from '../diagnosis/trace.ts';
import { OPERATION_TYPES } from '../diagnosis/vocabulary/operations.ts';

export const subjectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('operation'), operationId: z.string() }),
  z.object({ kind: z.literal('trace'), traceId: z.string() }),
  z.object({ kind: z.literal('last'), type: z.enum(OPERATION_TYPES).nullable() }),
]);

/** Where one asker's answer belongs. */
export const placeSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  /** Thread to answer in; null for a command, whose placeholder starts the thread. */
  threadTs: z.string().nullable(),
  userId: z.string(),
  /** A bearer secret with a life of 30 minutes; the way out when the bot may not post in the channel. */
  responseUrl: z.string().nullable(),
  /** The message to edit, when it is already there: `run again` reuses the one whose button was clicked. */
  messageTs: z.string().nullable(),
});
export type Place = z.infer<typeof placeSchema>;

/** Read by one person only. A person's id stands for the direct conversation with the bot. */
export function isDirect({ channel, userId }: Pick<Place, 'channel' | 'userId'>): boolean {
  return channel === userId || channel.startsWith('D');
}

/** One person's question. `requestId` is unique per gesture and equal for a retry of the same delivery. */
export const diagnoseRequestSchema = z.object({
  requestId: z.string(),
  subject: subjectSchema,
  symptom: z.enum(SYMPTOMS).nullable(),
  place: placeSchema,
  askedAt: z.number(),
  /** Nobody asked: an id was pasted. Then only what is known is said, and nothing before that. */
  isQuiet: z.boolean().exactOptional(),
  /** Asked again on purpose: a new answer is wanted, also when the channel got one some minutes ago. */
  isRepeat: z.boolean().exactOptional(),
});
export type DiagnoseRequest = z.infer<typeof diagnoseRequestSchema>;

/** What handlers may ask of the queue. Rejects within 2 s when it is away, so that the user sees an error, not silence. */
export interface Questions {
  diagnose(request: DiagnoseRequest): Promise<void>;
  /** Ends the wait of the one who asked; `over` when there is nothing to wait for, or never was. */
  cancel(
    requestId: string,
    by: Pick<Place, 'teamId' | 'userId'>,
    at: Micros,
  ): Promise<'cancelled' | 'over' | 'not-yours'>;
}

/** Of something that one gesture asked for. The gesture's id can be a secret, and queue ids may not hold a colon. */
export function requestIdOf(interactionId: string, { teamId }: Pick<Place, 'teamId'>): string {
  return `${teamId}-${createHash('sha256').update(interactionId).digest('hex').slice(0, 32)}`;
}

/** Payloads of the queues: plain JSON, validated when it is read, because another version of the bot may have written it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SYMPTOMS } from '../diagnosis/case.ts';
import type { Micros } from '../diagnosis/trace.ts';

export const subjectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('operation'), operationId: z.string() }),
  z.object({ kind: z.literal('trace'), traceId: z.string() }),
  z.object({ kind: z.literal('last'), type: z.string().nullable() }),
]);

/** Where the answer to a request goes. */
export const placeSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  /** Thread to answer in; null for a command, whose placeholder starts the thread. */
  threadTs: z.string().nullable(),
  userId: z.string(),
  /** A secret that is valid for 30 minutes, used when the bot can't post in the channel. */
  responseUrl: z.string().nullable(),
  /** An existing message to edit: `run again` edits the one whose button was clicked. */
  messageTs: z.string().nullable(),
});
export type Place = z.infer<typeof placeSchema>;

/** Whether only one person can read there. A user id as the channel means the direct messages with the bot. */
export function isDirect({ channel, userId }: Pick<Place, 'channel' | 'userId'>): boolean {
  return channel === userId || channel.startsWith('D');
}

/** `requestId` is unique per Slack interaction, and equal for a retry of the same delivery. */
export const diagnoseRequestSchema = z.object({
  requestId: z.string(),
  subject: subjectSchema,
  symptom: z.enum(SYMPTOMS).nullable(),
  place: placeSchema,
  askedAt: z.number(),
  /** An auto-reply to a pasted id: no placeholder, and an answer only when something is known. */
  isQuiet: z.boolean().exactOptional(),
  /** Explicitly repeated: wants a new answer even when the channel got one some minutes ago. */
  isRepeat: z.boolean().exactOptional(),
});
export type DiagnoseRequest = z.infer<typeof diagnoseRequestSchema>;

/** The queue for handlers. Rejects within 2 s when it is unavailable, so that the user sees an error. */
export interface Questions {
  diagnose(request: DiagnoseRequest): Promise<void>;
  /** `over` when the request has ended or never existed. */
  cancel(
    requestId: string,
    by: Pick<Place, 'teamId' | 'userId'>,
    at: Micros,
  ): Promise<'cancelled' | 'over' | 'not-yours'>;
}

/** The request id of a Slack interaction. It is a hash, because the interaction's id can be a secret and have colons. */
export function requestIdOf(interactionId: string, { teamId }: Pick<Place, 'teamId'>): string {
  return `${teamId}-${createHash('sha256').update(interactionId).digest('hex').slice(0, 32)}`;
}

/** The payloads of the queues: plain JSON, validated where it is read, because another version may have written it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SYMPTOMS } from '../diagnosis/case.ts';
import type { Micros } from '../diagnosis/trace.ts';
import { OPERATION_TYPES } from '../diagnosis/vocabulary/operations.ts';
import type { Message } from '../formatters/message.ts';

export const subjectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('operation'), operationId: z.string() }),
  z.object({ kind: z.literal('trace'), traceId: z.string() }),
  z.object({
    kind: z.literal('last'),
    type: z.enum(OPERATION_TYPES).nullable(),
    percent: z.number().min(0).max(100).exactOptional(),
  }),
]);

export const placeSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  /** The thread of the answer; null for a command, whose placeholder starts the thread. */
  threadTs: z.string().nullable(),
  userId: z.string(),
  /** Used when the bot can't post in the channel. It is a bearer secret, valid for 30 minutes. */
  responseUrl: z.string().nullable(),
  /** The message to edit; null to post one. “Check again” edits the message of its button. */
  messageTs: z.string().nullable(),
});
export type Place = z.infer<typeof placeSchema>;

export type ChannelRef = Pick<Place, 'teamId' | 'channel'>;
export type PersonRef = Pick<Place, 'teamId' | 'userId'>;

/** Whether only one person reads it: Slack opens the direct conversation for a user ID, and its own ID starts with D. */
export function isDirect({ channel, userId }: Pick<Place, 'channel' | 'userId'>): boolean {
  return channel === userId || channel.startsWith('D');
}

const symptomSchema = z.enum(SYMPTOMS);
export const symptomsSchema = z.union([symptomSchema, z.tuple([symptomSchema, symptomSchema]).readonly()]);

export const questionSchema = z.object({ subject: subjectSchema, symptom: symptomsSchema.nullable() });

/** One person's question. `requestId` is unique per interaction, and the same when Slack delivers it again. */
export const diagnoseRequestSchema = questionSchema.extend({
  requestId: z.string(),
  place: placeSchema,
  askedAt: z.number(),
  /** An ID was pasted, not requested: without a finding there is no answer, and there is no placeholder. */
  isQuiet: z.boolean().exactOptional(),
  /** “Check again”: a link to the message of someone who asks at the same time isn't enough. */
  isRepeat: z.boolean().exactOptional(),
  /** Below a list or a watch: an answer of its own, whatever else the channel shows. */
  isBelow: z.boolean().exactOptional(),
});
export type DiagnoseRequest = z.infer<typeof diagnoseRequestSchema>;

/** The limits of a typed mute. */
export const MIN_MUTE_MS = 60_000;
export const MAX_MUTE_MS = 30 * 24 * 3_600_000;

/** The outcome of a form. When `isDone` is false, the message says why, and the form stays open. */
export interface FormOutcome {
  readonly isDone: boolean;
  readonly message: Message;
}

/** A taken request gets an answer. `most` is the limit of open requests per person. */
type Taken = { readonly kind: 'taken' } | { readonly kind: 'too-many'; readonly most: number };

/** The part of the queue that handlers use. */
export interface Questions {
  /** Rejects when the request wasn't taken, or when that isn't known yet; in that case it is taken shortly or not at all. */
  diagnose(request: DiagnoseRequest): Promise<Taken>;
  /** Cancels the request of this person; `over` when it has ended or never existed. */
  cancel(requestId: string, by: PersonRef, at: Micros): Promise<'cancelled' | 'over' | 'not-yours'>;
}

/** Hashed, because the ID of an interaction can be a secret, and BullMQ rejects IDs with a colon. */
export function requestIdOf(interactionId: string, { teamId }: Pick<Place, 'teamId'>): string {
  return `${teamId}-${createHash('sha256').update(interactionId).digest('hex').slice(0, 32)}`;
}

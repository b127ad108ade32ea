/**
 * Stored state of an action: that it was offered, that someone confirmed it, and that its one request may have been sent. The
 * last is written once, before the request: a process that finds it looks for the outcome and sends nothing.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { micros } from '../../diagnosis/trace.ts';
import type { ActionKind } from '../../diagnosis/vocabulary/actions.ts';
import { cell, textCell } from '../queue/store-cell.ts';
import { type Place, placeSchema } from '../requests.ts';
import { wantedActionSchema } from './wanted.ts';

const HOUR_MS = 3_600_000;
/** By then, the state that the button was made for is outdated. */
const OFFER_TTL_MS = 12 * HOUR_MS;
/** One day longer than a resumed operation is followed. */
const ACTION_TTL_MS = 8 * 24 * HOUR_MS;
/** How long a second person who confirms an action on the same operation is told about the first. */
const HELD_MS = 10 * 60_000;

const STATUSES = ['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled', 'unknown'] as const;
const offerSchema = z.object({
  /** Starts with the workspace's id, like the key of everything that belongs to a workspace. */
  offerId: z.string(),
  wanted: wantedActionSchema,
  /** The thread where the result is posted. */
  place: placeSchema,
  /** The answer that recommends it, and the `ts` of its message; null when there is none. */
  answer: z.object({ answerId: z.string(), ts: z.string() }).nullable(),
  operationType: z.string().nullable(),
  /** Status of the operation when the button was created. */
  status: z.enum(STATUSES),
  /** For starting a backtest again: the form asks for the model, and this is what is known about it. */
  model: z.object({ known: z.string().nullable() }).nullable(),
  /** The headline of the answer, because ktrdr may erase the data behind it. */
  headline: z.string(),
});
export type Offer = z.infer<typeof offerSchema>;

const actionSchema = offerSchema.extend({
  userId: z.string(),
  /** Milliseconds. */
  confirmedAt: z.number(),
  taskId: z.string(),
  chosenModel: z.string().nullable(),
  state: z.enum(['confirmed', 'over']),
});
export type Action = z.infer<typeof actionSchema>;

const callSchema = z.object({
  method: z.enum(['DELETE', 'POST']),
  path: z.string(),
  body: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()).readonly()]))
    .nullable(),
});
const microsSchema = z.number().transform(micros);
const sentSchema = z.object({
  call: callSchema,
  before: z.object({
    status: z.enum(STATUSES),
    operationType: z.string().nullable(),
    startedAt: microsSchema.nullable(),
    errorMessage: z.string().nullable(),
    childId: z.string().nullable(),
    running: z.array(z.string()).readonly(),
    downloads: z.array(z.string()).readonly(),
  }),
});
export type Sent = z.infer<typeof sentSchema>;

export const OFFER = cell<string, Offer>({
  schema: offerSchema,
  key: (offerId) => `action-offer:${offerId}`,
  ttlMs: OFFER_TTL_MS,
});
export const ACTION = cell<string, Action>({
  schema: actionSchema,
  key: (offerId) => `action:${offerId}`,
  ttlMs: ACTION_TTL_MS,
});
/** Marks that the request may have been sent, so that it is never sent twice. */
export const SENT = cell<string, Sent>({
  schema: sentSchema,
  key: (offerId) => `action-sent:${offerId}`,
  ttlMs: ACTION_TTL_MS,
});
/** The offer whose action is in progress for this operation. Not per workspace, because all of them share one ktrdr. */
export const HELD = textCell<{ readonly kind: ActionKind; readonly operationId: string }>({
  key: ({ kind, operationId }) => `action-held:${kind}-${operationId}`,
  ttlMs: HELD_MS,
});

/** One for each answer and action. */
export function offerIdOf(
  { teamId }: Pick<Place, 'teamId'>,
  answerId: string,
  kind: ActionKind,
  about: string,
): string {
  return `${teamId}-${createHash('sha256').update(`${answerId} ${kind} ${about}`).digest('hex').slice(0, 24)}`;
}

export function isOfferId(text: string): boolean {
  return /^[A-Z0-9]{1,40}-[0-9a-f]{24}$/.test(text);
}

/** ID of the request that ends when the result is in the thread: one per confirmation. */
export function requestIdOfAction({ offerId, taskId }: Pick<Action, 'offerId' | 'taskId'>): string {
  return `action-${offerId}-${taskId.slice(-8)}`;
}

/**
 * The register of open requests: what people requested and can't see yet. A request enters when it is taken and leaves when
 * Slack has confirmed its last message. Jobs only work on it; if one is lost, the reconciler adds it again from here.
 */
import { z } from 'zod';
import type { Store } from '../ports.ts';
import { BACKGROUND_JOBS, QUESTIONS, type QueueClient, REPORTS } from '../queue/queues.ts';
import { cell } from '../queue/store-cell.ts';
import { type ChannelRef, type Place, placeSchema } from '../requests.ts';

/** Longer than any restart or outage that people wait out. */
export const REQUESTS_KEPT_MS = 24 * 3_600_000;

const openRequestSchema = z.object({
  requestId: z.string(),
  place: placeSchema,
  /** Milliseconds. */
  askedAtMs: z.number(),
  /** The job that makes its answer; null when the answer is stored already. */
  job: z
    .object({ queue: z.enum([QUESTIONS, REPORTS, BACKGROUND_JOBS]), name: z.string(), data: z.unknown() })
    .nullable(),
});
export type OpenRequest = z.infer<typeof openRequestSchema>;

const REQUEST = cell<string, OpenRequest>({
  schema: openRequestSchema,
  key: (requestId) => `request:${requestId}`,
  ttlMs: REQUESTS_KEPT_MS,
});

/** All open requests, in the order in which they were made. */
export const OPEN = 'open';

export async function isOpen(store: Store, requestId: string): Promise<boolean> {
  return (await store.areRanked(OPEN, [requestId]))[0] === true;
}

/** The open requests of a channel, in the order in which they were made: the order in which they are answered there. */
export function laneOf({ teamId, channel }: ChannelRef): string {
  return `lane:${teamId}-${channel}`;
}

/** Sent in one write, before the job is added, so that no job runs for an unregistered request. */
export async function openRequest({ store }: Pick<QueueClient, 'store'>, request: OpenRequest): Promise<void> {
  const { requestId, place, askedAtMs } = request;
  await Promise.all([
    REQUEST.set(store, requestId, request),
    store.rank(OPEN, requestId, askedAtMs),
    store.rank(laneOf(place), requestId, askedAtMs),
  ]);
}

/** True if the request was open. */
export async function closeRequest(
  store: Store,
  { requestId, place }: { readonly requestId: string; readonly place: Place },
): Promise<boolean> {
  const [wasOpen] = await Promise.all([store.unrank(OPEN, requestId), store.unrank(laneOf(place), requestId)]);
  return wasOpen;
}

/** Null when it is unknown, or a day old. It stays readable after it was closed. */
export function readRequest(store: Store, requestId: string): Promise<OpenRequest | null> {
  return REQUEST.get(store, requestId);
}

export interface Overdue {
  readonly requestId: string;
  readonly askedAtMs: number;
  /** Null when only the ID is left. */
  readonly request: OpenRequest | null;
}

/** The open requests that were made before that time, oldest first. */
export async function openSince(store: Store, beforeMs: number, limit: number): Promise<readonly Overdue[]> {
  const ranked = await store.ranked(OPEN, { upTo: beforeMs, limit });
  const requests = await REQUEST.getMany(
    store,
    ranked.map(({ member }) => member),
  );
  return ranked.map(({ member: requestId, order: askedAtMs }, i) => ({
    requestId,
    askedAtMs,
    request: requests[i] ?? null,
  }));
}

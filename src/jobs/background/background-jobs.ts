/** The jobs that run after or beside an answer: checks of watched operations, previews of links, and details of answers. */
import { z } from 'zod';
import { wantedActionSchema } from '../action/wanted.ts';
import { BACKGROUND_JOBS, type QueueClient, wholeMs } from '../queue/queues.ts';
import { type OpenRequest, openRequest } from '../register/open-requests.ts';
import { type Place, placeSchema, subjectSchema } from '../requests.ts';

export const backgroundJobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('watch'), watchId: z.string(), check: z.number() }),
  z.object({
    kind: z.literal('preview'),
    teamId: z.string(),
    channel: z.string(),
    ts: z.string(),
    links: z.array(z.object({ url: z.string(), subject: subjectSchema })),
  }),
  z.object({ kind: z.literal('detail'), what: z.enum(['flow', 'stack']), answerId: z.string(), place: placeSchema }),
  /** `chain` distinguishes series of checks that were started at different times for one message. */
  z.object({
    kind: z.literal('follow'),
    teamId: z.string(),
    channel: z.string(),
    subject: z.object({ kind: z.literal('operation'), operationId: z.string() }),
    chain: z.string(),
    check: z.number(),
  }),
  /** `wanted` is null when the answer's finding determines the actions. */
  z.object({
    kind: z.literal('offer-actions'),
    answerId: z.string(),
    place: placeSchema,
    wanted: z.array(wantedActionSchema).readonly().nullable(),
    attempt: z.number(),
    /** The person who asked again about an existing answer, and so the only one who gets the buttons. */
    again: z.object({ requestId: z.string(), userId: z.string() }).exactOptional(),
  }),
  z.object({ kind: z.literal('action'), offerId: z.string(), place: placeSchema }),
  z.object({ kind: z.literal('follow-resumed'), offerId: z.string(), check: z.number() }),
  z.object({ kind: z.literal('look') }),
  /** `workspaces` is null until it is known which ones an organization's installation served. */
  z.object({ kind: z.literal('forget'), owner: z.string(), workspaces: z.array(z.string()).readonly().nullable() }),
]);
export type BackgroundJob = z.infer<typeof backgroundJobSchema>;
export type WatchJob = Extract<BackgroundJob, { kind: 'watch' }>;
export type PreviewJob = Extract<BackgroundJob, { kind: 'preview' }>;
export type DetailJob = Extract<BackgroundJob, { kind: 'detail' }>;
export type FollowJob = Extract<BackgroundJob, { kind: 'follow' }>;
export type OfferJob = Extract<BackgroundJob, { kind: 'offer-actions' }>;
export type ActionJob = Extract<BackgroundJob, { kind: 'action' }>;
export type FollowResumedJob = Extract<BackgroundJob, { kind: 'follow-resumed' }>;
export type ForgetJob = Extract<BackgroundJob, { kind: 'forget' }>;

const RETENTION = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 86_400, count: 1000 } };

/** Requests with the same `key` share a job while it runs; a later request starts a new one. */
export async function addPreview(client: QueueClient, job: PreviewJob, key: string): Promise<void> {
  await addJob(client, job, key);
}

/** The request for one detail of an answer. It is the same for everyone who asks for that detail. */
export function detailRequest(job: DetailJob): OpenRequest {
  const { what, answerId, place } = job;
  const data = { queue: BACKGROUND_JOBS, name: job.kind, data: job } as const;
  return { requestId: `${what}-${answerId}`, place, askedAtMs: Date.now(), job: data };
}

/** Registers the request and adds its job. Idempotent. */
export async function addDetail(client: QueueClient, request: OpenRequest): Promise<void> {
  await Promise.all([openRequest(client, request), addJob(client, request.job?.data, request.requestId)]);
}

/** Adds a look for failures, unless one is waiting or running. If a look fails, the next one covers its time. */
export async function addLook(client: QueueClient): Promise<void> {
  const options = { removeOnComplete: true, removeOnFail: RETENTION.removeOnFail, deduplication: { id: 'look' } };
  await client.queue(BACKGROUND_JOBS).add('look', { kind: 'look' } satisfies BackgroundJob, options);
}

async function addJob(client: QueueClient, job: unknown, key: string): Promise<void> {
  const options = { ...RETENTION, attempts: 3, backoff: { type: 'fixed', delay: 2000 }, deduplication: { id: key } };
  await client.queue(BACKGROUND_JOBS).add('job', job, options);
}

/** The number of the check is in the job ID, so that a check that runs again doesn't schedule a second successor. */
export function scheduleCheck(client: QueueClient, watchId: string, check: number, waitMs: number): Promise<void> {
  return schedule(client, { kind: 'watch', watchId, check }, `watch-${watchId}-${check}`, waitMs);
}

/** Uses the number of the check, as `scheduleCheck` does. */
export function scheduleFollow(client: QueueClient, job: FollowJob, waitMs: number): Promise<void> {
  return schedule(client, job, `follow-${job.chain}-${job.check}`, waitMs);
}

async function schedule(client: QueueClient, job: WatchJob | FollowJob, jobId: string, waitMs: number): Promise<void> {
  const options = { ...RETENTION, attempts: 5, backoff: { type: 'exponential', delay: 2000 }, jobId };
  await client.queue(BACKGROUND_JOBS).add(job.kind, job, { ...options, delay: wholeMs(waitMs) });
}

/** The number of the attempt is in the job ID, for the same reason as in `scheduleCheck`. */
export async function scheduleOffers(client: QueueClient, job: Omit<OfferJob, 'kind'>, waitMs: number): Promise<void> {
  const jobId = `offer-${job.again?.requestId ?? job.answerId}-${job.attempt}`;
  const options = { ...RETENTION, attempts: 3, backoff: { type: 'exponential', delay: 2000 }, jobId };
  await client
    .queue(BACKGROUND_JOBS)
    .add('offer-actions', { kind: 'offer-actions', ...job }, { ...options, delay: wholeMs(waitMs) });
}

/** The request of a confirmed action. */
export function actionRequest(requestId: string, offerId: string, place: Place): OpenRequest {
  const data: ActionJob = { kind: 'action', offerId, place };
  return { requestId, place, askedAtMs: Date.now(), job: { queue: BACKGROUND_JOBS, name: 'action', data } };
}

/**
 * Registers the request and adds its job. Idempotent. The queue never retries it. If its worker died, a new job reads the
 * stored state and never repeats a request that may have been sent.
 */
export async function addAction(client: QueueClient, request: OpenRequest): Promise<void> {
  const options = { ...RETENTION, attempts: 1, deduplication: { id: request.requestId } };
  await Promise.all([
    openRequest(client, request),
    client.queue(BACKGROUND_JOBS).add('action', request.job?.data, options),
  ]);
}

export async function scheduleFollowing(
  client: QueueClient,
  offerId: string,
  check: number,
  waitMs: number,
): Promise<void> {
  const jobId = `follow-${offerId}-${check}`;
  const options = { ...RETENTION, attempts: 5, backoff: { type: 'exponential', delay: 2000 }, jobId };
  const job: FollowResumedJob = { kind: 'follow-resumed', offerId, check };
  await client.queue(BACKGROUND_JOBS).add('follow-resumed', job, { ...options, delay: wholeMs(waitMs) });
}

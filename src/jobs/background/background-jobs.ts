/** The jobs that run after or beside an answer: checks of watched operations, previews of links, and details of answers. */
import { z } from 'zod';
import { BACKGROUND_JOBS, type QueueClient, wholeMs } from '../queue/queues.ts';
import { type OpenRequest, openRequest } from '../register/open-requests.ts';
import { placeSchema, subjectSchema } from '../requests.ts';

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
  z.object({ kind: z.literal('look') }),
  /** `workspaces` is null until it is known which ones an organization's installation served. */
  z.object({ kind: z.literal('forget'), owner: z.string(), workspaces: z.array(z.string()).readonly().nullable() }),
]);
export type BackgroundJob = z.infer<typeof backgroundJobSchema>;
export type WatchJob = Extract<BackgroundJob, { kind: 'watch' }>;
export type PreviewJob = Extract<BackgroundJob, { kind: 'preview' }>;
export type DetailJob = Extract<BackgroundJob, { kind: 'detail' }>;
export type ForgetJob = Extract<BackgroundJob, { kind: 'forget' }>;

const RETENTION = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 86_400, count: 1000 } };

/** Requests with the same `key` share a job while it runs; a later request starts a new one. */
export async function addPreview(client: QueueClient, job: PreviewJob, key: string): Promise<void> {
  await addJob(client, job, key);
}

/** The request for one detail of an answer: several people who ask for it are one. */
export function detailRequest(job: DetailJob): OpenRequest {
  const { what, answerId, place } = job;
  const data = { queue: BACKGROUND_JOBS, name: job.kind, data: job } as const;
  return { requestId: `${what}-${answerId}`, place, askedAtMs: Date.now(), job: data };
}

/** Registers the request and adds its job. Idempotent. */
export async function addDetail(client: QueueClient, request: OpenRequest): Promise<void> {
  await Promise.all([openRequest(client, request), addJob(client, request.job?.data, request.requestId)]);
}

/** Looks for failures, unless a look waits or is under way. The next one makes up for one that fails. */
export async function addLook(client: QueueClient): Promise<void> {
  const options = { removeOnComplete: true, removeOnFail: RETENTION.removeOnFail, deduplication: { id: 'look' } };
  await client.queue(BACKGROUND_JOBS).add('look', { kind: 'look' } satisfies BackgroundJob, options);
}

async function addJob(client: QueueClient, job: unknown, key: string): Promise<void> {
  const options = { ...RETENTION, attempts: 3, backoff: { type: 'fixed', delay: 2000 }, deduplication: { id: key } };
  await client.queue(BACKGROUND_JOBS).add('job', job, options);
}

/** The number of the check is in the job ID, so that a check that runs again doesn't schedule a second successor. */
export async function scheduleCheck(
  client: QueueClient,
  watchId: string,
  check: number,
  waitMs: number,
): Promise<void> {
  const jobId = `watch-${watchId}-${check}`;
  const options = { ...RETENTION, attempts: 5, backoff: { type: 'exponential', delay: 2000 }, jobId };
  const job: WatchJob = { kind: 'watch', watchId, check };
  await client.queue(BACKGROUND_JOBS).add('watch', job, { ...options, delay: wholeMs(waitMs) });
}

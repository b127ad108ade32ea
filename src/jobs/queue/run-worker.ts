/** Runs a worker: validates payloads, stops jobs that lost their lock, logs failures, and shuts down without losing jobs. */
import { setTimeout } from 'node:timers/promises';
import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import { z } from 'zod';
import { placeSchema } from '../requests.ts';
import type { QueueBackend, WorkerSettings } from './queues.ts';

export type AnyJob = Job<unknown, unknown, string>;

export interface WorkerPlan<Data> {
  readonly queue: string;
  readonly schema: z.ZodType<Data>;
  readonly settings: WorkerSettings;
  run(data: Data, job: AnyJob, token: string, signal: AbortSignal): Promise<void>;
  failed?(job: AnyJob, error: Error): void;
  /** Called instead of `run` for a job whose workers keep dying. Without it, such a job would be retried indefinitely. */
  exhausted?(data: Data, job: AnyJob): Promise<void>;
  /** For a payload that no worker of any version could read for some time, but that names its recipient. */
  unreadable?(recipient: Recipient): Promise<void>;
}

const recipientSchema = z.object({ requestId: z.string(), place: placeSchema });
export type Recipient = z.infer<typeof recipientSchema>;

export interface RunningWorker {
  /** Takes no more jobs and waits for running ones. After `graceMs`, those are put back for another process. */
  close(graceMs?: number): Promise<void>;
}

/** High, because the death of a process counts against all jobs that it ran, and most of them didn't cause it. */
const MAX_STARTS = 8;
const MAX_READERS = 3;
const NEXT_READER_MS = 5_000;
/** Delay after putting a job back, so that the same worker doesn't take it again. */
const HANDOVER_MS = 100;
const MAX_ISSUES = 5;

/** Slack, Docker and Kubernetes all grant about 30 seconds. */
const GRACE_MS = 25_000;
/** For putting jobs back. Without a queue this fails, and other workers take them over when their locks expire. */
const REQUEUE_LIMIT_MS = 2000;

export function runWorker<Data>(backend: QueueBackend, plan: WorkerPlan<Data>, log: Logger): RunningWorker {
  const running = new Set<AbortController>();
  let isEnding = false;
  const worker = backend.worker(plan.queue, work, plan.settings);

  // BullMQ passes the signal only to functions with three parameters.
  async function work(job: AnyJob, token: string | undefined, lock: AbortSignal | undefined): Promise<void> {
    // BullMQ may take one more job while it closes.
    if (isEnding) return putBack(job, token);
    const data = plan.schema.safeParse(job.data);
    if (!data.success) return passOn(job, token, data.error);
    if (plan.exhausted !== undefined && job.attemptsStarted > MAX_STARTS) {
      log.error({ jobId: job.id, queue: plan.queue }, 'gave up a job that began too often: its workers died');
      return plan.exhausted(data.data, job);
    }
    const control = new AbortController();
    lock?.addEventListener('abort', () => control.abort(lock.reason));
    running.add(control);
    try {
      await Promise.race([plan.run(data.data, job, token ?? '', control.signal), rejectionOf(control.signal)]);
    } catch (error) {
      if (!isEnding || error instanceof DelayedError) throw error;
      await putBack(job, token);
    } finally {
      running.delete(control);
    }
  }

  /** Puts the job back for another process. */
  async function putBack(job: AnyJob, token: string | undefined): Promise<never> {
    await job.moveToDelayed(Date.now() + HANDOVER_MS, token);
    throw new DelayedError();
  }

  /** While two versions run, another worker may understand what this one doesn't. */
  async function passOn(job: AnyJob, token: string | undefined, error: z.ZodError): Promise<void> {
    if (job.attemptsStarted < MAX_READERS) {
      await job.moveToDelayed(Date.now() + NEXT_READER_MS, token);
      throw new DelayedError();
    }
    const recipient = recipientSchema.safeParse(job.data).data;
    if (recipient !== undefined) await plan.unreadable?.(recipient);
    const places = error.issues.slice(0, MAX_ISSUES).map(({ path }) => path.join('.'));
    throw new UnrecoverableError(`The payload of job ${job.id} is malformed at: ${places.join(', ') || 'its root'}.`);
  }

  worker.on('lockRenewalFailed', (jobIds: string[]) => {
    for (const jobId of jobIds) worker.cancelJob(jobId, 'the lock of the job was lost');
  });
  worker.on('failed', (job, err) => {
    const fields = { requestId: requestIdIn(job?.data), jobId: job?.id, queue: plan.queue, err };
    if (job === undefined || !isFinal(job, err)) log.warn(fields, 'job will be tried again');
    else if (plan.failed === undefined) log.error(fields, 'job failed');
    else plan.failed(job, err);
  });

  return {
    async close(graceMs = GRACE_MS) {
      const closed = worker.close();
      await atMost(graceMs, closed);
      isEnding = true;
      for (const control of running) control.abort(new Error('the worker ends'));
      await atMost(REQUEUE_LIMIT_MS, closed);
    },
  };
}

/** Never resolves, and rejects when the signal aborts. */
export function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}

/** For use inside the job, whose current attempt isn't counted yet. */
export function isLastAttempt(job: AnyJob, error: unknown): boolean {
  return error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

/** The ID by which a request can be followed in the log; undefined for jobs with several requesters or none. */
function requestIdIn(data: unknown): string | undefined {
  const fields = typeof data === 'object' && data !== null && 'requestId' in data ? data : { requestId: undefined };
  return typeof fields.requestId === 'string' ? fields.requestId : undefined;
}

function isFinal(job: AnyJob, error: Error): boolean {
  return error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
}

async function atMost(limitMs: number, work: Promise<void>): Promise<void> {
  const limit = new AbortController();
  const limited = setTimeout(limitMs, undefined, { signal: limit.signal }).catch(() => undefined);
  await Promise.race([work, limited]);
  limit.abort();
}

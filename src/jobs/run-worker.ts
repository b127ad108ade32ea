/** What every worker of ours does the same way: validate, give up a lost lock, log, and end without dropping work. */
import { setTimeout } from 'node:timers/promises';
import { type Job, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { JobWorker, QueueBackend, WorkerSettings } from './queues.ts';

export type AnyJob = Job<unknown, unknown, string>;

export interface WorkerPlan<Data> {
  readonly queue: string;
  readonly schema: z.ZodType<Data>;
  readonly settings: WorkerSettings;
  run(data: Data, job: AnyJob, token: string, signal: AbortSignal): Promise<void>;
  /** The job will not be tried again. */
  failed?(job: AnyJob, error: Error): void;
}

export interface RunningWorker {
  /** Ends after the jobs that run now; those that take longer than `graceMs` start again in another process. */
  close(graceMs?: number): Promise<void>;
}

/** Slack, Docker and Kubernetes all grant about 30 seconds. */
const GRACE_MS = 25_000;

export function runWorker<Data>(backend: QueueBackend, plan: WorkerPlan<Data>, log: Logger): RunningWorker {
  const ended = new AbortController();
  const worker = backend.worker(plan.queue, work, plan.settings);

  // BullMQ looks at the number of parameters to decide whether the signal is wanted.
  async function work(job: AnyJob, token: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const data = plan.schema.safeParse(job.data);
    if (!data.success) throw new UnrecoverableError(`The payload of job ${job.id} is malformed: ${data.error.message}`);
    const signals = signal === undefined ? [ended.signal] : [ended.signal, signal];
    await plan.run(data.data, job, token ?? '', AbortSignal.any(signals));
  }

  worker.on('lockRenewalFailed', (jobIds: string[]) => {
    for (const jobId of jobIds) worker.cancelJob(jobId, 'the lock of the job was lost');
  });
  worker.on('failed', (job, err) => {
    if (job === undefined || !isFinal(job, err))
      log.warn({ jobId: job?.id, queue: plan.queue, err }, 'job will be tried again');
    else if (plan.failed === undefined) log.error({ jobId: job.id, queue: plan.queue, err }, 'job failed');
    else plan.failed(job, err);
  });
  return {
    async close(graceMs = GRACE_MS) {
      await closeGently(worker, graceMs);
      ended.abort(new Error('the worker was closed'));
    },
  };
}

/** Whether this failure is the last: asked inside the job (before it is counted) and after it. */
export function isLastAttempt(job: AnyJob, error: unknown): boolean {
  return error instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

function isFinal(job: AnyJob, error: Error): boolean {
  return error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
}

/** Waits for the running jobs first: BullMQ's own `close` cannot be hurried once it was asked to wait. */
async function closeGently(worker: JobWorker, graceMs: number): Promise<void> {
  const drained = new AbortController();
  const grace = setTimeout(graceMs, undefined, { signal: drained.signal }).catch(() => undefined);
  await Promise.race([worker.pause(), grace]);
  drained.abort();
  await worker.close(true);
}

/** What is done later or beside an answer: looks at watched operations, previews of links, long details. */
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Subject } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { formatPreview } from '../../formatters/answer/unfurl.ts';
import { sendDetail } from '../answer/more-detail.ts';
import type { Clock, TraceSource } from '../ports.ts';
import { BACKGROUND_JOBS, type QueueBackend, type QueueClient } from '../queue/queues.ts';
import { isLastAttempt, type RunningWorker, runWorker } from '../queue/run-worker.ts';
import { placeSchema, subjectSchema } from '../requests.ts';
import { checkWatched, scheduleCheck } from '../watch/watch.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

const backgroundJobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('watch'), watchId: z.string(), check: z.number() }),
  z.object({
    kind: z.literal('preview'),
    teamId: z.string(),
    channel: z.string(),
    ts: z.string(),
    links: z.array(z.object({ url: z.string(), subject: subjectSchema })),
  }),
  z.object({ kind: z.literal('detail'), what: z.enum(['flow', 'stack']), answerId: z.string(), place: placeSchema }),
]);
export type BackgroundJob = z.infer<typeof backgroundJobSchema>;

export interface BackgroundWorkerOptions {
  readonly backend: QueueBackend;
  readonly workspace: SlackWorkspace;
  readonly traces: Pick<TraceSource, 'getTrace'>;
  diagnose(subject: Subject, symptom: null, signal: AbortSignal): Promise<Diagnosis>;
  readonly clock: Clock;
  readonly redact: readonly RegExp[];
  readonly log: Logger;
}

const CONCURRENCY = 5;
const TIME_LIMIT_MS = 120_000;
/** After a look at a watched operation failed again and again. */
const PAUSE_MS = 60_000;

/** Requests with one `key` share a job until it ends, and no longer: a later request is looked up again. */
export async function addBackgroundJob(client: QueueClient, backgroundJob: BackgroundJob, key: string): Promise<void> {
  const retention = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 86_400, count: 1000 } };
  const options = { attempts: 3, backoff: { type: 'fixed', delay: 2000 }, deduplication: { id: key }, ...retention };
  await client.queue(BACKGROUND_JOBS).add(backgroundJob.kind, backgroundJob, options);
}

export function startBackgroundWorker(options: BackgroundWorkerOptions): RunningWorker {
  const { backend, clock, redact, log, diagnose } = options;
  const client = backend.back;
  const tools = {
    client,
    clock,
    redact,
    diagnose: (operationId: string, signal: AbortSignal) => diagnose({ kind: 'operation', operationId }, null, signal),
  };

  async function run(backgroundJob: BackgroundJob, signal: AbortSignal): Promise<void> {
    switch (backgroundJob.kind) {
      case 'watch':
        return checkWatched(backgroundJob, tools, signal);
      case 'preview':
        return preview(backgroundJob, signal);
      case 'detail':
        return sendDetail(backgroundJob, { ...options, client }, signal);
    }
  }

  /** A link that leads to nothing gets no preview. */
  async function preview(
    backgroundJob: Extract<BackgroundJob, { kind: 'preview' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await Promise.all(
      backgroundJob.links.map(async ({ url, subject }) => {
        const diagnosis = await diagnose(subject, null, signal);
        const isKnown = diagnosis.verdict !== 'not-found' && diagnosis.verdict !== 'unavailable';
        return isKnown ? [[url, formatPreview(diagnosis, redact)] as const] : [];
      }),
    );
    const previews = Object.fromEntries(found.flat());
    if (Object.keys(previews).length === 0) return;
    const isShown = await options.workspace.unfurl(
      backgroundJob.teamId,
      backgroundJob.channel,
      backgroundJob.ts,
      previews,
    );
    if (!isShown) log.warn({ channel: backgroundJob.channel }, 'Slack did not take the preview of a link');
  }

  return runWorker(
    backend,
    {
      queue: BACKGROUND_JOBS,
      schema: backgroundJobSchema,
      settings: { concurrency: CONCURRENCY },
      async run(backgroundJob, job, _token, signal) {
        try {
          await run(backgroundJob, AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]));
        } catch (error) {
          if (backgroundJob.kind === 'watch' && isLastAttempt(job, error))
            await scheduleCheck(client, backgroundJob.watchId, backgroundJob.check + 1, PAUSE_MS);
          throw error;
        }
      },
      failed: (job, err) => log.error({ jobId: job.id, err }, 'an errand failed'),
    },
    log,
  );
}

/** Runs the background jobs, a few at a time. */
import type { Logger } from 'pino';
import type { Subject } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { type DetailTools, sendDetail } from '../answer/more-detail.ts';
import { sendPreview } from '../answer/preview.ts';
import type { Clock } from '../ports.ts';
import { BACKGROUND_JOBS, type QueueBackend } from '../queue/queues.ts';
import { isLastAttempt, type RunningWorker, runWorker } from '../queue/run-worker.ts';
import { checkWatched } from '../watch/watch.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { type BackgroundJob, backgroundJobSchema, scheduleCheck } from './background-jobs.ts';
import { forgetWorkspaces, type Installs } from './forget.ts';

interface BackgroundWorkerOptions {
  readonly backend: QueueBackend;
  readonly workspace: SlackWorkspace;
  readonly textOfDetail: DetailTools['textOfDetail'];
  diagnose(subject: Subject, symptom: null, signal: AbortSignal): Promise<Diagnosis>;
  readonly clock: Clock;
  readonly redact: readonly RegExp[];
  readonly installs: Installs;
  /** Looks for failures that alerts tell of. */
  look(signal: AbortSignal): Promise<void>;
  readonly log: Logger;
}

const CONCURRENCY = 5;
const TIME_LIMIT_MS = 120_000;
/** The wait before the next check of a watch whose check failed in every attempt. */
const WAIT_AFTER_FAILURE_MS = 60_000;

export function startBackgroundWorker(options: BackgroundWorkerOptions): RunningWorker {
  const { backend, log } = options;
  const client = backend.back;
  const tools = { ...options, client };

  function run(job: BackgroundJob, signal: AbortSignal): Promise<void> {
    switch (job.kind) {
      case 'watch':
        return checkWatched(job, tools, signal);
      case 'preview':
        return sendPreview(job, tools, signal);
      case 'detail':
        return sendDetail(job, tools, signal);
      case 'look':
        return options.look(signal);
      case 'forget':
        return forgetWorkspaces(job, tools, signal);
    }
  }

  return runWorker(
    backend,
    {
      queue: BACKGROUND_JOBS,
      schema: backgroundJobSchema,
      settings: { concurrency: CONCURRENCY },
      async run(data, job, _token, signal) {
        try {
          await run(data, AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]));
        } catch (error) {
          if (data.kind === 'watch' && isLastAttempt(job, error))
            await scheduleCheck(client, data.watchId, data.check + 1, WAIT_AFTER_FAILURE_MS);
          throw error;
        }
      },
      failed: (job, err) => log.error({ jobId: job.id, err }, 'a background job failed'),
    },
    log,
  );
}

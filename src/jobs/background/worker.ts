/** Runs the background jobs, a few at a time. */
import type { Logger } from 'pino';
import type { Subject } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { followResumed } from '../action/follow.ts';
import { type OfferTools, offerActions } from '../action/offers.ts';
import { performAction, refuseAction } from '../action/perform.ts';
import { type FollowTools, followAnswer } from '../answer/living-answer.ts';
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
  /** For messages about running operations, which are kept current. */
  readonly follow: Omit<FollowTools, 'client'>;
  diagnose(subject: Subject, symptom: null, signal: AbortSignal): Promise<Diagnosis>;
  readonly clock: Clock;
  readonly redact: readonly RegExp[];
  readonly installs: Installs;
  /** Null when actions are disabled. */
  readonly actions: Omit<OfferTools, 'client' | 'log'> | null;
  /** Looks for failures to alert on. */
  look(signal: AbortSignal): Promise<void>;
  readonly log: Logger;
}

const CONCURRENCY = 5;
const TIME_LIMIT_MS = 120_000;
/** Allows for a frozen worker, which delays ktrdr for a minute, and for checking the outcome afterwards. */
const ACTION_LIMIT_MS = 300_000;
/** The wait before the next check of a watch whose check failed in every attempt. */
const WAIT_AFTER_FAILURE_MS = 60_000;

type ActionJobKind = 'offer-actions' | 'action' | 'follow-resumed';

export function startBackgroundWorker(options: BackgroundWorkerOptions): RunningWorker {
  const { backend, log } = options;
  const client = backend.back;
  const tools = { ...options, client };
  const acting = options.actions === null ? null : { ...options.actions, client, log };

  async function act(job: Extract<BackgroundJob, { kind: ActionJobKind }>, signal: AbortSignal): Promise<void> {
    if (acting === null) return job.kind === 'action' ? refuseAction(job, client) : undefined;
    switch (job.kind) {
      case 'offer-actions':
        return offerActions(job, acting, signal);
      case 'action':
        return performAction(job, acting, signal);
      case 'follow-resumed':
        return followResumed(job, acting, signal);
    }
  }

  function run(job: BackgroundJob, signal: AbortSignal): Promise<void> {
    switch (job.kind) {
      case 'watch':
        return checkWatched(job, tools, signal);
      case 'preview':
        return sendPreview(job, tools, signal);
      case 'follow':
        return followAnswer(job, { ...options.follow, client }, signal);
      case 'detail':
        return sendDetail(job, tools, signal);
      case 'look':
        return options.look(signal);
      case 'forget':
        return forgetWorkspaces(job, tools, signal);
      case 'offer-actions':
      case 'action':
      case 'follow-resumed':
        return act(job, signal);
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
          const limitMs = data.kind === 'action' ? ACTION_LIMIT_MS : TIME_LIMIT_MS;
          await run(data, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
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

/** Carries what is wanted to Slack. */
import { DelayedError } from 'bullmq';
import type { Logger } from 'pino';
import type { Chat } from '../ports.ts';
import { DELIVERIES, deliveryJobSchema, type QueueBackend, type WorkerSettings } from '../queue/queues.ts';
import { type RunningWorker, runWorker } from '../queue/run-worker.ts';
import { wholeMs } from '../queue/whole-ms.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { createPacing, Later, type Pacing } from './pacing.ts';
import { createPictures } from './picture.ts';
import { deliverRequest } from './request.ts';
import { Unauthorized } from './slot.ts';

export interface DeliveryWorkerOptions {
  readonly backend: QueueBackend;
  readonly chat: Chat;
  /** Without it answers have no pictures. */
  readonly workspace?: Pick<SlackWorkspace, 'keepPicture'>;
  readonly log: Logger;
  readonly pacing?: Pacing;
  readonly settings?: WorkerSettings;
}

/** Most of a delivery is waiting, for Slack or for a channel's turn: some three seconds per answer. */
const CONCURRENCY = 400;
/** A picture costs ten times the work of its answer: with more than this under way there are only words, which say the same. */
const MOST_WITH_PICTURES = 20;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

export function startDeliveryWorker({
  backend,
  chat,
  workspace,
  log,
  pacing = createPacing(),
  settings,
}: DeliveryWorkerOptions): RunningWorker {
  const { store } = backend.back;
  let underWay = 0;
  const pictures = workspace === undefined ? null : createPictures(workspace, () => underWay > MOST_WITH_PICTURES);
  const complained = new Set<string>();

  return runWorker(
    backend,
    {
      queue: DELIVERIES,
      schema: deliveryJobSchema,
      settings: { concurrency: CONCURRENCY, settings: { backoffStrategy: retryAfterMs }, ...settings },
      async run(delivery, job, token, signal) {
        underWay += 1;
        try {
          await deliverRequest(delivery, { chat, store, pacing, pictures, log, signal });
        } catch (error) {
          if (!(error instanceof Later)) throw error;
          await job.moveToDelayed(Date.now() + error.afterMs, token);
          throw new DelayedError();
        } finally {
          underWay -= 1;
        }
      },
      failed(job, err) {
        if (!(err instanceof Unauthorized)) log.error({ jobId: job.id, err }, 'gave up a delivery');
        else if (!complained.has(err.teamId)) log.error({ jobId: job.id, teamId: err.teamId }, err.message);
        if (err instanceof Unauthorized) complained.add(err.teamId);
      },
    },
    log,
  );
}

/** Grows to a minute, and is never the same for two jobs that failed together. */
function retryAfterMs(attemptsMade: number): number {
  const longestMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attemptsMade - 1, 10), LONGEST_RETRY_MS);
  return wholeMs(longestMs * (0.5 + Math.random() / 2));
}

/**
 * Delivers the open requests of a channel one after another, in the order in which they were made: the thread of one answer is
 * complete before the next one starts. A delivery is retried until Slack shows it, unless Slack leaves no way to reach the
 * requester.
 */
import { DelayedError } from 'bullmq';
import type { Logger } from 'pino';
import type { Chat } from '../ports.ts';
import {
  DELIVERIES,
  type DeliveryJob,
  deliveryJobSchema,
  type QueueBackend,
  type WorkerSettings,
} from '../queue/queues.ts';
import { type RunningWorker, runWorker } from '../queue/run-worker.ts';
import { laneOf } from '../register/open-requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { takeLane } from './lane.ts';
import { createLostPosts } from './lost-posts.ts';
import { createPacing, Later, type Pacing } from './pacing.ts';
import { createParking } from './parking.ts';
import { createPictures, type PictureTools } from './picture.ts';
import { createSetbacks } from './setbacks.ts';
import { workLane } from './work-lane.ts';

export interface DeliveryWorkerOptions {
  readonly backend: QueueBackend;
  readonly chat: Chat;
  /** For links to an existing answer; without it, a second answer is posted. */
  readonly workspace?: Pick<SlackWorkspace, 'permalink'>;
  /** Without them, answers are text only. */
  readonly pictures?: PictureTools;
  readonly log: Logger;
  readonly pacing?: Pacing;
  readonly settings?: WorkerSettings;
  /** The wait after the first unclear response from Slack, in milliseconds. */
  readonly firstRetryMs?: number;
  /** For leases and parked workspaces: milliseconds from a monotonic clock. */
  readonly now?: () => number;
}

/** High, because a delivery mostly waits for Slack or for its channel's turn: about three seconds per answer. */
const CONCURRENCY = 400;
/** A picture costs ten times the work of its answer. With more deliveries than this, answers are text only. */
const MAX_DELIVERIES_WITH_PICTURES = 20;
/** While another process has the lane, which happens only after a lock was lost. */
const LANE_TAKEN_MS = 3000;

export function startDeliveryWorker(options: DeliveryWorkerOptions): RunningWorker {
  const { backend, chat, log, pacing = createPacing(), settings } = options;
  const { store } = backend.back;
  let running = 0;
  const isBusy = () => running > MAX_DELIVERIES_WITH_PICTURES;
  const pictures = options.pictures === undefined ? null : createPictures(options.pictures, isBusy);
  const shared = {
    ...options,
    store,
    pacing,
    pictures,
    lostPosts: createLostPosts(chat),
    parking: createParking({ store, log, now: options.now }, options.firstRetryMs),
    setbacks: createSetbacks(options.firstRetryMs),
  };

  async function work(delivery: DeliveryJob, signal: AbortSignal): Promise<void> {
    const lane = await takeLane(store, laneOf(delivery.place), options.now);
    if (lane === null) throw new Later(LANE_TAKEN_MS);
    try {
      await workLane(delivery, { ...shared, lane, signal });
    } finally {
      await lane.release().catch((err: unknown) => log.warn({ err }, 'could not release a lane'));
    }
  }

  return runWorker(
    backend,
    {
      queue: DELIVERIES,
      schema: deliveryJobSchema,
      settings: { concurrency: CONCURRENCY, ...settings },
      async run(delivery, job, token, signal) {
        running += 1;
        try {
          await work(delivery, signal);
        } catch (error) {
          if (!(error instanceof Later)) throw error;
          await job.moveToDelayed(Date.now() + error.afterMs, token);
          throw new DelayedError();
        } finally {
          running -= 1;
        }
      },
    },
    log,
  );
}

/** Brings what Slack shows for a request to its wanted messages, however often it is interrupted. */
import { DelayedError, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { Answer, Message } from '../../formatters/message.ts';
import type { Chat } from '../ports.ts';
import {
  DELIVERIES,
  type DeliveryJob,
  deliveryJobSchema,
  type QueueBackend,
  type WorkerSettings,
  wholeMs,
} from '../queue/queues.ts';
import { type RunningWorker, runWorker } from '../queue/run-worker.ts';
import { inFewer, OUT_OF_DATE, withInviteHint } from './content.ts';
import { type Outbox, openOutbox, SUMMARY } from './outbox.ts';
import { createPacing, Later, type Pacing } from './pacing.ts';
import { createPictures, type PictureTools, putPicture } from './picture.ts';
import { type DeliveryTools, Slots, Unauthorized } from './slots.ts';
import { readWanted } from './wanted.ts';

export interface DeliveryWorkerOptions {
  readonly backend: QueueBackend;
  readonly chat: Chat;
  /** Without them, answers are text only. */
  readonly pictures?: PictureTools;
  readonly log: Logger;
  readonly pacing?: Pacing;
  readonly settings?: WorkerSettings;
}

/** Most of a delivery is waiting, for Slack or for a channel's turn: some three seconds per answer. */
const CONCURRENCY = 400;
/** A picture costs ten times the work of its answer. With more deliveries than this, answers are text only. */
const MAX_DELIVERIES_WITH_PICTURES = 20;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
/** Slack takes five uses of a `response_url`: the placeholder, the answer, and so many of its details. */
const DETAILS_BY_RESPONSE_URL = 3;

export function startDeliveryWorker({
  backend,
  chat,
  pictures: tools,
  log,
  pacing = createPacing(),
  settings,
}: DeliveryWorkerOptions): RunningWorker {
  const { store } = backend.back;
  let running = 0;
  const isBusy = () => running > MAX_DELIVERIES_WITH_PICTURES;
  const pictures = tools === undefined ? null : createPictures(tools, isBusy);
  const reportedTeams = new Set<string>();

  return runWorker(
    backend,
    {
      queue: DELIVERIES,
      schema: deliveryJobSchema,
      settings: { concurrency: CONCURRENCY, settings: { backoffStrategy: retryAfterMs }, ...settings },
      async run(delivery, job, token, signal) {
        running += 1;
        try {
          await deliverRequest(delivery, { chat, store, pacing, pictures, log, signal });
        } catch (error) {
          if (!(error instanceof Later)) throw error;
          await job.moveToDelayed(Date.now() + error.afterMs, token);
          throw new DelayedError();
        } finally {
          running -= 1;
        }
      },
      failed(job, err) {
        if (!(err instanceof Unauthorized)) log.error({ jobId: job.id, err }, 'gave up a delivery');
        else if (!reportedTeams.has(err.teamId)) log.error({ jobId: job.id, teamId: err.teamId }, err.message);
        if (err instanceof Unauthorized) reportedTeams.add(err.teamId);
      },
    },
    log,
  );
}

/** Grows to a minute, with jitter for jobs that failed together. */
function retryAfterMs(attemptsMade: number): number {
  const longestMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attemptsMade - 1, 10), MAX_RETRY_MS);
  return wholeMs(longestMs * (0.5 + Math.random() / 2));
}

/** Throws `Later`, an `UnrecoverableError` when a retry can't help, and any other error when it may. */
async function deliverRequest(delivery: DeliveryJob, tools: DeliveryTools): Promise<void> {
  const wanted = await readWanted(tools.store, delivery);
  if (wanted === null) return;
  const { stage, answer } = wanted;
  const slots = new Slots(tools, delivery, await openOutbox(tools.store, delivery));
  if (slots.way === 'response-url' && stage === 'phase') return;
  try {
    await putSummary(slots, answer.summary);
    if (stage === 'answer') await putThread(slots, answer);
  } catch (error) {
    // The first error decides how to go on, so that one of the store is only logged.
    await slots.savePending().catch((err: unknown) => tools.log.warn({ err }, 'could not save the outbox'));
    throw error;
  }
  await slots.savePending();
}

async function putSummary(slots: Slots, summary: Message): Promise<void> {
  const { requestId } = slots.delivery;
  for (;;) {
    const put = await slots.put(SUMMARY, slots.way === 'channel' ? summary : withInviteHint(summary));
    if (put.kind === 'done') return;
    if (put.kind === 'refused') return noteRefused(slots, SUMMARY, summary, put.refusals);
    const way = nextWay(slots);
    if (way === null) {
      throw new UnrecoverableError(
        `Slack lets the bot post neither in the channel nor to the requester (${put.error}).`,
      );
    }
    slots.tools.log.info({ requestId, way, error: put.error }, 'trying another way to the requester');
    slots.switchTo(way);
  }
}

function nextWay({ way, delivery: { place } }: Slots): Outbox['way'] | null {
  if (way === 'channel' && place.responseUrl !== null) return 'response-url';
  return way !== 'direct' && place.userId !== '' ? 'direct' : null;
}

async function putThread(slots: Slots, answer: Answer): Promise<void> {
  const details = slots.way === 'response-url' ? forResponseUrl(answer.thread) : answer.thread;
  const current = new Set([SUMMARY]);
  for (const detail of details) {
    if (await putDetail(slots, detail)) current.add(detail.slot);
  }

  // A repeated question can have fewer details, and the thread must not contradict the new answer.
  for (const slot of slots.names) {
    if (!current.has(slot) && (await slots.isPosted(slot))) await putDetail(slots, { slot, message: OUT_OF_DATE });
  }
}

/** Uploaded files can't be shown through a `response_url`: Slack doesn't check who posts that way, and the file is the bot's. */
function forResponseUrl(details: Answer['thread']): Answer['thread'] {
  return inFewer(details.filter(({ picture }) => picture === undefined)).slice(0, DETAILS_BY_RESPONSE_URL);
}

/** False when the thread goes without the detail, and an earlier message in its slot is out of date. */
async function putDetail(slots: Slots, detail: Answer['thread'][number]): Promise<boolean> {
  const { slot, message, picture } = detail;
  if (picture !== undefined) return putPicture(slots, detail, picture);
  const put = await slots.put(slot, message);
  if (put.kind === 'refused') await noteRefused(slots, slot, message, put.refusals);
  if (put.kind !== 'no-access') return true;
  const { requestId } = slots.delivery;
  slots.tools.log.warn({ requestId, slot, error: put.error }, 'left out a detail that Slack does not let us post');
  await slots.setRefused(slot, message);
  return true;
}

async function noteRefused(slots: Slots, slot: string, message: Message, refusals: readonly string[]): Promise<void> {
  const { requestId } = slots.delivery;
  slots.tools.log.error({ requestId, slot, refusals }, 'Slack refused a message in every form');
  await slots.setRefused(slot, message);
}

/**
 * Ensures that every open request ends: adds the job of an overdue request again, and tells people who wait too long. It runs
 * in the slack and scheduler roles; only one process at a time does the work.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { formatGaveUp, formatNotShown, formatNoWorkers } from '../../formatters/answer/undelivered.ts';
import { createCache } from '../cache.ts';
import { deliver, isAnswered, nudge } from '../deliver/wanted.ts';
import type { Chat, Lease } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { record } from '../telemetry.ts';
import { OPEN, type OpenRequest, type Overdue, openSince } from './open-requests.ts';
import { resumeRequest } from './resume.ts';
import { tellOnce } from './tell-once.ts';

export interface ReconcilerOptions {
  readonly client: QueueClient;
  readonly chat: Pick<Chat, 'respond'>;
  /** Whether any process works on the queues. */
  isAnyoneWorking(): Promise<boolean>;
  readonly log: Logger;
  readonly now?: () => number;
  readonly intervalMs?: number;
}

export interface Reconciler {
  /** One pass; false when another process does the work. */
  pass(): Promise<boolean>;
  close(): Promise<void>;
}

const INTERVAL_MS = 5_000;
const LEASE_MS = 4 * INTERVAL_MS;
/** Longer than a killed worker's job takes to start again. */
const OVERDUE_MS = 30_000;
/** By then, requesters are told that no worker is running. */
const UNATTENDED_MS = 60_000;
/** No diagnosis, search or digest takes so long, even after several crashes. */
const DEADLINE_MS = 15 * 60_000;
/** Fewer could be chance, because each nudge has given the request a new job. */
const MIN_NUDGES = 3;
const FIRST_NUDGE_MS = 30_000;
const MAX_NUDGE_MS = 10 * 60_000;
const MAX_READ = 1000;

/** Looks after one overdue request. */
interface Care {
  attend(overdue: Overdue): Promise<void>;
  tellUnattended(overdue: Overdue): Promise<void>;
}

export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { client, log, now = Date.now, intervalMs = INTERVAL_MS } = options;
  const { store } = client;
  const lease: Lease = { key: 'reconciler', holder: randomUUID(), ttlMs: LEASE_MS };
  const care = createCare(options, now);
  let running: Promise<unknown> | null = null;

  async function isMine(): Promise<boolean> {
    if (await store.setIfAbsent(lease.key, lease.holder, lease.ttlMs)) return true;
    return store.setWhileHeld(lease, `${lease.key}-seen`, String(now()), LEASE_MS);
  }

  async function pass(): Promise<boolean> {
    if (!(await isMine())) return false;
    const overdue = await openSince(store, now() - OVERDUE_MS, MAX_READ);
    if (overdue.length === 0) return true;
    const look = (await options.isAnyoneWorking()) ? care.attend : care.tellUnattended;
    for (const one of overdue) {
      // One request that can't be handled must not hold up the others.
      await look(one).catch((err: unknown) =>
        log.error({ requestId: one.requestId, err }, 'could not look after an open request'),
      );
    }
    return true;
  }

  const timer = setInterval(() => {
    running ??= pass()
      .catch((err: unknown) => log.debug({ err }, 'could not look after the open requests'))
      .finally(() => {
        running = null;
      });
  }, intervalMs).unref();

  return {
    pass,
    async close() {
      clearInterval(timer);
      await running;
      await store.release(lease).catch(() => undefined);
    },
  };
}

function createCare({ client, chat, log }: ReconcilerOptions, now: () => number): Care {
  const { store } = client;
  const nudges = createCache<{ readonly count: number; readonly nextMs: number }>({ maxEntries: 10 * MAX_READ });

  /** The answer is there, but Slack doesn't show it yet. */
  async function deliverAgain(request: OpenRequest, openMs: number): Promise<void> {
    const { requestId, place } = request;
    log.info({ requestId, openMs }, 'an answer is overdue: it is delivered again');
    await nudge(client, { requestId, place });
    if (openMs < DEADLINE_MS) return;
    const outcome = await tellOnce({ store, chat }, request, 'late', () => formatNotShown(requestId));
    if (outcome !== null) log.error({ requestId, outcome }, 'an answer can’t be shown: told who waits for it');
  }

  return {
    async attend({ requestId, request, askedAtMs }) {
      if (request === null) return dropUnknown(client, requestId, log);
      const { count, nextMs } = nudges.get(requestId) ?? { count: 0, nextMs: 0 };
      if (nextMs > now()) return;
      const waitMs = Math.min(FIRST_NUDGE_MS * 2 ** count, MAX_NUDGE_MS);
      nudges.set(requestId, { count: count + 1, nextMs: now() + waitMs });
      const openMs = now() - askedAtMs;
      if (await isAnswered(store, requestId)) return deliverAgain(request, openMs);
      if (count < MIN_NUDGES || openMs < DEADLINE_MS) {
        log.info({ requestId, openMs }, 'a request is overdue: its job is added again');
        return resumeRequest(client, request);
      }
      log.error({ requestId, openMs }, 'gave up a request: its deadline has passed');
      record({ kind: 'request', outcome: 'apologized' });
      await deliver(client, request, 'answer', { summary: formatGaveUp(requestId), thread: [] });
    },

    async tellUnattended({ requestId, request, askedAtMs }) {
      if (request === null || now() - askedAtMs < UNATTENDED_MS) return;
      const outcome = await tellOnce({ store, chat }, request, 'unattended', () => formatNoWorkers(requestId));
      if (outcome !== null) log.error({ requestId, outcome }, 'no worker is running: told who waits for an answer');
    },
  };
}

/** Removes a request whose content expired after a day, or was written by another version. */
async function dropUnknown({ store }: QueueClient, requestId: string, log: Logger): Promise<void> {
  log.error({ requestId }, 'dropped an open request of which nothing else is known');
  await store.unrank(OPEN, requestId);
}

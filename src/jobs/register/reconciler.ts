/**
 * Sees to it that every open request ends: what is overdue has its job added again, and whoever waits too long is told so. It
 * runs in the scheduler role; of several processes one does the work.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { formatGaveUp, formatNotShown, formatNoWorkers } from '../../formatters/answer/undelivered.ts';
import { createCache } from '../cache.ts';
import { deliver, isAnswered, nudge } from '../deliver/wanted.ts';
import type { Chat, Lease } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { textCell } from '../queue/store-cell.ts';
import { closeRequest, type OpenRequest, type Overdue, openSince, REQUESTS_KEPT_MS } from './open-requests.ts';
import { resumeRequest } from './resume.ts';

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
/** Whoever asked hears by then that no worker is running. */
const UNATTENDED_MS = 60_000;
/** No diagnosis, search or digest takes so long, even after several crashes. */
const DEADLINE_MS = 15 * 60_000;
/** Fewer could be chance: each one has given the request a whole new job. */
const MIN_NUDGES = 3;
const FIRST_NUDGE_MS = 30_000;
const MAX_NUDGE_MS = 10 * 60_000;
const MAX_READ = 1000;

const TOLD = textCell<string>({ key: (requestId) => `told-unattended:${requestId}`, ttlMs: REQUESTS_KEPT_MS });

export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { client, log, now = Date.now, intervalMs = INTERVAL_MS } = options;
  const lease: Lease = { key: 'reconciler', holder: randomUUID(), ttlMs: LEASE_MS };
  const nudges = createCache<{ readonly count: number; readonly nextMs: number }>({ maxEntries: 10 * MAX_READ });
  let running: Promise<unknown> | null = null;

  async function isMine(): Promise<boolean> {
    const { store } = client;
    if (await store.setIfAbsent(lease.key, lease.holder, lease.ttlMs)) return true;
    return store.setWhileHeld(lease, `${lease.key}-seen`, String(now()), LEASE_MS);
  }

  async function pass(): Promise<boolean> {
    if (!(await isMine())) return false;
    const overdue = await openSince(client.store, now() - OVERDUE_MS, MAX_READ);
    if (overdue.length === 0) return true;
    const isAttended = await options.isAnyoneWorking();
    for (const one of overdue) {
      // One request that can't be handled must not hold up the others.
      await (isAttended ? attend(one) : tellUnattended(one)).catch((err: unknown) =>
        log.error({ requestId: one.requestId, err }, 'could not look after an open request'),
      );
    }
    return true;
  }

  async function attend({ requestId, request, askedAtMs }: Overdue): Promise<void> {
    if (request === null) return dropUnknown(requestId);
    const { count, nextMs } = nudges.get(requestId) ?? { count: 0, nextMs: 0 };
    if (nextMs > now()) return;
    const waitMs = Math.min(FIRST_NUDGE_MS * 2 ** count, MAX_NUDGE_MS);
    nudges.set(requestId, { count: count + 1, nextMs: now() + waitMs });
    if (await isAnswered(client.store, requestId)) return renudge(request);
    if (count >= MIN_NUDGES && now() - askedAtMs > DEADLINE_MS) return giveUp(request);
    log.info({ requestId, openMs: now() - askedAtMs }, 'a request is overdue: its job is added again');
    await resumeRequest(client, request);
  }

  /** The answer is there, but Slack doesn't show it yet. */
  async function renudge({ requestId, place, askedAtMs }: OpenRequest): Promise<void> {
    log.info({ requestId, openMs: now() - askedAtMs }, 'an answer is overdue: it is delivered again');
    await nudge(client, { requestId, place });
    if (now() - askedAtMs < DEADLINE_MS || place.responseUrl === null) return;
    if (!(await TOLD.setIfAbsent(client.store, `late-${requestId}`, 'yes'))) return;
    const outcome = await options.chat.respond(place.responseUrl, formatNotShown(requestId));
    log.error({ requestId, outcome: outcome.kind }, 'an answer can’t be shown: told who waits for it');
  }

  async function giveUp(request: OpenRequest): Promise<void> {
    const { requestId, askedAtMs } = request;
    log.error({ requestId, openMs: now() - askedAtMs }, 'gave up a request: its deadline has passed');
    await deliver(client, request, 'answer', { summary: formatGaveUp(requestId), thread: [] });
  }

  async function tellUnattended({ requestId, request, askedAtMs }: Overdue): Promise<void> {
    const responseUrl = request?.place.responseUrl ?? null;
    if (responseUrl === null || now() - askedAtMs < UNATTENDED_MS) return;
    if (!(await TOLD.setIfAbsent(client.store, requestId, 'yes'))) return;
    const outcome = await options.chat.respond(responseUrl, formatNoWorkers(requestId));
    log.error({ requestId, outcome: outcome.kind }, 'no worker is running: told who waits for an answer');
  }

  /** Its content has expired, a day after it was asked, or is of another version. */
  async function dropUnknown(requestId: string): Promise<void> {
    log.error({ requestId }, 'dropped an open request of which nothing else is known');
    const place = { teamId: '', channel: '', threadTs: null, userId: '', responseUrl: null, messageTs: null };
    await closeRequest(client.store, { requestId, place });
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
      await client.store.release(lease).catch(() => undefined);
    },
  };
}

/**
 * What this process took and may still be open. It is in memory as well as in the register, because a queue can lose what it
 * has confirmed: it was emptied, or a replica without the last writes became the master. Then it is registered again.
 */
import type { Logger } from 'pino';
import type { Store } from '../ports.ts';
import type { PersonRef } from '../requests.ts';
import { OPEN, type OpenRequest, readRequest } from './open-requests.ts';

export interface OwnRequests {
  /**
   * Registers the request by `add` and remembers it until it is closed. Rejects when it was not taken, or when that is not
   * known yet: it is then found out, and the request is taken again or withdrawn, so that one thing happens.
   */
  take(request: OpenRequest, add: () => Promise<void>): Promise<void>;
  /** How many requests of this person are open. */
  countOf(person: PersonRef): number;
  close(): void;
}

export interface OwnRequestsOptions {
  readonly store: Store;
  /** Whether a rejection leaves it open if the queue has taken the request. */
  isUnknown(error: unknown): boolean;
  /** Registers the request again. If it was taken before, what was posted for it has to be looked for. */
  restore(request: OpenRequest, wasTaken: boolean): Promise<void>;
  /** The request comes too late: its asker was told a minute ago to ask again. */
  withdraw(request: OpenRequest): Promise<void>;
  /** Nothing is shown for the request yet. */
  onQuiet(request: OpenRequest): Promise<void>;
  readonly log: Logger;
  readonly checkMs?: number;
}

interface Remembered {
  readonly request: OpenRequest;
  /** By a clock that is never set back. */
  readonly sinceMs: number;
  isTaken: boolean;
  isQuietTold: boolean;
  missingSinceMs: number | null;
}

const CHECK_MS = 1000;
/** An answer that comes sooner needs no placeholder. */
const QUIET_MS = 1000;
/** Longer than a process that lost its lease can go on posting. */
const MISSING_MS = 20_000;
/** Whoever was told that nothing may come was told to ask again after a minute. */
const ASK_AGAIN_MS = 55_000;
/** Most answers take less, and whatever takes longer is in the register for good. */
const REMEMBERED_MS = 30 * 60_000;
const MAX_CHECKED = 500;

export function createOwnRequests(options: OwnRequestsOptions): OwnRequests {
  const { store, log, checkMs = CHECK_MS } = options;
  const remembered = new Map<string, Remembered>();
  let checking: Promise<void> | null = null;
  const timer = setInterval(() => {
    checking ??= checkAll()
      .catch((err: unknown) => log.debug({ err }, 'could not check the open requests of this process'))
      .finally(() => {
        checking = null;
      });
  }, checkMs).unref();

  async function checkAll(): Promise<void> {
    const now = performance.now();
    const due = [...remembered.values()].filter(({ sinceMs }) => now - sinceMs >= QUIET_MS).slice(0, MAX_CHECKED);
    if (due.length === 0) return;
    const open = await store.areRanked(
      OPEN,
      due.map(({ request }) => request.requestId),
    );
    let lost = 0;
    for (const [i, one] of due.entries()) {
      if (open[i] === true) await checkOpen(one, now);
      else if (await isLost(one, now)) lost += 1;
    }
    if (lost > 0) log.error({ requests: lost }, 'the queue has lost open requests: they are taken again');
  }

  async function checkOpen(one: Remembered, now: number): Promise<void> {
    const ageMs = now - one.sinceMs;
    const isTooLate = !one.isTaken && ageMs > ASK_AGAIN_MS;
    if (isTooLate || ageMs > REMEMBERED_MS) remembered.delete(one.request.requestId);
    if (isTooLate) return options.withdraw(one.request);
    one.isTaken = true;
    one.missingSinceMs = null;
    if (one.isQuietTold) return;
    one.isQuietTold = true;
    await options.onQuiet(one.request);
  }

  /** True when the queue had confirmed the request and knows nothing of it any more. */
  async function isLost(one: Remembered, now: number): Promise<boolean> {
    const { request } = one;
    const { requestId } = request;
    const isClosed = (await readRequest(store, requestId)) !== null;
    const isTooLate = !one.isTaken && now - one.sinceMs > ASK_AGAIN_MS;
    if (isClosed || isTooLate) {
      remembered.delete(requestId);
      return false;
    }
    one.missingSinceMs ??= now;
    if (one.isTaken && now - one.missingSinceMs < MISSING_MS) return false;
    await options.restore(request, one.isTaken);
    one.missingSinceMs = null;
    return one.isTaken;
  }

  return {
    async take(request, add) {
      const { requestId } = request;
      const one = { request, sinceMs: performance.now(), isTaken: false, isQuietTold: false, missingSinceMs: null };
      remembered.set(requestId, one);
      try {
        await add();
      } catch (error) {
        if (!options.isUnknown(error)) remembered.delete(requestId);
        throw error;
      }
      one.isTaken = true;
      if (performance.now() - one.sinceMs <= ASK_AGAIN_MS) return;
      remembered.delete(requestId);
      await options.withdraw(request);
    },

    countOf: ({ teamId, userId }) =>
      [...remembered.values()].filter(({ request: { place } }) => place.teamId === teamId && place.userId === userId)
        .length,

    close() {
      clearInterval(timer);
    },
  };
}

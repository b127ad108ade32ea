/**
 * Requests that this process took and that may still be open. They are kept in memory besides the register, because a queue can
 * lose confirmed data: it was emptied, or a replica without the last writes became the master. Lost requests are registered
 * again.
 */
import type { Logger } from 'pino';
import type { Store } from '../ports.ts';
import type { PersonRef } from '../requests.ts';
import { OPEN, type OpenRequest, readRequest } from './open-requests.ts';

export interface OwnRequests {
  /**
   * Registers the request by `add` and remembers it until it is closed. Rejects when it wasn't taken, or when that isn't known
   * yet. In the latter case, the register is checked later, and the request is either taken or withdrawn.
   */
  take(request: OpenRequest, add: () => Promise<void>): Promise<void>;
  /** How many requests of this person are open. */
  countOf(person: PersonRef): number;
  close(): void;
}

export interface OwnRequestsOptions {
  readonly store: Store;
  /** Whether, after this rejection, it is unknown if the queue took the request. */
  isUnknown(error: unknown): boolean;
  /** Registers the request again. If it was taken before, its earlier posts must be looked for. */
  restore(request: OpenRequest, wasTaken: boolean): Promise<void>;
  /** Withdraws a request that arrived too late: its requester was told a minute ago to ask again. */
  withdraw(request: OpenRequest): Promise<void>;
  /** The request was taken a second ago and is still open. */
  onQuiet(request: OpenRequest): Promise<void>;
  readonly log: Logger;
  readonly checkMs?: number;
  /** Milliseconds by a clock that is never set back. */
  readonly now?: () => number;
}

interface Remembered {
  readonly request: OpenRequest;
  readonly sinceMs: number;
  isTaken: boolean;
  /** Its confirmation will never come, so part of its data may be missing. */
  isUnknown: boolean;
  isQuietTold: boolean;
  missingSinceMs: number | null;
}

const CHECK_MS = 1000;
/** An answer that comes sooner needs no placeholder. */
const QUIET_MS = 1000;
/** Longer than a process can keep posting after it lost its lease. */
const MISSING_MS = 20_000;
/** Less than a minute, after which requesters with an unknown outcome are told to ask again. */
const ASK_AGAIN_MS = 55_000;
/** Most answers take less. A request that takes longer is safely in the register. */
const REMEMBERED_MS = 30 * 60_000;
const MAX_CHECKED = 500;

export function createOwnRequests(options: OwnRequestsOptions): OwnRequests {
  const { log, checkMs = CHECK_MS, now = () => performance.now() } = options;
  const remembered = new Map<string, Remembered>();
  let isChecking = false;
  const timer = setInterval(async () => {
    if (isChecking) return;
    isChecking = true;
    await checkAll(remembered, now(), options).catch((err: unknown) =>
      log.debug({ err }, 'could not check the open requests of this process'),
    );
    isChecking = false;
  }, checkMs).unref();

  return {
    async take(request, add) {
      const { requestId } = request;
      const one = {
        request,
        sinceMs: now(),
        isTaken: false,
        isUnknown: false,
        isQuietTold: false,
        missingSinceMs: null,
      };
      remembered.set(requestId, one);
      try {
        await add();
      } catch (error) {
        if (options.isUnknown(error)) Object.assign(one, { isUnknown: true });
        else remembered.delete(requestId);
        throw error;
      }
      // A check may have found it in the register before its confirmation came.
      Object.assign(one, { isTaken: true });
      if (now() - one.sinceMs <= ASK_AGAIN_MS) return;
      remembered.delete(requestId);
      await options.withdraw(request);
    },

    countOf({ teamId, userId }) {
      let count = 0;
      for (const { request } of remembered.values()) {
        if (request.place.userId === userId && request.place.teamId === teamId) count += 1;
      }
      return count;
    },

    close() {
      clearInterval(timer);
    },
  };
}

async function checkAll(remembered: Map<string, Remembered>, now: number, options: OwnRequestsOptions): Promise<void> {
  const due = [...remembered.values()].filter(({ sinceMs }) => now - sinceMs >= QUIET_MS).slice(0, MAX_CHECKED);
  if (due.length === 0) return;
  const open = await options.store.areRanked(
    OPEN,
    due.map(({ request }) => request.requestId),
  );
  const lost: Remembered[] = [];
  for (const [i, one] of due.entries()) {
    const { requestId } = one.request;
    // Moves a checked request to the end, so that all others are also checked.
    remembered.delete(requestId);
    remembered.set(requestId, one);
    const state = await (open[i] === true ? checkOpen(one, now, options) : checkMissing(one, now, options));
    if (state === 'over') remembered.delete(requestId);
    if (state === 'lost') lost.push(one);
  }
  if (lost.length > 0) {
    options.log.error({ requests: lost.length }, 'the queue has lost open requests: they are taken again');
  }
}

async function checkOpen(one: Remembered, now: number, options: OwnRequestsOptions): Promise<'open' | 'over'> {
  const ageMs = now - one.sinceMs;
  if (!one.isTaken && ageMs > ASK_AGAIN_MS) {
    await options.withdraw(one.request);
    return 'over';
  }
  if (ageMs > REMEMBERED_MS) return 'over';
  if (one.isUnknown) await options.restore(one.request, false);
  one.isUnknown = false;
  one.isTaken = true;
  one.missingSinceMs = null;
  if (!one.isQuietTold) {
    one.isQuietTold = true;
    await options.onQuiet(one.request);
  }
  return 'open';
}

/** `lost` when the queue confirmed the request but no longer has it. */
async function checkMissing(
  one: Remembered,
  now: number,
  options: OwnRequestsOptions,
): Promise<'open' | 'lost' | 'over'> {
  const { request } = one;
  const isClosed = (await readRequest(options.store, request.requestId)) !== null;
  const isTooLate = !one.isTaken && now - one.sinceMs > ASK_AGAIN_MS;
  if (isClosed || isTooLate) return 'over';
  one.missingSinceMs ??= now;
  if (one.isTaken && now - one.missingSinceMs < MISSING_MS) return 'open';
  await options.restore(request, one.isTaken);
  one.missingSinceMs = null;
  return one.isTaken ? 'lost' : 'open';
}

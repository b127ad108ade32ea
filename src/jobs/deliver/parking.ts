/** Workspaces whose token Slack rejects. Their deliveries wait, and one of them retries from time to time. Per process. */
import type { Logger } from 'pino';
import { PARKED } from '../health/open-requests.ts';
import type { Store } from '../ports.ts';

/** Nothing works in this workspace until its token does. */
export class Unauthorized extends Error {
  readonly teamId: string;
  readonly code: string;
  constructor(teamId: string, code: string) {
    super(`Slack rejects the token of workspace ${teamId} (${code}).`);
    this.teamId = teamId;
    this.code = code;
  }
}

interface Parked {
  /** Slack's error code. */
  readonly code: string;
  /** Until the next try. */
  readonly waitMs: number;
}

export interface Parking {
  /** Null when the workspace isn't parked, or when its next try is due. */
  waitFor(teamId: string): Parked | null;
  /** Slack refused the token. */
  park(teamId: string, code: string): Parked;
  /** A call has succeeded. */
  resume(teamId: string): void;
}

const FIRST_WAIT_MS = 3_000;
const MAX_WAIT_MS = 60_000;

interface ParkingTools {
  readonly store: Pick<Store, 'rank' | 'unrank'>;
  readonly log: Logger;
  /** Milliseconds by a clock that is never set back. */
  readonly now?: (() => number) | undefined;
}

export function createParking(
  { store, log, now = () => performance.now() }: ParkingTools,
  firstWaitMs = FIRST_WAIT_MS,
): Parking {
  const note = (err: unknown) => log.debug({ err }, 'could not note a parked workspace');
  const parked = new Map<string, { readonly code: string; readonly nextTryMs: number; readonly tries: number }>();

  function waitFor(teamId: string): Parked | null {
    const known = parked.get(teamId);
    const waitMs = known === undefined ? 0 : known.nextTryMs - now();
    // With jitter, so that not all channels of the workspace try at once.
    return known === undefined || waitMs <= 0 ? null : { code: known.code, waitMs: waitMs * (1 + Math.random() / 4) };
  }

  return {
    waitFor,
    park(teamId, code) {
      // Several channels may have tried at the same time, which counts as one try.
      const waiting = waitFor(teamId);
      if (waiting !== null) return waiting;
      const tries = (parked.get(teamId)?.tries ?? 0) + 1;
      const waitMs = Math.min(firstWaitMs * 2 ** Math.min(tries - 1, 10), MAX_WAIT_MS);
      if (tries === 1) {
        const message = 'Slack rejects the token of a workspace: its messages wait until the token works again';
        log.error({ teamId, error: code }, message);
        store.rank(PARKED, teamId, Date.now()).catch(note);
      }
      parked.set(teamId, { code, tries, nextTryMs: now() + waitMs });
      return { code, waitMs };
    },
    resume(teamId) {
      if (!parked.delete(teamId)) return;
      log.info({ teamId }, 'Slack accepts the token of a workspace again');
      store.unrank(PARKED, teamId).catch(note);
    },
  };
}

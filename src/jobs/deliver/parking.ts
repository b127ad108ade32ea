/** Workspaces whose token Slack refuses: their deliveries wait, and one of them tries from time to time. Per process. */
import type { Logger } from 'pino';
import { PARKED } from '../health/open-requests.ts';
import type { Store } from '../ports.ts';
import { Later } from './pacing.ts';

export interface Parking {
  /** Throws `Later` while the workspace is parked and the next try isn't due. */
  check(teamId: string): void;
  /** Slack refused the token: returns how long to wait. */
  park(teamId: string, code: string): Later;
  /** A call has succeeded. */
  resume(teamId: string): void;
}

interface Parked {
  readonly nextTryMs: number;
  readonly tries: number;
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
  const parked = new Map<string, Parked>();
  return {
    check(teamId) {
      const known = parked.get(teamId);
      if (known === undefined) return;
      const waitMs = known.nextTryMs - now();
      // With jitter, so that not all channels of the workspace try at once.
      if (waitMs > 0) throw new Later(waitMs * (1 + Math.random() / 4));
    },
    park(teamId, code) {
      const known = parked.get(teamId);
      // Several channels may have tried at once, which is one try.
      if (known !== undefined && known.nextTryMs > now()) return new Later(known.nextTryMs - now());
      const tries = (known?.tries ?? 0) + 1;
      const waitMs = Math.min(firstWaitMs * 2 ** Math.min(tries - 1, 10), MAX_WAIT_MS);
      if (tries === 1) {
        const message = 'Slack refuses the token of a workspace: what it is to see waits until the token works again';
        log.error({ teamId, error: code }, message);
        store.rank(PARKED, teamId, Date.now()).catch(note);
      }
      parked.set(teamId, { tries, nextTryMs: now() + waitMs });
      return new Later(waitMs);
    },
    resume(teamId) {
      if (!parked.delete(teamId)) return;
      log.info({ teamId }, 'Slack accepts the token of a workspace again');
      store.unrank(PARKED, teamId).catch(note);
    },
  };
}

/**
 * Logs one line when requests start to fail, and then one per minute with their number, because in an outage every request
 * fails.
 */
import type { Logger } from 'pino';

const INTERVAL_MS = 60_000;

export interface OutageLog {
  note(fields: object, message: string): void;
}

/** Each request that wasn't queued also has its own audit line. */
export function createOutageLog(log: Logger, now: () => number = () => performance.now()): OutageLog {
  const lines = new Map<string, { at: number; since: number }>();
  return {
    note(fields, message) {
      const known = lines.get(message);
      if (known !== undefined && now() - known.at < INTERVAL_MS) {
        known.since += 1;
        log.debug(fields, message);
        return;
      }
      log.error({ ...fields, ...(known !== undefined && known.since > 0 && { alsoSince: known.since }) }, message);
      lines.set(message, { at: now(), since: 0 });
    },
  };
}

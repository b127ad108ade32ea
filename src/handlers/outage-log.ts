/** One line when requests begin to fail, and then one a minute with their number: an outage makes each of them fail. */
import type { Logger } from 'pino';

const INTERVAL_MS = 60_000;

export interface OutageLog {
  note(fields: object, message: string): void;
}

/** The audit line of each request tells that it was not queued. */
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

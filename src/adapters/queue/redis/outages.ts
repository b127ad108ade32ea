/** Logs that Redis is unreachable or rejects commands: few lines, no matter how many connections and jobs notice it. */
import type { Logger } from 'pino';
import { reasonOf } from '../queue-errors.ts';

export interface Outages {
  /** Notes a connection error or a rejected command. */
  note(error: Error): void;
  /** Notes that a command was executed. */
  works(): void;
  /** Why Redis isn't working, in one clause; null while it works. */
  reason(): string | null;
}

const REMINDER_MS = 60_000;
/** How long to wait before an outage counts as over, because connections return one after another. */
const CALM_MS = 5000;

export function createOutages(where: string, log: Logger, now: () => number = Date.now): Outages {
  let away: { reason: string; lastAt: number; saidAt: number; times: number } | null = null;
  return {
    note(error) {
      // It only follows from an error that was already noted.
      if (error.message.startsWith("Stream isn't writeable")) return;
      const reason = reasonOf(error);
      const at = now();
      if (away === null) {
        away = { reason, lastAt: at, saidAt: at, times: 0 };
        const message = 'Redis is not responding, or rejects commands; retrying until it works';
        log.warn({ where, type: error.name, code: codeOf(error), reason }, message);
        return;
      }
      Object.assign(away, { reason, lastAt: at, times: away.times + 1 });
      if (at - away.saidAt < REMINDER_MS) return;
      log.warn({ where, reason, times: away.times }, 'Redis still does not work');
      Object.assign(away, { saidAt: at, times: 0 });
    },
    works() {
      if (away === null || now() - away.lastAt < CALM_MS) return;
      away = null;
      log.info({ where }, 'Redis is back');
    },
    reason: () => away?.reason ?? null,
  };
}

/** For worker errors that aren't about Redis, such as a lost lock. Logs one line per kind and minute. */
export function createErrorLog(log: Logger, now: () => number = Date.now): (queue: string, error: Error) => void {
  const kinds = new Map<string, { since: number; times: number }>();
  return (queue, error) => {
    const reason = reasonOf(error);
    // BullMQ's messages have job IDs near the end, so errors of one kind start alike.
    const kind = `${queue} ${error.name} ${reason.slice(0, 20)}`;
    const known = kinds.get(kind);
    if (known !== undefined && now() - known.since < REMINDER_MS) {
      known.times += 1;
      return;
    }
    kinds.set(kind, { since: now(), times: 0 });
    const times = known?.times ?? 0;
    log.warn({ queue, type: error.name, code: codeOf(error), reason, ...(times > 0 && { times }) }, 'worker');
  };
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

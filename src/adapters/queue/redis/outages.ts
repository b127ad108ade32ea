/** The log of a Redis that is away or refuses commands: few lines, however many connections and jobs notice it. */
import type { Logger } from 'pino';
import { reasonOf } from '../queue-errors.ts';

export interface Outages {
  /** An error of any connection, or a refused command. */
  note(error: Error): void;
  /** A command was executed. */
  works(): void;
  /** Why it does not work, in one clause; null while it works. */
  reason(): string | null;
}

const REMINDER_MS = 60_000;
/** Connections come back one after the other. */
const CALM_MS = 5000;

export function createOutages(where: string, log: Logger, now: () => number = Date.now): Outages {
  let away: { reason: string; lastAt: number; saidAt: number; times: number } | null = null;
  return {
    note(error) {
      // It follows from an error that was noted, and says less.
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

/** For errors of workers that are not about Redis, such as a lost lock. One line for each kind in a minute. */
export function createErrorLog(log: Logger, now: () => number = Date.now): (queue: string, error: Error) => void {
  const kinds = new Map<string, { since: number; times: number }>();
  return (queue, error) => {
    const reason = reasonOf(error);
    // Ids of jobs come late in the messages of BullMQ.
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

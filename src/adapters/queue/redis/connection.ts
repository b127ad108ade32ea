import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/**
 * Sends all commands of one turn of the event loop in one write. Jobs send a few small commands in each turn, and a separate
 * write costs more than the command. ioredis's automatic pipelining does the same with pipelines, but breaks where a script is
 * defined after its first command, as BullMQ does.
 */
export class OneWriteRedis extends Redis {
  #isHeld = false;

  override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
    const { stream } = this;
    if (!this.#isHeld && stream?.writable) {
      this.#isHeld = true;
      stream.cork();
      setImmediate(() => {
        this.#isHeld = false;
        stream.uncork();
      });
    }
    return super.sendCommand(...sent);
  }
}

/** Connections retry every two seconds or faster; one line when Redis goes and one when it is back is enough. */
export function logOutages(redis: Redis, where: string, log: Logger): void {
  let away = false;
  redis.on('error', (err: Error) => {
    if (!away) log.warn({ where, reason: err.message }, 'Redis does not answer; trying again until it does');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info({ where }, 'Redis is back');
    away = false;
  });
}

const FIRST_CONNECTION_MS = 2000;

/** Commands sent before the first connection are rejected, so a short wait pays off. Resolves also when there is none in time. */
export function firstConnection(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, FIRST_CONNECTION_MS);
    redis.once('ready', () => {
      clearTimeout(limit);
      resolve();
    });
  });
}

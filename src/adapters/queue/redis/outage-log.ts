import type { Redis } from 'ioredis';
import type { Logger } from 'pino';

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

/** The ioredis options for a connection to the configured Redis. */
import type { RedisOptions } from 'ioredis';
import type { RedisAddress } from '../../../language/redis-url.ts';

export interface RedisSettings {
  /** Prefix of all keys. */
  readonly redisPrefix: string;
  /** For `rediss://`: contents of PEM files; null where there is none. */
  readonly redisTls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };
}

export function connectionOptions(address: RedisAddress, tls: RedisSettings['redisTls'] | undefined): RedisOptions {
  const { tls: usesTls, ...place } = { tls: undefined, ...address };
  const files = Object.fromEntries(Object.entries(tls ?? {}).filter(([, content]) => content !== null));
  const secure = usesTls === undefined ? null : { ...usesTls, ...files };
  if (!('sentinels' in place)) return { ...place, ...(secure && { tls: secure }) };
  return {
    ...place,
    sentinels: [...place.sentinels],
    ...(secure && { tls: secure, sentinelTLS: secure, enableTLSForSentinelMode: true }),
  };
}

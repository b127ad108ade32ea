/** A unix socket, or a host and port. */
export type RedisAddress = (
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls?: { readonly servername: string } }
) & { readonly db: number; readonly username?: string; readonly password?: string };

/**
 * Connection options for a `redis://`, `rediss://` or `unix://` URL (`unix:///run/redis.sock?db=1`).
 * Throws a sentence that shows nothing of the URL but its scheme and host, because URLs carry passwords.
 */
export function redisAddress(redisUrl: string): RedisAddress {
  if (!URL.canParse(redisUrl)) throw new Error('REDIS_URL is not a URL; expected redis://, rediss:// or unix://.');
  const url = new URL(redisUrl);
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const credentials = {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
  switch (url.protocol) {
    case 'unix:':
      return { ...credentials, path: decodeURIComponent(url.pathname), db: databaseIn(url.searchParams.get('db')) };
    case 'redis:':
    case 'rediss:':
      return {
        ...credentials,
        host: url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1',
        port: url.port === '' ? 6379 : Number(url.port),
        db: databaseIn(url.searchParams.get('db') ?? url.pathname.slice(1)),
        ...(url.protocol === 'rediss:' ? { tls: { servername: url.hostname } } : {}),
      };
    default:
      throw new Error(`REDIS_URL begins with ${url.protocol}//; expected redis://, rediss:// or unix://.`);
  }
}

/** Where the address points to, for people: no credentials. */
export function describeAddress(address: RedisAddress): string {
  const place = 'path' in address ? address.path : `${address.host}:${address.port}`;
  return address.db === 0 ? place : `${place}, database ${address.db}`;
}

function databaseIn(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw new Error('The database of REDIS_URL is not a number, as in redis://host:6379/0.');
  return Number(text);
}

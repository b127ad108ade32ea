/** Where a Redis is, as people write it in one URL. */

interface Place {
  readonly host: string;
  readonly port: number;
}

/** A unix socket, a host and port, or Sentinels that know which server is the master of that name. */
export type RedisAddress = (
  | { readonly path: string }
  | (Place & { readonly tls?: { readonly servername?: string } })
  | {
      readonly sentinels: readonly Place[];
      readonly name: string;
      readonly sentinelUsername?: string;
      readonly sentinelPassword?: string;
      readonly tls?: object;
    }
) & { readonly db: number; readonly username?: string; readonly password?: string };

/** `problem` is a clause for after “REDIS_URL”. It shows nothing of the URL, because URLs carry passwords. */
export type ReadRedisUrl = { readonly address: RedisAddress } | { readonly problem: string };

const FORMS = 'redis://, rediss://, unix://, or redis+sentinel://';
const ESCAPE = 'write special characters in the password as %25 for %, %40 for @, %2F for /, %23 for #';
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/** A problem that is reported, not rethrown. */
class Unreadable extends Error {}

/**
 * `redis://user:password@host:6379/0`, `rediss://…` for TLS, `unix:///run/redis.sock?db=1`,
 * `redis+sentinel://user:password@host:26379,host:26379/master-name/0` (user, password and database are those of the master;
 * those of the Sentinels are given as `?sentinelUsername=…&sentinelPassword=…`), and `rediss+sentinel://…`.
 */
export function readRedisUrl(text: string): ReadRedisUrl {
  try {
    return { address: addressIn(text) };
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message };
    throw error;
  }
}

function addressIn(text: string): RedisAddress {
  const scheme = /^(redis|rediss|unix|redis\+sentinel|rediss\+sentinel):\/\//.exec(text)?.[1];
  if (scheme === undefined) throw new Unreadable(`must be a URL that starts with ${FORMS}`);
  // A list of hosts isn't a valid URL, so the first host stands for all while the rest is parsed.
  const [authority = ''] = text.slice(scheme.length + 3).split(/[/?#]/, 1);
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  const end = scheme.length + 3 + authority.length;
  const [first = '', ...others] = hosts.split(',');
  if (others.length > 0 && !scheme.endsWith('+sentinel'))
    throw new Unreadable('names several hosts, which only redis+sentinel:// allows: Redis Cluster isn’t supported');
  const url = parse(`${text.slice(0, end - hosts.length)}${first}${text.slice(end)}`);
  const credentials = { ...present('username', url.username), ...present('password', url.password) };
  const tls = scheme.startsWith('rediss');
  if (scheme === 'unix') {
    const path = decoded(url.pathname);
    if (url.hostname !== '' || path.length < 2)
      throw new Unreadable('must name the socket by its whole path: unix:///run/redis.sock');
    return { ...credentials, path, db: databaseIn(url.searchParams.get('db')) };
  }
  if (scheme.endsWith('+sentinel')) {
    const sentinels = [first, ...others].map((host) => placeOf(parse(`redis://${host}`), SENTINEL_PORT));
    return { ...credentials, ...masterOf(url), sentinels, ...(tls && { tls: {} }) };
  }
  return {
    ...credentials,
    ...placeOf(url, REDIS_PORT),
    db: databaseIn(url.searchParams.get('db') ?? url.pathname.slice(1)),
    // Certificates for IP addresses are matched without a server name.
    ...(tls && { tls: /^[\d.[]/.test(url.hostname) ? {} : { servername: url.hostname } }),
  };
}

/** What follows the hosts of Sentinels: `/name`, `/name/0` or `/name?db=0`. */
function masterOf(url: URL) {
  const [, name = '', database] = url.pathname.split('/');
  if (name === '')
    throw new Unreadable('doesn’t name the master, as in redis+sentinel://host:26379,host:26379/mymaster');
  const parameters = url.searchParams;
  return {
    name: decoded(name),
    db: databaseIn(parameters.get('db') ?? database ?? null),
    ...present('sentinelUsername', parameters.get('sentinelUsername') ?? '', false),
    ...present('sentinelPassword', parameters.get('sentinelPassword') ?? '', false),
  };
}

/** Where the address points to, for people: no credentials. */
export function describeAddress(address: RedisAddress): string {
  const place = placeIn(address);
  return address.db === 0 ? place : `${place}, database ${address.db}`;
}

function placeIn(address: RedisAddress): string {
  if ('path' in address) return address.path;
  if ('host' in address) return `${address.host}:${address.port}`;
  const { name, sentinels } = address;
  return `master “${name}” of the Sentinels ${sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hash !== '') throw new Unreadable(`isn’t a URL such as redis://host:6379/0; ${ESCAPE}`);
  return url;
}

function placeOf(url: URL, usualPort: number): Place {
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1',
    port: url.port === '' ? usualPort : Number(url.port),
  };
}

function present<Name extends string>(name: Name, text: string, isEncoded = true): { readonly [K in Name]?: string } {
  const value = isEncoded ? decoded(text) : text;
  return (value === '' ? {} : { [name]: value }) as { readonly [K in Name]?: string };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Unreadable(`has a % that doesn’t start an escape; ${ESCAPE}`);
  }
}

function databaseIn(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^\d{1,4}$/.test(text))
    throw new Unreadable(`has a database that isn’t a number, unlike redis://host:6379/0; ${ESCAPE}`);
  return Number(text);
}

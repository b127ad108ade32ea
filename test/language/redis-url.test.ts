import { describe, expect, it } from 'vitest';
import { describeAddress, type RedisAddress, readRedisUrl } from '../../src/language/redis-url.ts';

function addressOf(url: string): RedisAddress {
  const read = readRedisUrl(url);
  if ('problem' in read) throw new Error(read.problem);
  return read.address;
}

describe('a URL of a Redis', () => {
  it.each([
    ['redis://cache', { host: 'cache', port: 6379, db: 0 }],
    ['redis://:p%40ss@cache:7000/2', { host: 'cache', port: 7000, db: 2, password: 'p@ss' }],
    ['rediss://bot:secret@cache', { host: 'cache', port: 6379, db: 0, username: 'bot', tls: { servername: 'cache' } }],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }],
    ['unix:///run/redis.sock?db=1', { path: '/run/redis.sock', db: 1 }],
    ['redis+sentinel://one/main', { sentinels: [{ host: 'one', port: 26379 }], name: 'main', db: 0 }],
    [
      'redis+sentinel://bot:p%2Fw@one:1,two,[::1]:3/main/4?sentinelPassword=x',
      {
        sentinels: [
          { host: 'one', port: 1 },
          { host: 'two', port: 26379 },
          { host: '::1', port: 3 },
        ],
        name: 'main',
        db: 4,
        username: 'bot',
        password: 'p/w',
        sentinelPassword: 'x',
      },
    ],
    ['rediss+sentinel://one/main?db=2', { name: 'main', db: 2, tls: {} }],
  ])('%s', (url, expected) => {
    expect(addressOf(url)).toMatchObject(expected);
  });

  it.each([
    ['http://cache', 'redis://'],
    ['cache:6379', 'redis://'],
    ['redis://:hunter2@cache/x', 'isn’t a number'],
    ['redis://:hunter2%@cache', '%25'],
    ['redis://:hunter2/more@cache', '%2F'],
    ['redis://:hunter2#more@cache', '%23'],
    ['redis://:hunter2@one,two', 'Cluster'],
    ['unix://', 'whole path'],
    ['unix://run/redis.sock', 'whole path'],
    ['redis+sentinel://:hunter2@one:1,two:2', 'mymaster'],
    ['redis+sentinel://:hunter2@one:1,:x:y/main', '%25'],
  ])('%s is refused with what to write instead, and without its password', (url, advice) => {
    const read = readRedisUrl(url);
    expect(read).toEqual({ problem: expect.stringContaining(advice) });
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });

  it.each([
    ['redis://bot:hunter2@cache:7000/2', 'cache:7000, database 2'],
    ['redis+sentinel://:hunter2@one,two:2/main', 'master “main” of the Sentinels one:26379, two:2'],
  ])('%s is described without its password', (url, text) => {
    expect(describeAddress(addressOf(url))).toBe(text);
  });
});

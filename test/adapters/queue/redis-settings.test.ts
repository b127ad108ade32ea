import { describe, expect, it } from 'vitest';
import { describeAddress, redisAddress } from '../../../src/adapters/queue/redis/address.ts';
import { stateIn } from '../../../src/adapters/queue/redis/info.ts';

describe('REDIS_URL', () => {
  it.each([
    ['redis://cache', { host: 'cache', port: 6379, db: 0 }],
    ['redis://:p%40ss@cache:7000/2', { host: 'cache', port: 7000, db: 2, password: 'p@ss' }],
    ['rediss://bot:secret@cache', { host: 'cache', port: 6379, db: 0, username: 'bot', tls: { servername: 'cache' } }],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }],
    ['unix:///run/redis.sock?db=1', { path: '/run/redis.sock', db: 1 }],
  ])('%s', (url, expected) => {
    expect(redisAddress(url)).toMatchObject(expected);
  });

  it.each(['http://cache', 'cache:6379', 'not a url', 'redis://:hunter2@cache/x'])(
    'refuses %s without showing a password',
    (url) => {
      expect(() => redisAddress(url)).toThrow(/redis:\/\//);
      expect(() => redisAddress(url)).not.toThrow(/hunter2/);
    },
  );

  it('is described without its password', () => {
    expect(describeAddress(redisAddress('redis://bot:hunter2@cache:7000/2'))).toBe('cache:7000, database 2');
  });
});

describe('what INFO says against a server', () => {
  const fine = 'redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nloading:0\r\n';

  it('has nothing against a proper one', () => {
    expect(stateIn(fine).problems).toEqual([]);
  });
  it('names eviction', () => {
    expect(stateIn(fine.replace('noeviction', 'allkeys-lru')).problems).toEqual([
      expect.stringContaining('allkeys-lru'),
    ]);
  });
  it('names missing persistence', () => {
    expect(stateIn(fine.replace('aof_enabled:1', 'aof_enabled:0')).problems).toEqual([
      expect.stringContaining('appendonly'),
    ]);
  });
  it.each([
    ['a replica', 'role:slave\r\n', 'is a replica, which takes no writes'],
    ['a file that cannot be written', 'aof_last_write_status:err\r\n', 'can’t write its append-only file'],
    ['memory that is nearly used up', 'used_memory:95000000\r\nmaxmemory:100000000\r\n', '(91 of 95 MiB)'],
  ])('names %s', (_what, fields, said) => {
    expect(stateIn(fine + fields)).toEqual({ works: true, problems: [expect.stringContaining(said)] });
  });
  it.each([
    'role:master\r\naof_last_write_status:ok\r\n',
    'used_memory:80000000\r\nmaxmemory:100000000\r\n',
    'used_memory:80000000\r\nmaxmemory:0\r\n',
  ])('holds nothing against %j', (fields) => {
    expect(stateIn(fine + fields).problems).toEqual([]);
  });
  it('holds nothing against a server that does not say', () => {
    expect(stateIn('redis_version:7.0.15\r\n').problems).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { kindProblemIn, stateIn } from '../../../src/adapters/queue/redis/info.ts';

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
    ['a replica', 'role:slave\r\n', 'is a replica, which rejects writes'],
    ['a file that cannot be written', 'aof_last_write_status:err\r\n', 'can’t write its append-only file'],
    [
      'memory that is nearly used up',
      'used_memory:95000000\r\nmaxmemory:100000000\r\n',
      'nearly used up its memory (91 of 95 MiB)',
    ],
    [
      'memory that is used up',
      'used_memory:100000000\r\nmaxmemory:100000000\r\n',
      'has used up its memory (95 of 95 MiB)',
    ],
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

describe('what INFO says of the kind of server', () => {
  it.each([
    ['standalone', null],
    ['cluster', expect.stringContaining('Redis Cluster')],
    ['sentinel', expect.stringContaining('redis+sentinel://')],
  ])('%s', (mode, problem) => {
    expect(kindProblemIn(`redis_version:7.0.15\r\nredis_mode:${mode}\r\n`)).toEqual(problem);
  });
  it('is unknown, and so no problem, when it does not say', () => {
    expect(kindProblemIn('')).toBeNull();
  });
});

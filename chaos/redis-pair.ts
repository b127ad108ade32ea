/** A Redis behind a proxy, with a replica when one is wanted, and what can happen to it. */
import { Redis } from 'ioredis';
import { createRedisServer, type RedisServer } from '../test/adapters/queue/redis-server.ts';
import { pause } from './pause.ts';
import { startTcpProxy } from './tcp-proxy.ts';

export interface RedisPair {
  /** Of the proxy. */
  readonly url: string;
  /** Ends it without a goodbye and starts it again from its append-only file. */
  restart(awayMs: number): Promise<void>;
  freeze(ms: number): Promise<void>;
  /** For so long it takes no writes: its memory is used up. */
  fill(ms: number): Promise<void>;
  flush(): Promise<void>;
  /**
   * The replica, which has everything, becomes the master, and the master its replica. New connections reach the new master; the
   * others stay where they are. False when the replica was not ready to take over.
   */
  failOver(): Promise<boolean>;
  /** Existing connections go silent, new ones work. */
  silence(): void;
  remove(): Promise<void>;
}

export async function startRedisPair({ hasReplica }: { readonly hasReplica: boolean }): Promise<RedisPair> {
  const servers = await Promise.all(Array.from({ length: hasReplica ? 2 : 1 }, createRedisServer));
  await Promise.all(servers.map((server) => server.start()));
  let [master, replica] = servers;
  if (master === undefined) throw new Error('There is no Redis.');
  const proxy = await startTcpProxy(portOf(master));
  if (replica !== undefined) await follow(replica, master);

  return {
    url: `redis://127.0.0.1:${proxy.port}`,
    async restart(awayMs) {
      await current().kill();
      await pause(awayMs);
      await current().start();
    },
    async freeze(ms) {
      const frozen = current();
      frozen.freeze();
      await pause(ms);
      frozen.thaw();
    },
    async fill(ms) {
      const used = /used_memory:(\d+)/.exec(await ask(current(), 'INFO', 'memory'))?.[1] ?? '0';
      await ask(current(), 'CONFIG', 'SET', 'maxmemory', String(Math.floor(Number(used) * 0.8)));
      await pause(ms);
      await ask(current(), 'CONFIG', 'SET', 'maxmemory', '0');
    },
    async flush() {
      await ask(current(), 'FLUSHALL');
    },
    async failOver() {
      if (replica === undefined || !(await isFollowing(replica))) return false;
      await ask(current(), 'FAILOVER', 'TO', '127.0.0.1', String(portOf(replica)), 'TIMEOUT', '5000');
      for (let tries = 0; tries < 60 && !(await isMaster(replica)); tries += 1) await pause(100);
      if (!(await isMaster(replica))) return false;
      [master, replica] = [replica, current()];
      proxy.pointTo(portOf(current()));
      return true;
    },
    silence: proxy.silence,
    async remove() {
      await proxy.close();
      await Promise.all(servers.map((server) => server.remove()));
    },
  };

  function current(): RedisServer {
    if (master === undefined) throw new Error('There is no Redis.');
    return master;
  }
}

async function follow(replica: RedisServer, master: RedisServer): Promise<void> {
  // Otherwise a master waits five seconds for more replicas before it sends what it has.
  for (const server of [replica, master]) await ask(server, 'CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
  await ask(replica, 'REPLICAOF', '127.0.0.1', String(portOf(master)));
  while (!(await isFollowing(replica))) await pause(100);
}

async function isFollowing(replica: RedisServer): Promise<boolean> {
  return (await ask(replica, 'INFO', 'replication')).includes('master_link_status:up');
}

async function isMaster(server: RedisServer): Promise<boolean> {
  return (await ask(server, 'INFO', 'replication')).includes('role:master');
}

async function ask(server: RedisServer, command: string, ...args: readonly string[]): Promise<string> {
  const client = new Redis(server.url);
  client.on('error', () => undefined);
  try {
    return String(await client.call(command, ...args));
  } finally {
    client.disconnect();
  }
}

function portOf({ url }: RedisServer): number {
  return Number(new URL(url).port);
}

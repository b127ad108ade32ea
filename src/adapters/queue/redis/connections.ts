/** The Redis connections of one process, and how each detects that it is dead. */
import type { Redis, RedisOptions } from 'ioredis';
import { QueueConnection } from './connection.ts';
import type { Outages } from './outages.ts';

/** For handlers. A command is rejected immediately when there is no connection, or when the connection ends before the reply. */
export const IMPATIENT = { enableOfflineQueue: false, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false };
/** For workers. A command waits for a connection, and is resent when the connection ends before the reply. */
const PATIENT = { maxRetriesPerRequest: null };
const HEARTBEAT_TTL_MS = 60_000;

export interface Connections {
  readonly front: Redis;
  /** Shared by all workers and their jobs. A worker opens a second connection itself, on which it waits for jobs. */
  back(): Redis;
  close(): void;
}

export function openConnections(options: RedisOptions, heartbeatKey: string, outages: Outages): Connections {
  const ends: (() => void)[] = [];
  function connect(patience: RedisOptions, beat: (redis: Redis) => Promise<unknown>): Redis {
    const redis: Redis = new QueueConnection({ ...options, ...patience });
    redis.on('error', outages.note);
    const rest = keepAlive(redis, () => beat(redis));
    ends.push(() => {
      rest();
      redis.disconnect();
    });
    return redis;
  }

  /** Checks by writing, because a Redis that is full or became a replica still responds to reads. */
  async function write(redis: Redis): Promise<void> {
    try {
      await redis.set(heartbeatKey, Date.now(), 'PX', HEARTBEAT_TTL_MS);
      outages.works();
    } catch (error) {
      outages.note(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  const front = connect(IMPATIENT, write);
  let back: Redis | null = null;
  return {
    front,
    back() {
      back ??= connect(PATIENT, (redis) => redis.ping());
      return back;
    },
    close() {
      for (const end of ends) end();
    },
  };
}

const BEAT_MS = 2000;
/** Counted in ticks, not in time, so that a blocked event loop, which can't read replies, counts as a single miss. */
const MOST_MISSED = 2;

/**
 * Sends a command every two seconds, and destroys the connection when two in a row get no reply. Returns the function that
 * stops it. Without it, a dead connection that isn't in use would go unnoticed.
 */
function keepAlive(redis: Redis, beat: () => Promise<unknown>): () => void {
  let isWaiting = false;
  let missed = 0;
  const timer = setInterval(() => {
    missed = isWaiting && redis.status === 'ready' ? missed + 1 : 0;
    if (missed === MOST_MISSED) redis.stream.destroy(new Error(`no reply for ${(MOST_MISSED * BEAT_MS) / 1000} s`));
    if (isWaiting || redis.status !== 'ready') return;
    isWaiting = true;
    beat()
      .catch(() => undefined)
      .finally(() => {
        isWaiting = false;
      });
  }, BEAT_MS).unref();
  return () => clearInterval(timer);
}

const FIRST_CONNECTION_MS = 2000;

/**
 * Waits briefly, because commands sent before the first connection are rejected. Also resolves if there is no connection in
 * time. Rejects when `reasonAgainst` finds an error that shows that Redis won't work with these settings.
 */
export function firstConnection(redis: Redis, reasonAgainst: (error: Error) => Error | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(end, FIRST_CONNECTION_MS);
    function refuse(error: Error): void {
      const against = reasonAgainst(error);
      if (against === null) return;
      reject(against);
      end();
    }
    function end(): void {
      clearTimeout(limit);
      redis.off('error', refuse);
      redis.off('ready', end);
      resolve();
    }
    redis.on('error', refuse);
    redis.on('ready', end);
  });
}

/**
 * Indexes which keys belong to a workspace, so that they can be deleted without a database scan. The index has one entry per
 * ID, not per key `part:id`, because a request has one ID and about ten keys, so an answer costs about two commands.
 */
import type { Redis } from 'ioredis';
import { createCache } from '../../../jobs/cache.ts';

export interface OwnedKeys {
  /** Send this before the value itself, on the same connection, so that a crash can't leave a value that isn't in the index. */
  note(key: string, ttlMs: number | undefined): void;
  noteMember(set: string, member: string): void;
  /** See `Store.deleteOwnedBy`. */
  delete(teamId: string, keep: readonly string[]): Promise<boolean>;
}

const INDEX = 'belongings';
/** The first id of a workspace or an organization between hyphens. */
const OWNER = /[-:]([TE][A-Z0-9]+)(?:-|$)/;
const IDS_PER_STEP = 200;
const KEYS_PER_SCAN = 1000;
/** Values that expire soon after an uninstall aren't worth a command. */
const SHORT_MS = 10 * 60_000;
/** Longer than the values of a request are kept, so that its ID is entered only once. */
const USUAL_MS = 31 * 24 * 3_600_000;
/** Entries may be deleted by another process, so they are only remembered for a short time. */
const REMEMBERED = { maxEntries: 10_000, ttlMs: 60_000 };
/** Number of new entries after which a process removes expired ones. */
const ENTRIES_PER_TRIM = 100;

export function createOwnedKeys(redis: Redis, at: (key: string) => string): OwnedKeys {
  const index = createIndex(redis, at);

  /** Once per database, indexes the values that versions without this index stored. True when that was done now. */
  async function enterEarlierValues(): Promise<boolean> {
    const complete = at(`${INDEX}-complete`);
    if ((await redis.exists(complete)) === 1) return false;
    const own = at('');
    for await (const keys of redis.scanStream({ match: `${own}*`, count: KEYS_PER_SCAN })) {
      for (const key of keys as string[]) {
        if (!key.startsWith(at(INDEX))) index.note(key.slice(own.length), undefined);
      }
    }
    await redis.set(complete, 'yes');
    return true;
  }

  return {
    ...index,
    async delete(teamId, keep) {
      const ids = await redis.zrange(index.of(teamId), 0, String(IDS_PER_STEP - 1));
      index.forgetEntered();
      if (ids.length === 0) return enterEarlierValues();
      const [parts, sets] = await Promise.all([redis.smembers(index.parts), redis.smembers(index.sets)]);
      const keys = ids.flatMap((id) => parts.map((part) => `${part}:${id}`)).filter((key) => !keep.includes(key));
      await Promise.all([
        ...sets.filter((set) => !keep.includes(set)).map((set) => redis.zrem(at(set), ...ids)),
        ...(keys.length === 0 ? [] : [redis.unlink(keys.map(at))]),
      ]);
      // Last, so that an interrupted deletion finds the entries again.
      await redis.zrem(index.of(teamId), ...ids);
      return true;
    },
  };
}

interface Index extends Pick<OwnedKeys, 'note' | 'noteMember'> {
  /** The key of a workspace's ids, ordered by when the last of their values expires. */
  of(teamId: string): string;
  /** The keys of all first parts of keys, and of all sets with members that are ids. */
  readonly parts: string;
  readonly sets: string;
  forgetEntered(): void;
}

function createIndex(redis: Redis, at: (key: string) => string): Index {
  /** When each entry expires from the index, in milliseconds. */
  const entered = createCache<number>(REMEMBERED);
  const [parts, sets] = [at(`${INDEX}-parts`), at(`${INDEX}-sets`)];
  const indexOf = (teamId: string) => at(`${INDEX}:${teamId}`);
  let entries = 0;

  function send(command: Promise<unknown>): void {
    // The value that follows on the same connection also fails, which its caller handles.
    command.catch(() => entered.clear());
  }

  function enter(owner: string, id: string, ttlMs: number): void {
    const now = Date.now();
    const key = `${owner} ${id}`;
    if ((entered.get(key) ?? 0) >= now + ttlMs) return;
    const until = now + Math.max(ttlMs, USUAL_MS);
    entered.set(key, until);
    send(redis.zadd(indexOf(owner), 'GT', until === Number.POSITIVE_INFINITY ? '+inf' : String(until), id));
    entries += 1;
    if (entries % ENTRIES_PER_TRIM === 0) send(redis.zremrangebyscore(indexOf(owner), '-inf', String(now)));
  }

  function enterOnce(set: string, name: string): void {
    const key = `${set} ${name}`;
    if (entered.get(key) !== undefined) return;
    entered.set(key, 1);
    send(redis.sadd(set, name));
  }

  function note(key: string, ttlMs = Number.POSITIVE_INFINITY): void {
    const owner = ttlMs < SHORT_MS ? undefined : OWNER.exec(key)?.[1];
    if (owner === undefined) return;
    const split = key.indexOf(':');
    enterOnce(parts, key.slice(0, split));
    enter(owner, key.slice(split + 1), ttlMs);
  }

  return {
    parts,
    sets,
    of: indexOf,
    note,
    noteMember(set, member) {
      if (OWNER.test(set)) return note(set);
      const owner = OWNER.exec(`:${member}`)?.[1];
      if (owner === undefined) return;
      enterOnce(sets, set);
      enter(owner, member, USUAL_MS);
    },
    forgetEntered: () => entered.clear(),
  };
}

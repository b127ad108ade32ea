import type { Store } from '../../../jobs/ports.ts';
import type { Session } from './turns.ts';

/** SQL for the first id of a workspace or an organization between hyphens. */
const ownerIn = (key: string) => `substring(${key} from '[-:]([TE][A-Z0-9]+)(?:-|$)')`;
/** The tables, their keys, and the columns that can name an owner. */
const OWNED = [
  { table: 'entry', name: 'key', key: 'key' },
  { table: 'item', name: 'list', key: 'list' },
  { table: 'ranked', name: 'set', key: 'set' },
  { table: 'ranked', name: 'set', key: "(':' || member)" },
] as const;
const ROWS_PER_STEP = 500;

/** Table names include the schema, because the queue changes the search path of the only session. */
const SCHEMA = `
  CREATE SCHEMA IF NOT EXISTS bot;
  CREATE TABLE IF NOT EXISTS bot.entry (key text PRIMARY KEY, value text NOT NULL, expires_at timestamptz);
  CREATE TABLE IF NOT EXISTS bot.item (
    list text NOT NULL, value text NOT NULL, position bigserial, expires_at timestamptz NOT NULL,
    PRIMARY KEY (list, value)
  );
  CREATE TABLE IF NOT EXISTS bot.ranked (
    set text NOT NULL, member text NOT NULL, place double precision NOT NULL, PRIMARY KEY (set, member)
  );
  CREATE INDEX IF NOT EXISTS ranked_in_order ON bot.ranked (set, place);
  ${OWNED.map(({ table, key }, n) => `CREATE INDEX IF NOT EXISTS owned_${n} ON bot.${table} (${ownerIn(key)});`).join('\n')}`;

const FOREVER_MS = 100 * 365 * 24 * 3_600_000;
const EXPIRY = "now() + $3 * interval '1 millisecond'";

export async function createTables(session: Session): Promise<void> {
  await session.exec(SCHEMA);
}

export function createPgliteStore(db: Session, reportUnreadable: Store['reportUnreadable']): Store {
  return {
    reportUnreadable,
    async get(key) {
      const { rows } = await db.query<{ value: string }>(
        'SELECT value FROM bot.entry WHERE key = $1 AND expires_at > now()',
        [key],
      );
      return rows[0]?.value ?? null;
    },
    async set(key, value, ttlMs = FOREVER_MS) {
      await db.query(
        `INSERT INTO bot.entry VALUES ($1, $2, ${EXPIRY})
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
        [key, value, ttlMs],
      );
    },
    async setIfAbsent(key, value, ttlMs = FOREVER_MS) {
      const { affectedRows } = await db.query(
        `INSERT INTO bot.entry VALUES ($1, $2, ${EXPIRY})
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
         WHERE bot.entry.expires_at <= now()`,
        [key, value, ttlMs],
      );
      return affectedRows === 1;
    },
    async delete(key) {
      await db.query('DELETE FROM bot.entry WHERE key = $1', [key]);
    },
    async getMany(keys) {
      const { rows } = await db.query<{ key: string; value: string }>(
        'SELECT key, value FROM bot.entry WHERE key = ANY($1) AND expires_at > now()',
        [keys],
      );
      const values = new Map(rows.map(({ key, value }) => [key, value]));
      return keys.map((key) => values.get(key) ?? null);
    },
    ...leasesIn(db),
    ...rankedIn(db),
    ...ownedIn(db),
    async append(list, value, ttlMs, most) {
      await db.query(
        `WITH extended AS (
           UPDATE bot.item SET expires_at = ${EXPIRY} WHERE list = $1 AND value <> $2 AND expires_at > now()
         )
         INSERT INTO bot.item (list, value, expires_at) VALUES ($1, $2, ${EXPIRY})
         ON CONFLICT (list, value) DO UPDATE SET expires_at = excluded.expires_at,
           position = CASE WHEN bot.item.expires_at > now() THEN bot.item.position ELSE excluded.position END`,
        [list, value, ttlMs],
      );
      if (most === undefined) return;
      await db.query(
        `DELETE FROM bot.item WHERE list = $1
         AND position <= (SELECT position FROM bot.item WHERE list = $1 ORDER BY position DESC OFFSET $2 LIMIT 1)`,
        [list, most],
      );
    },
    async list(list) {
      const { rows } = await db.query<{ value: string }>(
        'SELECT value FROM bot.item WHERE list = $1 AND expires_at > now() ORDER BY position',
        [list],
      );
      return rows.map(({ value }) => value);
    },
    async removeFromList(list, value) {
      await db.query('DELETE FROM bot.item WHERE list = $1 AND value = $2', [list, value]);
    },
  };
}

function leasesIn(db: Session): Pick<Store, 'setWhileHeld' | 'replace' | 'release'> {
  return {
    async replace(key, expected, value) {
      const { affectedRows } =
        value === null
          ? await db.query('DELETE FROM bot.entry WHERE key = $1 AND value = $2', [key, expected])
          : await db.query('UPDATE bot.entry SET value = $3 WHERE key = $1 AND value = $2', [key, expected, value]);
      return affectedRows === 1;
    },
    async setWhileHeld({ key: lease, holder, ttlMs: leaseMs }, key, value, ttlMs) {
      const { affectedRows } = await db.query(
        `WITH held AS (
           UPDATE bot.entry SET expires_at = now() + $5 * interval '1 millisecond'
           WHERE key = $4 AND value = $6 AND expires_at > now() RETURNING key
         )
         INSERT INTO bot.entry SELECT $1, $2, ${EXPIRY} FROM held
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
        [key, value, ttlMs, lease, leaseMs, holder],
      );
      return affectedRows === 1;
    },
    async release({ key, holder }) {
      await db.query('DELETE FROM bot.entry WHERE key = $1 AND value = $2', [key, holder]);
    },
  };
}

function rankedIn(db: Session): Pick<Store, 'rank' | 'ranked' | 'areRanked' | 'unrank'> {
  return {
    async rank(set, member, order) {
      await db.query('INSERT INTO bot.ranked VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [set, member, order]);
    },
    async ranked(set, { upTo = Number.MAX_VALUE, limit }) {
      const { rows } = await db.query<{ member: string; order: number }>(
        `SELECT member, place AS order FROM bot.ranked WHERE set = $1 AND place <= $2 ORDER BY place, member LIMIT $3`,
        [set, upTo, limit],
      );
      return rows;
    },
    async areRanked(set, members) {
      const { rows } = await db.query<{ member: string }>(
        'SELECT member FROM bot.ranked WHERE set = $1 AND member = ANY($2)',
        [set, members],
      );
      const found = new Set(rows.map(({ member }) => member));
      return members.map((member) => found.has(member));
    },
    async unrank(set, member) {
      const { affectedRows } = await db.query('DELETE FROM bot.ranked WHERE set = $1 AND member = $2', [set, member]);
      return affectedRows === 1;
    },
  };
}

function ownedIn(db: Session): Pick<Store, 'deleteOwnedBy'> {
  return {
    async deleteOwnedBy(teamId, keep = []) {
      let isMoreLeft = false;
      for (const { table, name, key } of OWNED) {
        const { affectedRows = 0 } = await db.query(
          `DELETE FROM bot.${table} WHERE ctid IN (
             SELECT ctid FROM bot.${table} WHERE ${ownerIn(key)} = $1 AND ${name} <> ALL($2) LIMIT ${ROWS_PER_STEP}
           )`,
          [teamId, keep],
        );
        isMoreLeft ||= affectedRows === ROWS_PER_STEP;
      }
      return isMoreLeft;
    },
  };
}

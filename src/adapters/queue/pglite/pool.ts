/**
 * PGlite in the shape of node-postgres' pool, as far as the queue uses it. PGlite has one session: all clients share it, each
 * query waits for the previous one, and notifications come through `listen` instead of a socket.
 */
import { EventEmitter } from 'node:events';
import type { PGlite, QueryOptions } from '@electric-sql/pglite';
import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import type { Session } from './turns.ts';

/** 64-bit integers as text, as node-postgres gives them. */
const OPTIONS: QueryOptions = { parsers: { 20: (value) => value } };
/** The queue's statements begin with comments. */
const LISTEN = /^[ \t]*LISTEN\s+"?([A-Za-z0-9_]+)"?/im;

/**
 * Ending the pool leaves the database open. Notifications come directly from the database; statements wait for their turn in
 * the session.
 */
export function createPglitePool(db: Pick<PGlite, 'listen'>, session: Session): PgPool {
  async function query(text: string, parameters: readonly unknown[] = []): Promise<PgQueryResult> {
    if (parameters.length > 0) return resultOf(await session.query(text, parameters, OPTIONS));
    const results = await session.exec(text, OPTIONS);
    return resultOf(results.at(-1) ?? { rows: [] });
  }

  async function connect(): Promise<PgPoolClient> {
    const events = new EventEmitter();
    const unlisteners: (() => Promise<void>)[] = [];
    return Object.assign(events, {
      // The database is in this process, so a connection can't drop silently.
      connection: { stream: { setKeepAlive: () => undefined } },
      async query(text: string, parameters?: readonly unknown[]): Promise<PgQueryResult> {
        const channel = LISTEN.exec(text)?.[1];
        if (channel !== undefined) {
          unlisteners.push(await db.listen(channel, (payload) => events.emit('notification', { channel, payload })));
          return { rows: [] };
        }
        // All clients share one session, so a name would apply to all of them.
        if (text.includes("set_config('application_name'")) return { rows: [] };
        return query(text, parameters);
      },
      release() {
        // Errors don't matter: a closed database has stopped listening.
        for (const unlisten of unlisteners.splice(0)) unlisten().catch(() => undefined);
      },
    });
  }

  // Every queue and worker listens for errors here.
  return Object.assign(new EventEmitter().setMaxListeners(0), {
    options: { keepAlive: true },
    query,
    connect,
    end: async () => undefined,
  });
}

function resultOf(result: { readonly rows: unknown[]; readonly affectedRows?: number }): PgQueryResult {
  return { rows: result.rows, rowCount: result.affectedRows || result.rows.length };
}

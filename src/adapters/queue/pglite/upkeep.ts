/**
 * Maintenance that a PostgreSQL server does in the background but PGlite doesn't. Without it, dead rows and the write-ahead log
 * would grow as long as the process runs.
 */
import type { Logger } from 'pino';
import { isQueueUnavailable } from '../queue-errors.ts';
import type { Session } from './turns.ts';

const EVERY_MS = 60_000;

const DELETE_EXPIRED = ['bot.entry', 'bot.item'].map((table) => `DELETE FROM ${table} WHERE expires_at < now()`);
const TABLES = `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('bot', 'bullmq')`;

/** Each step is a separate statement, so that others can run in between. */
export async function tidyUp(session: Session): Promise<void> {
  for (const statement of DELETE_EXPIRED) await session.exec(statement);
  const { rows } = await session.query<{ name: string }>(TABLES);
  for (const { name } of rows) await session.exec(`VACUUM ${name}`);
  await session.exec('CHECKPOINT');
}

/** Returns the function that stops it. */
export function keepTidy(session: Session, log: Logger): () => void {
  let isTidying = false;
  const timer = setInterval(async () => {
    if (isTidying) return;
    isTidying = true;
    await tidyUp(session).catch((err: unknown) => {
      if (!isQueueUnavailable(err)) log.warn({ err }, 'could not tidy up the queue');
    });
    isTidying = false;
  }, EVERY_MS).unref();
  return () => clearInterval(timer);
}

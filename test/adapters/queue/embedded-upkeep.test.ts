/** What PGlite leaves to the bot: turns between statements, upkeep, and a disk that becomes full. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { type DiskRoom, watchRoom } from '../../../src/adapters/queue/pglite/disk-room.ts';
import { createPgliteStore, createTables } from '../../../src/adapters/queue/pglite/store.ts';
import { type Turns, takeTurns } from '../../../src/adapters/queue/pglite/turns.ts';
import { tidyUp } from '../../../src/adapters/queue/pglite/upkeep.ts';
import { isQueueUnavailable } from '../../../src/adapters/queue/queue-errors.ts';
import { DELIVERIES, type QueueBackend } from '../../../src/jobs/queue/queues.ts';
import { emptyDatabase } from './empty-database.ts';
import { until } from './until.ts';

const logged: string[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line).msg) });
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe('the session of the embedded queue', () => {
  let dataDir: string;
  let db: PGlite;
  let turns: Turns;
  let room: DiskRoom;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-session-'));
    await cp(await emptyDatabase(), join(dataDir, 'postgres'), { recursive: true });
    db = await PGlite.create(join(dataDir, 'postgres'));
    room = watchRoom(dataDir, log);
    turns = takeTurns(db, room);
  });
  afterEach(async () => {
    room.end();
    await db.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('serves handlers before workers, and everything else in between', async () => {
    const order: string[] = [];
    const patient = [1, 2, 3].map((n) => turns.patient.query('SELECT 1').then(() => order.push(`patient ${n}`)));
    setImmediate(() => order.push('the event loop'));
    const urgent = turns.urgent.query('SELECT 1').then(() => order.push('urgent'));
    await Promise.all([...patient, urgent]);
    expect(order).toEqual(['urgent', 'the event loop', 'patient 1', 'patient 2', 'patient 3']);
  });

  it('lets handlers wait for a limited time only, and does not execute what they gave up', async () => {
    const blocking = turns.urgent.query('SELECT pg_sleep(2)');
    const late = turns.urgent.query('CREATE TABLE given_up ()');
    const error: unknown = await late.catch((err: unknown) => err);
    expect(isQueueUnavailable(error)).toBe(true);
    await blocking;
    expect((await turns.urgent.query(`SELECT to_regclass('given_up') AS name`)).rows).toEqual([{ name: null }]);
  });

  it('rejects what waits when it ends', async () => {
    const waiting = turns.patient.query('SELECT 1').catch((err: unknown) => err);
    turns.end();
    expect(isQueueUnavailable(await waiting)).toBe(true);
    await expect(turns.patient.query('SELECT 1')).rejects.toThrow('PGlite is closing');
  });

  it('does not grow while values are replaced and expire', async () => {
    await createTables(turns.patient);
    const store = createPgliteStore(turns.patient, () => undefined);
    const size = async () => {
      const relation = `SELECT sum(pg_total_relation_size(('bot.' || tablename)::regclass))::int AS bytes FROM pg_tables WHERE schemaname = 'bot'`;
      return (await turns.patient.query<{ bytes: number }>(relation)).rows[0]?.bytes ?? 0;
    };
    const unsaved = async () => {
      const distance = 'SELECT (pg_current_wal_lsn() - redo_lsn)::int AS bytes FROM pg_control_checkpoint()';
      return (await turns.patient.query<{ bytes: number }>(distance)).rows[0]?.bytes ?? 0;
    };
    async function writeMuch(): Promise<void> {
      for (let n = 0; n < 60; n++)
        await store.set(`answer:${n % 10}`, randomBytes(21_000).toString('base64'), 3_600_000);
      for (let n = 0; n < 10; n++) await store.set(`over:${n}`, randomBytes(21_000).toString('base64'), 1);
      await until('the last has expired', async () => (await store.get('over:9')) === null);
      await tidyUp(turns.patient);
    }
    await writeMuch();
    const sizeBefore = await size();
    for (let round = 0; round < 2; round++) await writeMuch();
    expect(await size()).toBeLessThanOrEqual(sizeBefore * 1.5);
    // What is before the last checkpoint makes room for more.
    expect(await unsaved()).toBeLessThan(100_000);
    expect((await turns.patient.query(`SELECT 1 FROM bot.entry WHERE key LIKE 'over:%'`)).rows).toEqual([]);
  });
});

/** Mounting needs the rights of an administrator. */
function mountSmallDisk(directory: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', directory]).status === 0;
}

describe('the embedded queue on a full disk', () => {
  let dataDir: string;
  let isMounted: boolean;
  let backend: QueueBackend;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-full-'));
    isMounted = mountSmallDisk(dataDir);
    if (!isMounted) return;
    await cp(await emptyDatabase(), join(dataDir, 'postgres'), { recursive: true });
    backend = await openQueueBackend({ redisUrl: null, dataDir, log });
  });
  afterEach(async () => {
    if (isMounted) {
      await backend.close();
      spawnSync('umount', ['-l', dataDir]);
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  it('refuses what handlers ask, keeps what workers write until there is room, and says each once', async ({
    skip,
  }) => {
    skip(!isMounted, 'a disk of its own cannot be mounted here');
    onTestFinished(() => void logged.splice(0));
    logged.length = 0;
    const ballast = join(dataDir, 'ballast');
    const file = openSync(ballast, 'w');
    expect(() => {
      for (;;) writeSync(file, Buffer.alloc(4096));
    }).toThrow('ENOSPC');
    closeSync(file);

    const value = () => randomBytes(60_000).toString('base64');
    const first = backend.back.store.set('kept:0', value());
    await until('a worker has found the disk full', () => logged.length > 0);
    const refused: unknown = await backend.front.store.set('refused:1', value()).catch((err: unknown) => err);
    expect(isQueueUnavailable(refused)).toBe(true);
    const kept = ['kept:1', 'kept:2', 'kept:3'].map((key) => backend.back.store.set(key, value()));
    const job = backend.back.queue(DELIVERIES).add('job', { n: 1 });
    for (let n = 0; n < 50; n++) await backend.front.store.set('refused:2', value()).catch(() => undefined);
    expect(await backend.front.store.get('refused:1')).toBeNull();
    expect(await backend.health()).toMatchObject({ ok: false, problems: [expect.stringContaining('disk')] });
    expect(logged).toEqual([expect.stringContaining('the disk of the queue is full')]);

    await rm(ballast);
    await Promise.all([first, ...kept, job]);
    expect(await backend.front.store.get('kept:0')).not.toBeNull();
    await until('it is well again', async () => (await backend.health()).ok);
    await backend.front.store.set('taken:1', value());
    expect(logged.slice(1)).toEqual(['the disk of the queue has room again']);
  });
});

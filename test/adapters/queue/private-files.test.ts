/** Who may read the files of the embedded queue: nobody else, whatever they were before and whatever PGlite makes of them. */
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { makePrivate } from '../../../src/adapters/queue/pglite/private-files.ts';
import { DELIVERIES } from '../../../src/jobs/queue/queues.ts';
import { emptyDatabase } from './empty-database.ts';

const SOMEBODY_ELSE = 65_534;

let outside: string;
let dataDir: string;
const logged: { msg: string; changed?: number }[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
beforeEach(async () => {
  logged.length = 0;
  outside = await mkdtemp(join(tmpdir(), 'ktrdr-private-'));
  dataDir = join(outside, 'data');
  await mkdir(dataDir);
});
afterEach(() => rm(outside, { recursive: true, force: true }));

const open = () => openQueueBackend({ redisUrl: null, dataDir, log });

/** Every path below the directory, and itself, with its rights. */
async function rights(): Promise<readonly (readonly [path: string, mode: number, wanted: number])[]> {
  const names = await readdir(dataDir, { recursive: true });
  return Promise.all(
    ['.', ...names].map(async (name) => {
      const entry = await stat(join(dataDir, name));
      return [name, entry.mode & 0o777, entry.isDirectory() ? 0o700 : 0o600] as const;
    }),
  );
}

async function openToOthers(): Promise<readonly string[]> {
  return (await rights()).filter(([, mode, wanted]) => mode !== wanted).map(([path]) => path);
}

describe('the files of the embedded queue', () => {
  it('are private from the first start on, those that come later included', async () => {
    const backend = await open();
    await backend.front.queue(DELIVERIES).add('later', { text: 'x'.repeat(100_000) }, { delay: 3_600_000 });
    for (let n = 0; n < 50; n += 1) await backend.front.store.set(`kept:${n}`, 'x'.repeat(10_000));
    expect(await openToOthers()).toEqual([]);
    await backend.close();
    expect(await openToOthers()).toEqual([]);
    expect((await rights()).length).toBeGreaterThan(100);
  });

  it('are made private at the start, which the log says once', async () => {
    await cp(await emptyDatabase(), join(dataDir, 'postgres'), { recursive: true });
    await mkdir(join(dataDir, 'redis', 'appendonlydir'), { recursive: true });
    await writeFile(join(dataDir, 'redis', 'appendonlydir', 'aof'), 'x');
    await writeFile(join(dataDir, 'run.sh'), 'x');
    for (const [name, , wanted] of await rights()) await chmod(join(dataDir, name), wanted === 0o700 ? 0o777 : 0o666);
    await writeFile(join(outside, 'elsewhere'), 'x', { mode: 0o644 });
    await symlink(join(outside, 'elsewhere'), join(dataDir, 'redis', 'link'));
    const count = (await rights()).length - 1;

    await (await open()).close();
    expect((await openToOthers()).filter((name) => !name.endsWith('link'))).toEqual([]);
    expect((await stat(join(outside, 'elsewhere'))).mode & 0o777).toBe(0o644);
    const said = () => logged.filter(({ msg }) => msg.includes('other users could read'));
    expect(said()).toMatchObject([{ changed: count }]);
    await (await open()).close();
    expect(said()).toHaveLength(1);
  });

  it('are not kept where another user owns the directory or a file in it', async () => {
    // Only root can give a file away, and only others find one that root owns.
    const isRoot = process.getuid?.() === 0;
    const theirs = isRoot ? join(dataDir, 'postgres') : '/usr/bin';
    if (isRoot) {
      await writeFile(theirs, 'x');
      await chown(theirs, SOMEBODY_ELSE, SOMEBODY_ELSE);
    }
    const where = isRoot ? dataDir : theirs;
    const opening = openQueueBackend({ redisUrl: null, dataDir: where, log });
    await expect(opening).rejects.toThrow(/ belongs to another user \(\d+\), .* or set another DATA_DIR\.$/);
  });

  it.each([
    ['the working directory', process.cwd()],
    ['a directory around it', dirname(process.cwd())],
    ['the home directory', homedir()],
    ['all', '/'],
  ])('are not kept in %s, whose other files would be closed', async (_what, directory) => {
    const { mode } = await stat(directory);
    await expect(makePrivate(directory)).rejects.toThrow('Set it to a separate directory');
    expect((await stat(directory)).mode).toBe(mode);
  });

  it('are not kept among the files of another program, of which none changes', async () => {
    await mkdir(join(dataDir, 'postgres'), { mode: 0o755 });
    await writeFile(join(dataDir, 'hosts'), 'x', { mode: 0o644 });
    const before = await rights();
    await expect(open()).rejects.toThrow(/which contains .*hosts\. Set it to a separate directory/);
    expect(await rights()).toEqual(before);
  });

  it('are kept beside files that were put into a directory of their own, which stay as they are', async () => {
    await (await open()).close();
    await writeFile(join(dataDir, 'copy.sh'), 'x', { mode: 0o755 });
    await mkdir(join(dataDir, 'lost+found'), { mode: 0o755 });
    await (await open()).close();
    expect(await openToOthers()).toEqual(['copy.sh', 'lost+found']);
  });
});

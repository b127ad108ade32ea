/** An embedded database as its first start leaves it: making one takes seconds of processor time, and every suite needs one. */
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { z } from 'zod';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const packageSchema = z.object({ dependencies: z.object({ '@electric-sql/pglite': z.string(), bullmq: z.string() }) });

/** The path of a database to copy, which must not be opened itself. It is kept for as long as its packages stay the same. */
export async function emptyDatabase(): Promise<string> {
  const { dependencies } = packageSchema.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
  const cache = join(ROOT, 'node_modules', '.cache', 'ktrdr-bot');
  const path = join(cache, `postgres-${dependencies['@electric-sql/pglite']}-${dependencies.bullmq}`);
  if (await exists(path)) return path;
  await mkdir(cache, { recursive: true });
  const dataDir = await mkdtemp(join(cache, 'making-'));
  const backend = await openQueueBackend({ redisUrl: null, dataDir, log: pino({ level: 'silent' }) });
  await backend.close();
  await rename(join(dataDir, 'postgres'), path).catch(async (error: unknown) => {
    // Another suite was faster.
    if (!(await exists(path))) throw error;
  });
  await rm(dataDir, { recursive: true, force: true });
  return path;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

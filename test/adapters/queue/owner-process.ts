/** Opens an embedded queue, or only locks its directory, says so or why it can't, and waits to be killed. */
import { pino } from 'pino';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { lockDirectory } from '../../../src/adapters/queue/pglite/directory-lock.ts';
import { DELIVERIES } from '../../../src/jobs/queue/queues.ts';

const [dataDir = '', part] = process.argv.slice(2);
try {
  if (part === 'lock') await lockDirectory(dataDir);
  else await openQueue();
  process.stdout.write('opened\n');
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
}
setInterval(() => undefined, 1000);

async function openQueue(): Promise<void> {
  const backend = await openQueueBackend({ redisUrl: null, dataDir, log: pino({ level: 'silent' }) });
  await backend.front.store.set('from:owner', 'here');
  await backend.front.queue(DELIVERIES).add('job', { n: 1 });
}

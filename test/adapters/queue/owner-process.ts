/** Opens an embedded queue, says where, and waits to be killed. */
import { pino } from 'pino';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';

const dataDir = process.argv[2] ?? '';
const backend = await openQueueBackend({ redisUrl: null, dataDir, log: pino({ level: 'silent' }) });
await backend.front.store.set('from:owner', 'here');
process.stdout.write(`${backend.kind}\n`);

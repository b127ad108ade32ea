/** Opens the queue of another process, takes jobs and never finishes them, and waits to be killed. */
import { pino } from 'pino';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';

const [kind, place = '', name = ''] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const options = kind === 'redis' ? { redisUrl: place, dataDir: '/nonexistent' } : { redisUrl: null, dataDir: place };
const backend = await openQueueBackend({ ...options, log });
const settings = { lockDuration: 500, stalledInterval: 100, concurrency: 10 };
const worker = backend.worker(name, () => new Promise(() => undefined), settings);
worker.on('active', (job) => process.stdout.write(`${job.id}\n`));

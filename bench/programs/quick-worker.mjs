/** Takes each job of a queue off at once, so that those who add them have no backlog to look after. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { createRedisStore } from '../../dist/adapters/queue/redis/store.js';
import { closeRequest } from '../../dist/jobs/register/open-requests.js';

const { REDIS_URL, QUEUE, PREFIX } = process.env;
const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const store = createRedisStore(redis, `${PREFIX}:store`, () => undefined);
const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const worker = new Worker(
  QUEUE,
  async ({ data }) => {
    if (data.requestId !== undefined) await closeRequest(store, data);
  },
  { connection, prefix: PREFIX, concurrency: 50 },
);
await worker.waitUntilReady();
process.stderr.write(`${JSON.stringify({ port: 0, msg: 'started' })}\n`);
process.once('SIGTERM', () => process.exit(0));

/** A process of its own that sends requests at the shared pace. Prints how many it could send. */
import { createPace } from '../../../src/adapters/http/pace.ts';
import { openRedisSlots } from '../../../src/adapters/queue/redis/slots.ts';
import { readRedisUrl } from '../../../src/language/redis-url.ts';

const [url = '', requests = '', perSecond = ''] = process.argv.slice(2);
const read = readRedisUrl(url);
if ('problem' in read) throw new Error(read.problem);
const requestsPerSecond = Number(perSecond);
const slots = await openRedisSlots({
  address: read.address,
  redisPrefix: 'slots-test',
  redisTls: { ca: null, cert: null, key: null },
  requestsPerSecond,
  otherwise: () => Promise.reject(new Error('Redis was not asked.')),
});
const pace = createPace(slots.reserve, { requestsPerSecond });
const { signal } = new AbortController();
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  const turns = await Promise.all(Array.from({ length: Number(requests) }, () => pace.turn(signal)));
  process.stdout.write(`${turns.filter(Boolean).length}\n`);
  slots.close();
  process.stdin.destroy();
});

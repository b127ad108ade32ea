/** Whose days a search or a digest means, on a real Redis. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { cleanText } from '../../../src/diagnosis/clean.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { planConfigured, saveDigest } from '../../../src/jobs/digest/schedules.ts';
import { type QueueBackend, REPORTS } from '../../../src/jobs/queue/queues.ts';
import { createSearchActions } from '../../../src/jobs/reports/search-actions.ts';
import { readPageState } from '../../../src/jobs/search/page.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from '../../adapters/queue/redis-server.ts';
import { ALL_PUBLIC } from '../public-channels.ts';

const NOW = micros(Date.parse('2026-05-12T12:00:00Z') * 1000);
const WORDS = 'failed since yesterday';

describe.skipIf(isWithoutRedis())('the days of a channel', () => {
  let redis: RedisServer;
  let backend: QueueBackend;

  beforeEach(async () => {
    redis = await createRedisServer();
    await redis.start();
    backend = await openQueueBackend({
      redisUrl: redis.url,
      dataDir: '/nonexistent',
      log: pino({ level: 'silent' }),
    });
  });
  afterEach(async () => {
    await backend.close();
    await redis.remove();
  });

  it.each([
    ['are of UTC without a digest', 'C0NONE', undefined],
    ['are of the time zone of the digest that was set there', 'C0SET', 'Europe/Berlin'],
    ['are of the time zone of the configured digest', 'C0CONFIGURED', 'Asia/Tokyo'],
  ])('%s', async (_what, channel, timeZone) => {
    const plan = { cron: '0 9 * * *', sinceMs: 86_400_000, type: null };
    const configured = { ...plan, channel: 'C0CONFIGURED', tz: 'Asia/Tokyo', team: null };
    const place = {
      teamId: 'T0KTRDR',
      channel,
      threadTs: null,
      userId: 'U0ANNA',
      responseUrl: null,
      messageTs: null,
    };
    await saveDigest(backend.front.store, { ...place, channel: 'C0SET' }, { ...plan, tz: 'Europe/Berlin' });
    const reports = createSearchActions({
      client: backend.front,
      own: { take: (_request, add) => add(), countOf: () => 0, close: () => undefined },
      clock: () => NOW,
      configured: planConfigured([configured], 'T0KTRDR').planned,
      workspace: ALL_PUBLIC,
      clean: cleanText,
    });
    expect(await reports.search('gesture', WORDS, place)).toBeNull();
    const [job] = await backend.front.queue(REPORTS).getJobs();
    const page = { words: WORDS, at: NOW, page: 0, ...(timeZone === undefined ? {} : { timeZone }) };
    expect(job?.data).toMatchObject({ kind: 'search' });
    expect(job?.data).toHaveProperty('page', page);
  });
});

it('the time zone of a page is one that dates can be computed in', () => {
  const page = { words: WORDS, at: NOW, page: 1 };
  expect(readPageState(JSON.stringify(page))).toEqual(page);
  expect(readPageState(JSON.stringify({ ...page, timeZone: 'CET' }))).toEqual({ ...page, timeZone: 'CET' });
  expect(readPageState(JSON.stringify({ ...page, timeZone: 'Mars/Olympus' }))).toBeNull();
});

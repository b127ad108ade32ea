import type { Logger } from 'pino';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addQuestion } from '../../../src/jobs/answer/requests-queue.ts';
import { readWanted } from '../../../src/jobs/deliver/wanted.ts';
import { DELIVERIES, QUESTIONS, type QueueClient, REPORTS } from '../../../src/jobs/queue/queues.ts';
import { closeRequest, OPEN, type OpenRequest, openRequest } from '../../../src/jobs/register/open-requests.ts';
import { type Reconciler, startReconciler } from '../../../src/jobs/register/reconciler.ts';
import { placeIn, requestFor } from '../answer/question-set.ts';
import { type Bench, setUpBench } from '../deliver/bench.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const START_MS = Date.parse('2026-05-12T12:00:00Z');
const MINUTE_MS = 60_000;
const OVERDUE_MS = 31_000;
const logged: { level: number; msg: string }[] = [];
const log: Logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('the reconciler ($kind)', ({ open }) => {
  let queue: TestQueue;
  let bench: Bench;
  let client: QueueClient;
  let nowMs: number;
  let isAttended: boolean;
  const reconcilers: Reconciler[] = [];

  beforeAll(async () => {
    queue = await open(log);
    client = queue.backend.back;
  });
  beforeEach(async () => {
    logged.length = 0;
    nowMs = START_MS;
    isAttended = true;
    bench = await setUpBench(queue, log);
  });
  afterEach(async () => {
    await Promise.all(reconcilers.splice(0).map((one) => one.close()));
    await bench.clear();
  });
  afterAll(() => queue.remove());

  function reconciler(): Reconciler {
    const started = startReconciler({
      client: queue.backend.back,
      chat: bench.chat,
      isAnyoneWorking: async () => isAttended,
      log,
      now: () => nowMs,
      // Passes are made by the tests.
      intervalMs: 24 * 60 * MINUTE_MS,
    });
    reconcilers.push(started);
    return started;
  }

  let count = 0;
  async function ask(place = placeIn('C0OPS')): Promise<OpenRequest> {
    count += 1;
    const question = requestFor(`T0KTRDR-asked-${count}`, { place, askedAt: nowMs * 1000 });
    const { requestId } = question;
    const request = {
      requestId,
      place,
      askedAtMs: nowMs,
      job: { queue: QUESTIONS, name: 'diagnose', data: question },
    } as const;
    await addQuestion(client, request, question);
    return request;
  }

  const jobs = () => client.queue(QUESTIONS).getJobCountByTypes('waiting', 'prioritized', 'active', 'delayed');
  const loseJobs = () => client.queue(QUESTIONS).obliterate({ force: true });
  const said = async (requestId: string) => (await readWanted(client.store, requestId))?.answer.summary.text ?? null;
  const openIds = async () => (await client.store.ranked(OPEN, { limit: 100 })).map(({ member }) => member);
  const privately = () =>
    bench.slack.messages('C0OPS').flatMap(({ text, ephemeralFor }) => (ephemeralFor === null ? [] : [text]));

  it('adds a lost job again, when the request is overdue and not again at once', async () => {
    const { pass } = reconciler();
    await ask();
    await loseJobs();
    await pass();
    expect(await jobs()).toBe(0);
    nowMs += OVERDUE_MS;
    await pass();
    expect(await jobs()).toBe(1);

    await loseJobs();
    await pass();
    expect(await jobs()).toBe(0);
    nowMs += OVERDUE_MS;
    await pass();
    expect(await jobs()).toBe(1);
  });

  it('adds nothing while the job is in its queue', async () => {
    const { pass } = reconciler();
    await ask();
    nowMs += OVERDUE_MS;
    await pass();
    expect(await jobs()).toBe(1);
  });

  it('adds the lost job of a report, and the delivery of an answer', async () => {
    const { pass } = reconciler();
    const place = placeIn('C0OPS');
    const search = {
      queue: REPORTS,
      name: 'search',
      data: { requestId: 'T0KTRDR-search', place, query: 'x' },
    } as const;
    await openRequest(client, { requestId: 'T0KTRDR-search', place, askedAtMs: nowMs, job: search });
    const answered = await ask();
    await bench.answer(answered, 'The answer.');
    await client.queue(DELIVERIES).obliterate({ force: true });
    nowMs += OVERDUE_MS;
    await pass();
    expect((await client.queue(REPORTS).getWaiting()).map(({ data }) => data)).toEqual([search.data]);
    bench.work();
    await bench.untilIdle();
    expect(bench.posted()).toEqual(['The answer.']);
    expect(await openIds()).toEqual(['T0KTRDR-search']);
  });

  it('apologizes with the reference when the deadline has passed', async () => {
    const { pass } = reconciler();
    const { requestId } = await ask();
    for (const minutes of [1, 2, 4]) {
      nowMs += minutes * MINUTE_MS;
      await loseJobs();
      await pass();
      expect(await jobs()).toBe(1);
      expect(await said(requestId)).toBeNull();
    }
    nowMs = START_MS + 15 * MINUTE_MS;
    await pass();
    expect(await said(requestId)).toMatch(/^ktrdr-bot couldn’t finish this request\./);
    expect(await said(requestId)).toContain(requestId);
    bench.work();
    await bench.untilIdle();
    expect(await openIds()).toEqual([]);
    expect(bench.posted()).toEqual([await said(requestId)]);
  });

  it('does not apologize before it has tried: a queue that was away for an hour has lost nobody', async () => {
    const { pass } = reconciler();
    const { requestId } = await ask();
    nowMs += 60 * MINUTE_MS;
    await loseJobs();
    await pass();
    expect(await jobs()).toBe(1);
    expect(await said(requestId)).toBeNull();
  });

  it('tells once that no worker is running, after a minute', async () => {
    const { pass } = reconciler();
    isAttended = false;
    const { requestId } = await ask(placeIn('C0OPS', { responseUrl: await bench.responseUrl('C0OPS') }));
    nowMs += OVERDUE_MS;
    await pass();
    expect(privately()).toEqual([]);
    for (let i = 0; i < 3; i += 1) {
      nowMs += MINUTE_MS;
      await pass();
    }
    expect(privately()).toEqual([expect.stringContaining('no ktrdr-bot worker is running')]);
    expect(privately()[0]).toContain(requestId);
    expect(await openIds()).toEqual([requestId]);
  });

  it('tells once that Slack has not taken an answer for a quarter of an hour, and goes on trying', async () => {
    const { pass } = reconciler();
    const request = await ask(placeIn('C0OPS', { responseUrl: await bench.responseUrl('C0OPS') }));
    await bench.answer(request, 'The answer.');
    nowMs += 14 * MINUTE_MS;
    await pass();
    expect(privately()).toEqual([]);
    for (let i = 0; i < 3; i += 1) {
      nowMs += 10 * MINUTE_MS;
      await client.queue(DELIVERIES).obliterate({ force: true });
      await pass();
    }
    expect(privately()).toEqual([expect.stringContaining('The result is ready, but Slack hasn’t accepted it yet')]);
    bench.work();
    await bench.untilIdle();
    expect(bench.slack.messages('C0OPS').at(-1)?.text).toBe('The answer.');
  });

  it('works in one of several processes, and in another when that one ends', async () => {
    const [first, second] = [reconciler(), reconciler()];
    expect(await first.pass()).toBe(true);
    await ask();
    await loseJobs();
    nowMs += OVERDUE_MS;
    expect(await second.pass()).toBe(false);
    expect(await jobs()).toBe(0);
    expect(await first.pass()).toBe(true);
    expect(await jobs()).toBe(1);
    await loseJobs();
    await first.close();
    expect(await second.pass()).toBe(true);
    expect(await jobs()).toBe(1);
  });

  it('is not held up by a record that it cannot read, nor by one that it cannot handle', async () => {
    const { pass } = reconciler();
    await client.store.rank(OPEN, 'T0KTRDR-unreadable', START_MS - 2);
    await client.store.set('request:T0KTRDR-unreadable', '{"of":"another version"}');
    await client.store.rank(OPEN, 'T0KTRDR-expired', START_MS - 1);
    const odd = { queue: QUESTIONS, name: 'diagnose', data: { of: 'another version' } } as const;
    const place = placeIn('C0OPS');
    await openRequest(client, { requestId: 'T0KTRDR-odd', place, askedAtMs: START_MS - 3, job: odd });
    const { requestId } = await ask();
    await loseJobs();
    nowMs += OVERDUE_MS;
    await pass();
    expect(await jobs()).toBe(1);
    expect(await openIds()).toEqual(['T0KTRDR-odd', requestId]);
  });

  it('goes on with the others when one throws', async () => {
    const { back } = queue.backend;
    const { requestId } = await ask();
    const other = await ask();
    await bench.answer(other, 'The answer.');
    await client.queue(DELIVERIES).obliterate({ force: true });
    await loseJobs();
    nowMs += OVERDUE_MS;
    const broken = startReconciler({
      client: {
        store: back.store,
        queue(name) {
          if (name === QUESTIONS) throw new Error('a bug');
          return back.queue(name);
        },
      },
      chat: bench.chat,
      isAnyoneWorking: async () => true,
      log,
      now: () => nowMs,
      intervalMs: 24 * 60 * MINUTE_MS,
    });
    reconcilers.push(broken);
    await broken.pass();
    expect(logged).toMatchObject([{ msg: 'could not look after an open request', requestId }]);
    bench.work();
    await bench.untilIdle();
    expect(bench.posted()).toEqual(['The answer.']);
  });

  it('leaves alone what is closed', async () => {
    const { pass } = reconciler();
    const request = await ask();
    await loseJobs();
    await closeRequest(client.store, request);
    nowMs += 20 * MINUTE_MS;
    await pass();
    expect(await jobs()).toBe(0);
    expect(await said(request.requestId)).toBeNull();
  });
});

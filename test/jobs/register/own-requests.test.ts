import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answerRequesters,
  createQuestions,
  requestersAmong,
  waitingFor,
} from '../../../src/jobs/answer/requests-queue.ts';
import { readWanted } from '../../../src/jobs/deliver/wanted.ts';
import type { DeliveryWorkerOptions } from '../../../src/jobs/deliver/worker.ts';
import { QUESTIONS, type QueueClient, questionKey } from '../../../src/jobs/queue/queues.ts';
import { createIntake } from '../../../src/jobs/register/intake.ts';
import { closeRequest, OPEN } from '../../../src/jobs/register/open-requests.ts';
import type { OwnRequests } from '../../../src/jobs/register/own-requests.ts';
import type { DiagnoseRequest } from '../../../src/jobs/requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { answerOf, messageOf, placeIn, requestFor } from '../answer/question-set.ts';
import { type Bench, setUpBench } from '../deliver/bench.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const log = pino({ level: 'silent' });
const NO_REPLY = 'Command timed out';
const MINUTE_MS = 60_000;
const QUIET_MS = 1000;
const MISSING_MS = 20_000;

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('the requests of a process ($kind)', ({ kind, open }) => {
  let queue: TestQueue;
  let bench: Bench;
  let client: QueueClient;
  let own: OwnRequests;
  let nowMs: number;
  let checks: number;

  beforeAll(async () => {
    queue = await open(log);
    client = queue.backend.back;
  });
  const said: string[] = [];
  beforeEach(async () => {
    said.length = 0;
    nowMs = 0;
    checks = 0;
    bench = await setUpBench(queue, log);
    own = createIntake({
      front: { ...client, store: { ...client.store, areRanked: countingChecks } },
      isUnknown: (error) => error instanceof Error && error.message === NO_REPLY,
      placeholder: ({ requestId }) => messageOf(`Queued ${requestId}.`),
      async respond(_url, { text }) {
        said.push(text);
        return { kind: 'sent', channel: '', ts: '' };
      },
      log,
      checkMs: 10,
      now: () => nowMs,
    });
  });
  afterEach(async () => {
    own.close();
    await bench.clear();
  });
  afterAll(() => queue.remove());

  async function countingChecks(set: string, members: readonly string[]): Promise<readonly boolean[]> {
    const are = await client.store.areRanked(set, members);
    checks += 1;
    return are;
  }

  let count = 0;
  function question(changes: Partial<DiagnoseRequest> = {}): DiagnoseRequest {
    count += 1;
    const operationId = `op_training_20260109_060025_${String(count).padStart(8, '0')}`;
    const subject = { kind: 'operation', operationId } as const;
    return requestFor(`T0KTRDR-own-${count}`, { subject, askedAt: Date.now() * 1000, ...changes });
  }

  /** Handlers ask through a client that loses replies, or commands. */
  function ask(request: DiagnoseRequest, loss: 'none' | 'reply' | 'command' = 'none'): Promise<unknown> {
    const losing: OwnRequests = {
      ...own,
      take: (registered, add) =>
        own.take(registered, async () => {
          if (loss !== 'command') await add();
          if (loss !== 'none') throw new Error(NO_REPLY);
        }),
    };
    return createQuestions(client, losing).diagnose(request);
  }

  /** Lets the time pass, and all requests be checked then. */
  async function pass(ms: number): Promise<void> {
    nowMs += ms;
    const before = checks;
    // One check may have begun before this one, and this one may not have ended before the next begins.
    await until('the requests are checked', () => checks > before + 2 || remembered() === 0);
  }

  const key = ({ subject, symptom }: DiagnoseRequest) => questionKey(subject, symptom);
  const listed = async (request: DiagnoseRequest) =>
    (await waitingFor(client, key(request))).map(({ request: { requestId } }) => requestId);
  const jobs = () => client.queue(QUESTIONS).getJobCountByTypes('waiting', 'prioritized', 'active', 'delayed');
  const openIds = async () => (await client.store.ranked(OPEN, { limit: 100 })).map(({ member }) => member);
  const remembered = () => own.countOf(placeIn('C0OPS'));

  it('are remembered until they are closed', async () => {
    const request = question();
    await ask(request);
    expect(remembered()).toBe(1);
    expect(own.countOf({ teamId: 'T0KTRDR', userId: 'U0BEN' })).toBe(0);
    await pass(QUIET_MS);
    expect(remembered()).toBe(1);
    await closeRequest(client.store, request);
    await until('it is forgotten', () => remembered() === 0);
    expect(await openIds()).toEqual([]);
    expect(await jobs()).toBe(1);
  });

  it('get a placeholder when nothing is shown for a second', async () => {
    const elsewhere = { place: placeIn('C0OTHER') };
    const [quick, slow, pasted] = [question(elsewhere), question(), question({ isQuiet: true, ...elsewhere })];
    await Promise.all([quick, slow, pasted].map((request) => ask(request)));
    await bench.answer(quick, 'The answer.');
    await pass(QUIET_MS);
    await until('it is there', async () => (await readWanted(client.store, slow.requestId)) !== null);
    await pass(0);
    expect((await readWanted(client.store, slow.requestId))?.answer.summary.text).toBe(`Queued ${slow.requestId}.`);
    expect((await readWanted(client.store, quick.requestId))?.stage).toBe('answer');
    expect(await readWanted(client.store, pasted.requestId)).toBeNull();
  });

  it('are told how many come before them in their channel, where only their asker reads it', async () => {
    const responseUrl = 'https://hooks.slack.com/commands/T0KTRDR/1/x';
    const inLine = [{}, { responseUrl }, {}, { responseUrl }].map((place) =>
      question({ place: placeIn('C0OPS', place) }),
    );
    for (const request of inLine) await ask(request);
    await pass(QUIET_MS);
    await until('both are told', () => said.length === 2);
    expect(said.map((text) => text.replace(/ Yours will follow in about \d+ seconds\.$/, ''))).toEqual([
      'One request in this channel is ahead of yours.',
      '3 requests in this channel are ahead of yours.',
    ]);
  });

  it('are taken once when they were taken and only the reply was lost', async () => {
    const request = question();
    await expect(ask(request, 'reply')).rejects.toThrow(NO_REPLY);
    await pass(QUIET_MS);
    await pass(2 * MINUTE_MS);
    expect(await jobs()).toBe(1);
    expect(await listed(request)).toEqual([request.requestId]);
    expect(await openIds()).toEqual([request.requestId]);
  });

  it('are taken again, once, when the queue never heard of them', async () => {
    const request = question();
    await expect(ask(request, 'command')).rejects.toThrow(NO_REPLY);
    expect(await jobs()).toBe(0);
    await pass(QUIET_MS);
    await until('it is taken', async () => (await jobs()) === 1);
    await pass(QUIET_MS);
    await pass(MINUTE_MS);
    expect(await jobs()).toBe(1);
    expect(await listed(request)).toEqual([request.requestId]);
    expect(await openIds()).toEqual([request.requestId]);
  });

  it('are not taken again later than a minute: their asker was told to ask again', async () => {
    const request = question();
    await expect(ask(request, 'command')).rejects.toThrow(NO_REPLY);
    await pass(MINUTE_MS);
    await until('it is forgotten', () => remembered() === 0);
    expect(await jobs()).toBe(0);
    expect(await openIds()).toEqual([]);
  });

  it('are withdrawn when it turns out later than a minute that they were taken', async () => {
    const request = question();
    await expect(ask(request, 'reply')).rejects.toThrow(NO_REPLY);
    await pass(MINUTE_MS);
    await until('it is forgotten', () => remembered() === 0);
    expect(await openIds()).toEqual([]);
    expect(await listed(request)).toEqual([]);
    // A worker that had read the list before answers nobody.
    expect(
      await answerRequesters(client, requestersAmong(await waitingFor(client, key(request))), () =>
        answerOf('The answer.'),
      ),
    ).toBe(0);
    expect(await readWanted(client.store, request.requestId)).toBeNull();
  });

  it('are withdrawn when their confirmation comes later than a minute', async () => {
    const request = question();
    const late: OwnRequests = {
      ...own,
      take: (registered, add) =>
        own.take(registered, async () => {
          await add();
          nowMs += MINUTE_MS;
        }),
    };
    await createQuestions(client, late).diagnose(request);
    await until('it is forgotten', () => remembered() === 0);
    expect(await openIds()).toEqual([]);
    expect(await listed(request)).toEqual([]);
  });

  it('are forgotten when they were certainly not taken', async () => {
    const refused = own.take(
      { requestId: 'T0KTRDR-no', place: placeIn('C0OPS'), askedAtMs: 0, job: null },
      async () => {
        throw new Error('READONLY You can’t write against a read only replica.');
      },
    );
    await expect(refused).rejects.toThrow('READONLY');
    expect(remembered()).toBe(0);
  });

  // PostgreSQL is inside the process, and loses nothing while that lives.
  // PostgreSQL is in the process, so the process can't outlive what it has lost.
  if (kind === 'redis')
    describe('when Redis was emptied', () => {
      const work = (options: Partial<DeliveryWorkerOptions> = {}) => bench.work(options);
      const texts = () => bench.slack.messages('C0OPS').map(({ text }) => text);

      async function lose(): Promise<void> {
        const admin = new Redis((await queue.lend()).place);
        await admin.flushall();
        admin.disconnect();
        await pass(0);
        expect(await openIds()).toEqual([]);
        // Whoever posted for them may still do so for this long.
        await pass(MISSING_MS - 1);
        expect(await openIds()).toEqual([]);
        await pass(1);
        await until('they are taken again', async () => (await openIds()).length > 0);
      }

      it('are taken again, and the message that stands in Slack is edited', async () => {
        const request = question();
        await ask(request);
        work();
        await pass(QUIET_MS);
        await bench.slack.waitForMessage(({ text }) => text.startsWith('Queued'));
        await bench.untilIdle();
        await lose();
        expect(await jobs()).toBe(1);
        expect(await listed(request)).toEqual([request.requestId]);
        expect(
          await answerRequesters(client, requestersAmong(await waitingFor(client, key(request))), () =>
            answerOf('The answer.', 'why it is so'),
          ),
        ).toBe(1);
        await bench.untilIdle();
        expect(texts()).toEqual(['The answer.', 'why it is so']);
        await until('it is forgotten', () => remembered() === 0);
      });

      it('are completed when a part of the thread was posted', async () => {
        const request = question();
        await ask(request);
        const { chat } = bench;
        const worker = work({
          chat: {
            ...chat,
            async post(target, message, ...rest) {
              return message.text === 'fix it so'
                ? { kind: 'rate-limited', retryAfterMs: 10 * MINUTE_MS }
                : chat.post(target, message, ...rest);
            },
          },
        });
        const answer = () => answerOf('The answer.', 'why it is so', 'fix it so');
        await pass(QUIET_MS);
        await answerRequesters(client, requestersAmong(await waitingFor(client, key(request))), answer);
        await bench.slack.waitForMessage(({ text }) => text === 'why it is so');
        await worker.close();
        await lose();
        work();
        await answerRequesters(client, requestersAmong(await waitingFor(client, key(request))), answer);
        await bench.untilIdle();
        expect(texts()).toEqual(['The answer.', 'why it is so', 'fix it so']);
      });

      it('are answered like any other when nothing was posted', async () => {
        const request = question({ isQuiet: true });
        await ask(request);
        await pass(QUIET_MS);
        await lose();
        work();
        await answerRequesters(client, requestersAmong(await waitingFor(client, key(request))), () =>
          answerOf('The answer.', 'why it is so'),
        );
        await bench.untilIdle();
        expect(texts()).toEqual(['The answer.', 'why it is so']);
      });
    });
});

/** Retries and postponed jobs keep their schedule on every queue, whatever fraction of a millisecond was computed. */
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Later } from '../../../src/jobs/deliver/pacing.ts';
import { deliver } from '../../../src/jobs/deliver/wanted.ts';
import { startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import type { Chat, PostOutcome } from '../../../src/jobs/ports.ts';
import { type QueueBackend, wholeMs } from '../../../src/jobs/queue/queues.ts';
import type { AnyJob, RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import { openRequest } from '../../../src/jobs/register/open-requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { answerOf, placeIn } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const logged: string[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line).msg) });
const SENT: PostOutcome = { kind: 'sent', channel: 'C0OPS', ts: '1700000000.000001' };

it.each([
  [1795974433052.8506, 1795974433053],
  [0.1, 1],
  [250, 250],
  [-3.5, 0],
])('%d ms are scheduled as %d ms', (ms, whole) => {
  expect(wholeMs(ms)).toBe(whole);
  expect(new Later(ms).afterMs).toBe(whole);
});

describe.each(QUEUE_KINDS)('a delivery that is tried again ($kind)', ({ open, skipped }) => {
  describe.skipIf(skipped)('on this machine', () => {
    let queue: TestQueue;
    let worker: RunningWorker;
    let outcomes: PostOutcome[];
    let ended: { readonly state: 'completed' | 'failed'; readonly job: AnyJob }[];

    beforeAll(async () => {
      queue = await open(log);
    });
    beforeEach(() => {
      logged.length = 0;
      ended = [];
      const next = async () => outcomes.shift() ?? SENT;
      const chat: Chat = {
        post: next,
        update: next,
        respond: next,
        direct: next,
        findPosted: async () => ({ kind: 'found' as const, posts: [] }),
      };
      worker = startDeliveryWorker({ backend: watchedBackend(), chat, log });
    });
    afterEach(() => worker.close());
    afterAll(() => queue.remove());

    /** Jobs that are done leave the queue, so they are noted as they end. */
    function watchedBackend(): QueueBackend {
      const start: QueueBackend['worker'] = (...plan) =>
        queue.backend
          .worker(...plan)
          .on('completed', (job) => ended.push({ state: 'completed', job }))
          .on('failed', (job) => job !== undefined && ended.push({ state: 'failed', job }));
      return Object.create(queue.backend, { worker: { value: start } });
    }

    async function jobDone(requestId: string) {
      const delivery = { requestId, place: placeIn('C0OPS') };
      await openRequest(queue.backend.front, { ...delivery, askedAtMs: Date.now(), job: null });
      await deliver(queue.backend.front, delivery, 'answer', answerOf('The answer.'));
      return until(`${requestId} is delivered`, async () => {
        return ended.find(({ job }) => JSON.stringify(job.data).includes(requestId)) ?? null;
      });
    }

    it('keeps the schedule of its retries', async () => {
      outcomes = [{ kind: 'uncertain', reason: 'HTTP 500' }];
      const { state, job } = await jobDone('request-uncertain');
      expect(state).toBe('completed');
      expect(job.attemptsStarted).toBe(2);
      expect(logged).toEqual(['a delivery will be tried again']);
    });

    it('waits as long as Slack asks for, fractions included', async () => {
      outcomes = [{ kind: 'rate-limited', retryAfterMs: 20.5 }];
      const { state, job } = await jobDone('request-limited');
      expect(state).toBe('completed');
      expect(job.attemptsMade).toBe(1);
      expect(logged).toEqual([]);
    });
  });
});

/** A queue, a local Slack, and delivery workers between them. */
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '@ktrdr-bot/local-slack';
import type { Logger } from 'pino';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { createSlackWorkspace } from '../../../src/adapters/slack/workspace.ts';
import type { Delivery } from '../../../src/jobs/deliver/outbox.ts';
import { createPacing } from '../../../src/jobs/deliver/pacing.ts';
import { deliver } from '../../../src/jobs/deliver/wanted.ts';
import { type DeliveryWorkerOptions, startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import type { Chat } from '../../../src/jobs/ports.ts';
import { DELIVERIES, QUEUES } from '../../../src/jobs/queue/queues.ts';
import type { RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import { openRequest } from '../../../src/jobs/register/open-requests.ts';
import type { Place } from '../../../src/jobs/requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { answerOf, placeIn } from '../answer/question-set.ts';
import type { TestQueue } from '../queue-kinds.ts';

export interface Bench {
  readonly queue: TestQueue;
  readonly slack: FakeSlack;
  readonly chat: Chat;
  work(options?: Partial<DeliveryWorkerOptions>): RunningWorker;
  /** An open request, as when it was taken. */
  open(place?: Place): Promise<Delivery>;
  answer(delivery: Delivery, text: string, ...details: string[]): Promise<void>;
  /** All that the bot has posted, also to single persons, in the order in which it did. */
  posted(): readonly string[];
  untilIdle(): Promise<void>;
  responseUrl(channel: string): Promise<string>;
  /** Ends workers and Slack, and empties the queue for the next test. */
  clear(): Promise<void>;
}

let count = 0;

export async function setUpBench(queue: TestQueue, log: Logger, options: FakeSlackOptions = {}): Promise<Bench> {
  const slack = await startFakeSlack(options);
  const access = { tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl };
  const chat = createChat({ ...access, timeoutMs: 60_000 });
  const workers: RunningWorker[] = [];
  // The workers’ connection waits on a busy machine, where that of the handlers gives up.
  const { back } = queue.backend;
  return {
    queue,
    slack,
    chat,

    work(more = {}) {
      const { permalink } = createSlackWorkspace(access);
      const pacing = createPacing({ intervalMs: 1, burst: 1000 });
      const worker = startDeliveryWorker({
        backend: queue.backend,
        chat,
        workspace: { permalink },
        log,
        pacing,
        firstRetryMs: 50,
        ...more,
      });
      workers.push(worker);
      return worker;
    },

    async open(place = placeIn('C0OPS')) {
      count += 1;
      const delivery = { requestId: `T0KTRDR-request-${count}`, place };
      await openRequest(back, { ...delivery, askedAtMs: Date.now() + count, job: null });
      return delivery;
    },

    answer: (delivery, text, ...details) => deliver(back, delivery, 'answer', answerOf(text, ...details)),

    posted: () =>
      slack.journal.flatMap(({ method, args }) =>
        ['chat.postMessage', 'response_url'].includes(method) ? [String(args['text'])] : [],
      ),

    async untilIdle() {
      await until('every delivery is done', async () => {
        const counts = await back.queue(DELIVERIES).getJobCounts('waiting', 'active', 'delayed');
        return Object.values(counts).every((jobs) => jobs === 0);
      });
    },

    async responseUrl(channel) {
      const { responseUrl } = await slack.as('U0ANNA').command('/ktrdr', 'diagnose', { channel });
      if (responseUrl === null) throw new Error('The fake Slack gave no response_url.');
      return responseUrl;
    },

    async clear() {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all(QUEUES.map((name) => back.queue(name).obliterate({ force: true })));
      while (await back.store.deleteOwnedBy('T0KTRDR'));
      await slack.close();
    },
  };
}

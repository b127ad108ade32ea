import { createServer, type Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import type { KnownBlock } from '@slack/types';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { takeLane } from '../../../src/jobs/deliver/lane.ts';
import { type Delivery, openOutbox, saveOutbox } from '../../../src/jobs/deliver/outbox.ts';
import { createPacing, type Pacing } from '../../../src/jobs/deliver/pacing.ts';
import { deliver, nudge, type Stage } from '../../../src/jobs/deliver/wanted.ts';
import { startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import type { Chat } from '../../../src/jobs/ports.ts';
import { DELIVERIES } from '../../../src/jobs/queue/queues.ts';
import type { RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import { openRequest } from '../../../src/jobs/register/open-requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { answerOf, placeIn } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { manualTime } from './manual-time.ts';

const logged: { level: number; msg: string }[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
const AT_ONCE = { intervalMs: 1, burst: 1000 };
const [queueKind] = QUEUE_KINDS.filter(({ skipped }) => !skipped);

describe('a delivery to Slack', () => {
  let queue: TestQueue;
  let slack: FakeSlack;
  let chat: Chat;
  let worker: RunningWorker | null = null;
  let count = 0;

  beforeAll(async () => {
    if (queueKind === undefined) throw new Error('There is no queue to test with.');
    queue = await queueKind.open(log);
  });
  beforeEach(async () => {
    slack = await startFakeSlack();
    chat = chatWaiting(60_000);
    logged.length = 0;
  });
  afterEach(async () => {
    await worker?.close();
    worker = null;
    await queue.backend.front.queue(DELIVERIES).obliterate({ force: true });
    await slack.close();
  });
  afterAll(() => queue.remove());

  function chatWaiting(timeoutMs: number): Chat {
    return createChat({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl, timeoutMs });
  }

  function work(pacing: Pacing = createPacing(AT_ONCE)): void {
    worker = startDeliveryWorker({ backend: queue.backend, chat, log, pacing, firstRetryMs: 50 });
  }

  function request(place = placeIn('C0OPS')): Delivery {
    count += 1;
    return { requestId: `request-${count}`, place };
  }

  /** Of a request that is registered, as all are. */
  async function say(delivery: Delivery, stage: Stage, text: string, ...details: string[]): Promise<void> {
    const { front } = queue.backend;
    await openRequest(front, { ...delivery, askedAtMs: Date.now(), job: null });
    await deliver(front, delivery, stage, answerOf(text, ...details));
  }

  async function untilIdle(): Promise<void> {
    await until('every delivery is done', async () => {
      const counts = await queue.backend.front.queue(DELIVERIES).getJobCounts('waiting', 'active', 'delayed');
      return Object.values(counts).every((jobs) => jobs === 0);
    });
  }

  const texts = (channel: string) => slack.messages(channel).map(({ text }) => text);

  it('posts once, edits in place, and puts the details into the thread in order', async () => {
    const delivery = request();
    work();
    await say(delivery, 'placeholder', 'Queued.');
    const first = await slack.waitForMessage(({ text }) => text === 'Queued.');
    await say(delivery, 'phase', 'Reading traces.');
    await slack.waitForMessage(({ text }) => text === 'Reading traces.');
    await say(delivery, 'answer', 'The answer.', 'why it is so', 'fix it so');
    await untilIdle();
    expect(slack.thread('C0OPS', first.ts).map(({ text }) => text)).toEqual([
      'The answer.',
      'why it is so',
      'fix it so',
    ]);
    expect(slack.message('C0OPS', first.ts)?.edits).toHaveLength(2);
    expect(slack.warnings()).toEqual([]);
  });

  it('answers in the thread that it was asked in', async () => {
    const parent = slack.as('U0ANNA').say('C0OPS', 'op_training_20260109_060025_4183136f is stuck');
    work();
    await say(request(placeIn('C0OPS', { threadTs: parent.ts })), 'answer', 'The answer.', 'why it is so');
    await untilIdle();
    expect(
      slack
        .thread('C0OPS', parent.ts)
        .map(({ text }) => text)
        .slice(1),
    ).toEqual(['The answer.', 'why it is so']);
    expect(slack.messages('C0OPS').filter(({ threadTs }) => threadTs === null)).toHaveLength(1);
  });

  it('posts the answer itself when the placeholder never came, and no placeholder after it', async () => {
    const delivery = request();
    await say(delivery, 'answer', 'The answer.');
    await say(delivery, 'placeholder', 'Queued.');
    work();
    await untilIdle();
    await nudge(queue.backend.front, delivery);
    await untilIdle();
    expect(texts('C0OPS')).toEqual(['The answer.']);
    expect(slack.message('C0OPS', slack.messages('C0OPS')[0]?.ts ?? '')?.edits).toEqual([]);
  });

  it.each([
    { trouble: 'a status 500 after the post was stored', fault: { kind: 'status', status: 500, when: 'after' } },
    { trouble: 'a connection that breaks after the post', fault: { kind: 'reset', when: 'after' } },
    { trouble: 'an answer that comes too late', fault: { kind: 'slow', delayMs: 3000 } },
    { trouble: 'a status 503 before the post', fault: { kind: 'status', status: 503, when: 'before' } },
    { trouble: 'an error of Slack’s own', fault: { kind: 'error', error: 'internal_error' } },
  ] as const)('shows everything once in spite of $trouble', async ({ fault }) => {
    slack.fault('chat.postMessage', fault, { where: ({ text }) => text === 'The answer.' });
    slack.fault('chat.postMessage', fault, { where: ({ text }) => text === 'fix it so' });
    if (fault.kind === 'slow') chat = chatWaiting(fault.delayMs / 2);
    work();
    await say(request(), 'answer', 'The answer.', 'why it is so', 'fix it so');
    await untilIdle();
    expect(texts('C0OPS')).toEqual(['The answer.', 'why it is so', 'fix it so']);
  });

  it('goes on where a killed worker stopped: a begun post is looked for, a finished one is left alone', async () => {
    const delivery = request();
    const { place } = delivery;
    const { summary, thread } = answerOf('The answer.', 'why it is so', 'fix it so');
    const marker = (slot: string) => ({ requestId: delivery.requestId, slot });
    const root = await chat.post({ ...place, threadTs: null }, summary, marker('summary'));
    if (root.kind !== 'sent') throw new Error('The fake Slack took no post.');
    await chat.post({ ...place, threadTs: root.ts }, thread[0]?.message ?? summary, marker('why'));
    // What the worker wrote before it was killed between Slack's answer and its own note of it.
    const { store } = queue.backend.back;
    const outbox = await openOutbox(store, delivery);
    outbox.slots['summary'] = { state: 'sent', content: 'something earlier', ts: root.ts };
    outbox.slots['why'] = { state: 'sending', content: 'something earlier' };
    const lane = await takeLane(store, 'lane of the test');
    await lane?.write((lease) => saveOutbox(store, lease, delivery, outbox));

    work();
    await say(delivery, 'answer', 'The answer.', 'why it is so', 'fix it so');
    await untilIdle();
    expect(texts('C0OPS')).toEqual(['The answer.', 'why it is so', 'fix it so']);
  });

  it('honours a 429 and posts once', async () => {
    slack.fault(
      'chat.postMessage',
      { kind: 'rate-limited', retryAfterS: 3600 },
      { where: ({ text }) => text === 'why it is so' },
    );
    const time = manualTime();
    work(createPacing(AT_ONCE, time));
    await say(request(), 'answer', 'The answer.', 'why it is so');
    const deliveries = queue.backend.front.queue(DELIVERIES);
    const delayed = () => until('it is put off', async () => (await deliveries.getDelayed())[0] ?? null);
    // A retry that the queue makes too soon asks nothing of Slack.
    const early = await delayed();
    await early.promote();
    await until('it was tried', async () => (await delayed()).attemptsStarted > early.attemptsStarted);
    expect(slack.calls('chat.postMessage')).toHaveLength(2);

    time.pass(3_600_000);
    await (await delayed()).promote();
    await untilIdle();
    expect(texts('C0OPS')).toEqual(['The answer.', 'why it is so']);
    expect(slack.calls('chat.postMessage')).toHaveLength(3);
  });

  it('does not hold up other channels for a 429', async () => {
    slack.fault(
      'chat.postMessage',
      { kind: 'rate-limited', retryAfterS: 60 },
      { where: ({ channel }) => channel === 'G0TRADE' },
    );
    work();
    await say(request(placeIn('G0TRADE')), 'answer', 'Later.');
    await say(request(placeIn('C0OPS')), 'answer', 'At once.');
    await slack.waitForMessage(({ text }) => text === 'At once.');
    expect(texts('G0TRADE')).toEqual([]);
  });

  it('posts about once a second to a channel, after a short burst', async () => {
    const time = manualTime();
    const times: number[] = [];
    const { post } = chat;
    chat = {
      ...chat,
      post(...args) {
        times.push(time.now());
        return post(...args);
      },
    };
    work(createPacing({ intervalMs: 1000, burst: 2 }, time));
    await say(request(), 'answer', 'The answer.', 'a 1', 'b 2', 'c 3');
    await untilIdle();
    expect(texts('C0OPS')).toEqual(['The answer.', 'a 1', 'b 2', 'c 3']);
    expect(times).toEqual([0, 0, 1000, 2000]);
  });

  it('asks the response_url when it may not post, and says how to change that once to each person in each channel', async () => {
    const everything = async (channel: string, userId: string) => {
      const responseUrl = await responseUrlOf(slack, channel, userId);
      const delivery = request(placeIn(channel, { responseUrl, userId }));
      const before = slack.messages(channel).length;
      await say(delivery, 'placeholder', 'Queued.');
      await untilIdle();
      await say(delivery, 'phase', 'Reading traces.');
      await say(delivery, 'answer', 'The answer.', 'why it is so');
      await untilIdle();
      // A delivery that is tried again says the same.
      await nudge(queue.backend.front, delivery);
      await untilIdle();
      const told = slack.messages(channel).slice(before);
      expect(told.map(({ ephemeralFor }) => ephemeralFor)).toEqual([userId, userId, userId]);
      return told.map(({ text }) => text);
    };
    work();
    const reason = /^The answer\. Couldn’t post in <#C0RANDOM>: ktrdr-bot isn’t in it\. .* `\/invite @ktrdr-bot`/;
    expect(await everything('C0RANDOM', 'U0BEN')).toEqual(['Queued.', expect.stringMatching(reason), 'why it is so']);
    expect(await everything('C0RANDOM', 'U0BEN')).toEqual(['Queued.', 'The answer.', 'why it is so']);
    expect(await everything('C0RANDOM', 'U0ANNA')).toEqual(['Queued.', expect.stringMatching(reason), 'why it is so']);
  });

  it('sends a direct message when there is no other way, and keeps to it', async () => {
    const delivery = request(placeIn('C0RANDOM', { responseUrl: `${slack.url}/response/expired` }));
    work();
    await say(delivery, 'placeholder', 'Queued.');
    await untilIdle();
    await say(delivery, 'answer', 'The answer.', 'why it is so');
    await untilIdle();
    const dm = slack.as('U0ANNA').dm().id;
    expect(texts('C0RANDOM')).toEqual([]);
    expect(texts(dm)).toEqual([expect.stringMatching(/^The answer\. .*\/invite/), 'why it is so']);
  });

  it('edits the thread that is there when the question is asked again', async () => {
    const first = request();
    work();
    await say(first, 'answer', 'The first answer.', 'why 1', 'fix 1');
    await untilIdle();
    const root = slack.messages('C0OPS')[0]?.ts ?? '';
    for (const round of ['second', 'third']) {
      const again = request(placeIn('C0OPS', { messageTs: root }));
      await say(again, 'placeholder', `The ${round} time.`);
      await untilIdle();
      await say(again, 'answer', `The ${round} answer.`, `why ${round}`, `new ${round}`);
      await untilIdle();
    }
    expect(texts('C0OPS')).toEqual([
      'The third answer.',
      'why third',
      expect.stringContaining('outdated'),
      'new third',
    ]);
    expect(slack.warnings()).toEqual([]);
  });

  it('posts anew when the message to edit was deleted', async () => {
    const delivery = request();
    work();
    await say(delivery, 'placeholder', 'Queued.');
    const posted = await slack.waitForMessage(({ text }) => text === 'Queued.');
    await untilIdle();
    slack.store.removeMessage(posted);
    await say(delivery, 'answer', 'The answer.', 'why it is so');
    await untilIdle();
    expect(texts('C0OPS')).toEqual(['The answer.', 'why it is so']);
  });

  it('says less when Slack refuses a block', async () => {
    const strange: KnownBlock = { type: 'image', image_url: 'not a url', alt_text: 'a picture' };
    const { summary } = answerOf('The answer.');
    work();
    await deliver(queue.backend.front, request(), 'answer', {
      summary: { text: summary.text, blocks: [...summary.blocks, strange] },
      thread: [{ slot: 'why', message: { text: 'why it is so', blocks: [strange] } }],
    });
    await untilIdle();
    expect(texts('C0OPS')).toEqual(['The answer.', 'why it is so']);
    expect(slack.messages('C0OPS').map(({ blocks }) => blocks.map(({ type }) => type))).toEqual([
      ['rich_text'],
      ['rich_text'],
    ]);
  });

  it('waits for a token that Slack refuses, says so once to each requester and in the log, and then goes on', async () => {
    const responseUrl = await responseUrlOf(slack, 'C0OPS');
    const { botToken } = slack.team;
    slack.fault('chat.postMessage', { kind: 'error', error: 'token_revoked' }, { times: 3 });
    slack.fault('chat.update', { kind: 'error', error: 'token_revoked' });
    expect(botToken).not.toBe('');
    work();
    await say(request(placeIn('C0OPS', { responseUrl })), 'answer', 'The answer.', 'why it is so');
    await untilIdle();
    expect(slack.messages('C0OPS').map(({ text, ephemeralFor }) => [ephemeralFor, text])).toEqual([
      ['U0ANNA', expect.stringMatching(/^The answer\. Slack rejects ktrdr-bot’s token \(token_revoked\)/)],
      [null, 'The answer.'],
      [null, 'why it is so'],
    ]);
    expect(logged.map(({ level, msg }) => [level, msg])).toEqual([[50, expect.stringContaining('rejects the token')]]);
  });

  it('finishes what it posts before it closes', async () => {
    slack.fault('chat.postMessage', { kind: 'slow', delayMs: 300 });
    work();
    await say(request(), 'answer', 'The answer.', 'why it is so');
    await slack.waitForMessage(({ text }) => text === 'The answer.');
    await worker?.close();
    worker = null;
    expect(texts('C0OPS')).toEqual(['The answer.', 'why it is so']);
  });
});

/** What Slack gives an app with a slash command. */
async function responseUrlOf(slack: FakeSlack, channel: string, user = 'U0ANNA'): Promise<string> {
  let server: Server | null = null;
  const received = new Promise<string>((resolve) => {
    server = createServer((incoming, outgoing) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('end', () => {
        outgoing.end();
        resolve(new URLSearchParams(body).get('response_url') ?? '');
      });
    });
  });
  const listening = server as Server | null;
  await new Promise<void>((resolve) => listening?.listen(0, '127.0.0.1', resolve));
  const address = listening?.address();
  const port = typeof address === 'object' ? address?.port : 0;
  slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${port}/slack/events` });
  await slack.as(user).command('/ktrdr', 'diagnose', { channel });
  const url = await received;
  listening?.closeAllConnections();
  listening?.close();
  await setTimeout(0);
  return url;
}

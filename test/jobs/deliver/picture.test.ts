import { type FakeSlack, type FakeSlackOptions, type Message, startFakeSlack } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { createSlackWorkspace } from '../../../src/adapters/slack/workspace.ts';
import type { TracePicture } from '../../../src/formatters/message.ts';
import { drawPng } from '../../../src/formatters/picture/png.ts';
import { fingerprint } from '../../../src/jobs/deliver/content.ts';
import { createPacing } from '../../../src/jobs/deliver/pacing.ts';
import { deliver as deliverOpen, nudge } from '../../../src/jobs/deliver/wanted.ts';
import { startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import type { Chat } from '../../../src/jobs/ports.ts';
import { DELIVERIES, type DeliveryJob } from '../../../src/jobs/queue/queues.ts';
import type { RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import { openRequest } from '../../../src/jobs/register/open-requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { isWithoutFont } from '../../support/has-font.ts';
import { answerOf, messageOf, placeIn } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const logged: { level: number; msg: string; error?: string }[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
const [queueKind] = QUEUE_KINDS.filter(({ skipped }) => !skipped);
const WITHOUT_FILES = ['chat:write', 'channels:history', 'channels:read', 'im:write'];

describe.skipIf(await isWithoutFont())('the picture of an answer', () => {
  let queue: TestQueue;
  let slack: FakeSlack;
  let worker: RunningWorker | null = null;
  let count = 0;

  beforeAll(async () => {
    if (queueKind === undefined) throw new Error('There is no queue to test with.');
    queue = await queueKind.open(log);
  });
  beforeEach(() => start());
  afterEach(async () => {
    await worker?.close();
    await queue.backend.front.queue(DELIVERIES).obliterate({ force: true });
    await slack.close();
  });
  afterAll(() => queue.remove());

  /** `passing` may hold back posts. */
  async function start(options: FakeSlackOptions = {}, passing: (chat: Chat) => Chat = (chat) => chat): Promise<void> {
    await worker?.close();
    await slack?.close();
    slack = await startFakeSlack(options);
    const access = { tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl };
    logged.length = 0;
    worker = startDeliveryWorker({
      backend: queue.backend,
      chat: passing(createChat({ ...access, timeoutMs: 60_000 })),
      pictures: { keepPicture: createSlackWorkspace(access).keepPicture, draw: drawPng },
      log,
      pacing: createPacing({ intervalMs: 1, burst: 1000 }),
      settings: { settings: { backoffStrategy: () => 50 } },
    });
  }

  function request(place = placeIn('C0OPS')): DeliveryJob {
    count += 1;
    return { requestId: `picture-${count}`, place, placeholder: null };
  }

  /** `colour` is what tells one drawing from another; null for none. */
  async function answer(delivery: DeliveryJob, colour: string | null): Promise<void> {
    const { summary, thread } = answerOf('The answer.', 'why it is so');
    const flow = { slot: 'flow', message: messageOf('the flow') };
    const drawn = colour === null ? flow : { ...flow, picture: pictureIn(colour) };
    await deliver(queue.backend.front, delivery, 'answer', { summary, thread: [...thread, drawn] });
    await untilIdle();
  }

  async function untilIdle(): Promise<void> {
    await until('every delivery is done', async () => {
      const counts = await queue.backend.front.queue(DELIVERIES).getJobCounts('waiting', 'active', 'delayed');
      return Object.values(counts).every((jobs) => jobs === 0);
    });
  }

  function shown(channel = 'C0OPS'): readonly string[] {
    return slack
      .messages(channel)
      .map((message) => (fileIn(message) === null ? message.text : `${message.text} with a picture`));
  }

  it('stands in the thread as a PNG, with words for those who do not see it', async () => {
    await answer(request(), 'red');
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow with a picture']);
    const picture = slack.messages('C0OPS')[2];
    expect(JSON.stringify(picture?.blocks)).toContain('"alt_text":"It is red."');
    const file = slack.store.files.get(fileIn(picture) ?? '');
    expect(file).toMatchObject({ name: 'red.png', title: 'A red box', altText: 'It is red.' });
    expect(
      Buffer.from(file?.bytes ?? [])
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(logged).toEqual([]);
  });

  it('can be that of the message itself, which keeps it when it is delivered again', async () => {
    const delivery = request();
    const { front } = queue.backend;
    for (const text of ['The digest.', 'The digest.', 'The digest, corrected.']) {
      await deliver(front, delivery, 'answer', { ...answerOf(text), picture: failuresIn('12 May') });
      await untilIdle();
      await nudge(front, delivery);
      await untilIdle();
      expect(shown()).toEqual([`${text} with a picture`]);
    }
    expect(slack.store.files.size).toBe(1);
    expect(logged).toEqual([]);
  });

  it('comes with the message where that is a direct message', async () => {
    const responseUrl = `${slack.url}/response/expired`;
    const delivery = request(placeIn('C0RANDOM', { responseUrl, userId: 'U0BEN' }));
    await deliver(queue.backend.front, delivery, 'answer', {
      ...answerOf('The digest.'),
      picture: failuresIn('1 May'),
    });
    await untilIdle();
    const dm = slack.as('U0BEN').dm().id;
    expect(shown(dm)).toEqual([expect.stringMatching(/^The digest\. Couldn’t post in <#C0RANDOM>.* with a picture$/)]);
  });

  it('is uploaded once and shown by one edit, however often it is delivered', async () => {
    const delivery = request();
    await answer(delivery, 'red');
    await answer(delivery, 'red');
    await nudge(queue.backend.front, delivery);
    await untilIdle();
    expect(slack.store.files.size).toBe(1);
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow with a picture']);
    expect(slack.calls('chat.update')).toHaveLength(1);
  });

  it('comes to everybody, also when many are answered at once', async () => {
    const all = Array.from({ length: 12 }, () => request());
    await Promise.all(all.map((delivery) => answer(delivery, 'red')));
    expect(shown().filter((text) => text.endsWith('with a picture'))).toHaveLength(12);
    expect(slack.store.files.size).toBe(12);
    expect(logged).toEqual([]);
  });

  it('gives way to words when very many wait', async () => {
    // Every answer has begun before the first of them has its words.
    const begun = countdown(60);
    const channels = Array.from({ length: 60 }, (_, i) => ({ id: `C0MANY${i}`, members: ['U0ANNA', 'U0KTRDRBOT'] }));
    await start({ channels }, (chat) => ({
      ...chat,
      async post(...args) {
        begun.count();
        await begun.reached;
        return chat.post(...args);
      },
    }));
    const all = channels.map(({ id }) => request(placeIn(id)));
    await Promise.all(all.map((delivery) => answer(delivery, 'red')));
    const texts = channels.flatMap(({ id }) => shown(id));
    expect(texts.filter((text) => text === 'why it is so')).toHaveLength(60);
    expect(slack.store.files.size).toBeLessThan(60);
    expect(logged).toEqual([]);
  });

  it('waits while Slack looks at the file', async () => {
    await start({ fileProcessingMs: 700 });
    await answer(request(), 'red');
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow with a picture']);
    expect(slack.store.files.size).toBe(1);
    expect(logged).toEqual([]);
  });

  it.each([
    ['files.getUploadURLExternal', { kind: 'rate-limited', retryAfterS: 1 }],
    ['files.getUploadURLExternal', { kind: 'status', status: 503, when: 'before' }],
    ['upload', { kind: 'status', status: 500, when: 'before' }],
    ['upload', { kind: 'reset', when: 'after' }],
    ['files.completeUploadExternal', { kind: 'reset', when: 'after' }],
    ['chat.update', { kind: 'status', status: 500, when: 'after' }],
    ['chat.update', { kind: 'reset', when: 'before' }],
  ] as const)('is there once in spite of trouble with %s (%o)', async (method, fault) => {
    const isPicture = ({ blocks }: { blocks?: unknown }) => String(blocks).includes('slack_file');
    slack.fault(method, fault, method === 'chat.update' ? { where: isPicture } : {});
    await answer(request(), 'red');
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow with a picture']);
    expect(logged.filter(({ msg }) => msg.includes('without its picture'))).toEqual([]);
  });

  it('changes with the answer when the question is asked again, and goes when the new answer has none', async () => {
    await answer(request(), 'red');
    const root = slack.messages('C0OPS')[0]?.ts ?? '';
    const again = () => request(placeIn('C0OPS', { messageTs: root }));
    await answer(again(), 'red');
    expect(slack.store.files.size).toBe(1);

    await answer(again(), 'blue');
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow with a picture']);
    expect(slack.store.files.get(fileIn(slack.messages('C0OPS')[2]) ?? '')?.name).toBe('blue.png');

    await answer(again(), null);
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow']);
    await answer(again(), 'blue');
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow with a picture']);
  });

  it('is one also when the question is asked again while Slack looks at the first', async () => {
    await start({ fileProcessingMs: 1500 });
    const first = request();
    const { front } = queue.backend;
    const { summary, thread } = answerOf('The answer.', 'why it is so');
    const flow = { slot: 'flow', message: messageOf('the flow') };
    const withDrawing = (colour: string) => ({
      summary,
      thread: [...thread, { ...flow, picture: pictureIn(colour) }],
    });
    await deliver(front, first, 'answer', withDrawing('red'));
    await until('the file is there', async () => slack.calls('files.completeUploadExternal').length === 1);
    const again = request(placeIn('C0OPS', { messageTs: slack.messages('C0OPS')[0]?.ts ?? '' }));
    await deliver(front, again, 'answer', withDrawing('blue'));
    await untilIdle();
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow with a picture']);
    expect(slack.store.files.get(fileIn(slack.messages('C0OPS')[2]) ?? '')?.name).toBe('blue.png');
  });

  it('keeps nobody waiting for what is in the thread already: edits are noted before it is drawn', async () => {
    await answer(request(), 'red');
    const again = request(placeIn('C0OPS', { messageTs: slack.messages('C0OPS')[0]?.ts ?? '' }));
    slack.fault('files.completeUploadExternal', { kind: 'slow', delayMs: 1500 });
    const { summary, thread } = answerOf('The answer.', 'why it is not so');
    const flow = { slot: 'flow', message: messageOf('the flow'), picture: pictureIn('blue') };
    const calls = slack.calls('files.getUploadURLExternal').length;
    await deliver(queue.backend.front, again, 'answer', { summary, thread: [...thread, flow] });
    await until('it is being uploaded', async () => slack.calls('files.getUploadURLExternal').length > calls);
    const outbox = JSON.parse((await queue.backend.front.store.get(`outbox:${again.requestId}`)) ?? '{}');
    expect(outbox.slots.why).toMatchObject({ state: 'sent', content: fingerprint(messageOf('why it is not so')) });
    await untilIdle();
  });

  it('of another version of the bot is left out, and the words are there', async () => {
    const { summary, thread } = answerOf('The answer.', 'why it is so');
    const drawing = { ...pictureIn('red'), chart: undefined, svg: '<svg/>' } as unknown as TracePicture;
    const flow = { slot: 'flow', message: messageOf('the flow'), picture: drawing };
    await deliver(queue.backend.front, request(), 'answer', { summary, thread: [...thread, flow] });
    await untilIdle();
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow']);
    expect(logged).toEqual([]);
  });

  it('is left out with one line in the log without the scope, and not drawn in vain for the next', async () => {
    await start({ teams: [{ id: 'T0KTRDR', scopes: WITHOUT_FILES }] });
    const delivery = request();
    await answer(delivery, 'red');
    await nudge(queue.backend.front, delivery);
    await untilIdle();
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow']);
    expect(logged).toMatchObject([{ level: 40, error: 'missing_scope' }]);

    await answer(request(placeIn('C0OPS', { messageTs: slack.messages('C0OPS')[0]?.ts ?? '' })), 'red');
    expect(slack.calls('files.getUploadURLExternal')).toHaveLength(1);
  });

  it('does not stay when the new one cannot be shown', async () => {
    await answer(request(), 'red');
    slack.fault('files.getUploadURLExternal', { kind: 'error', error: 'missing_scope' });
    await answer(request(placeIn('C0OPS', { messageTs: slack.messages('C0OPS')[0]?.ts ?? '' })), 'blue');
    expect(shown()).toEqual(['The answer.', 'why it is so', 'the flow']);
  });

  it('is not tried where only a response_url leads', async () => {
    const { responseUrl } = await slack.as('U0ANNA').command('/ktrdr', 'diagnose', { channel: 'C0RANDOM' });
    await answer(request(placeIn('C0RANDOM', { responseUrl })), 'red');
    expect(shown('C0RANDOM')).toEqual([expect.stringContaining('The answer.'), 'why it is so\nthe flow']);
    expect(slack.calls('files.getUploadURLExternal')).toEqual([]);
  });
});

/** Of a request that is registered, as all are. */
async function deliver(...[client, request, ...wanted]: Parameters<typeof deliverOpen>): Promise<void> {
  await openRequest(client, { ...request, askedAtMs: Date.now(), job: null });
  await deliverOpen(client, request, ...wanted);
}

function countdown(from: number): { count(): void; readonly reached: Promise<void> } {
  let left = from;
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return {
    count() {
      left -= 1;
      if (left === 0) reach();
    },
    reached,
  };
}

function failuresIn(day: string): TracePicture {
  const chart = {
    title: `3 failed operations on ${day}`,
    from: '2026-05-12T00:00:00.000Z',
    to: '2026-05-13T00:00:00.000Z',
    bucketMs: 3_600_000,
    rows: [{ label: 'Market data missing', counts: Array.from({ length: 24 }, (_, hour) => (hour < 3 ? 1 : 0)) }],
    footer: 'One bar: 1 h',
  };
  return { chart, fileName: 'failures.png', title: chart.title, altText: `Bar chart: ${chart.title}.` };
}

function pictureIn(colour: string): TracePicture {
  return {
    chart: { title: `A ${colour} box`, footer: '', steps: [] },
    fileName: `${colour}.png`,
    title: `A ${colour} box`,
    altText: `It is ${colour}.`,
  };
}

function fileIn(message: Message | undefined): string | null {
  return /"slack_file":\{"id":"(\w+)"/.exec(JSON.stringify(message?.blocks ?? []))?.[1] ?? null;
}

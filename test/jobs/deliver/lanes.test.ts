import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Delivery, openOutbox } from '../../../src/jobs/deliver/outbox.ts';
import { deliver, nudge } from '../../../src/jobs/deliver/wanted.ts';
import { parkedTeams } from '../../../src/jobs/health/open-requests.ts';
import type { Store } from '../../../src/jobs/ports.ts';
import { DELIVERIES } from '../../../src/jobs/queue/queues.ts';
import { laneOf, OPEN } from '../../../src/jobs/register/open-requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { deferred } from '../../support/deferred.ts';
import { answerOf, placeIn } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { type Bench, setUpBench } from './bench.ts';

const logged: { level: number; msg: string }[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
const LANE = laneOf(placeIn('C0OPS'));
const LOST_LEASE_MS = 20_000;
/** The next job is for another worker. */
const BUSY_WITH_ONE = { concurrency: 1 };

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('the lane of a channel ($kind)', ({ open }) => {
  let queue: TestQueue;
  let bench: Bench;
  let store: Store;

  beforeAll(async () => {
    queue = await open(log);
    store = queue.backend.back.store;
  });
  beforeEach(async () => {
    logged.length = 0;
    bench = await setUpBench(queue, log);
  });
  afterEach(() => bench.clear());
  afterAll(() => queue.remove());

  const openIds = async () => (await store.ranked(OPEN, { limit: 100 })).map(({ member }) => member);

  it('answers in the order of asking, and completes a thread before the next one', async () => {
    const asked = [await bench.open(), await bench.open(), await bench.open()];
    const names = ['first', 'second', 'third'];
    for (const i of [2, 0, 1]) {
      const [name, delivery] = [names[i] ?? '', asked[i]];
      if (delivery !== undefined) await bench.answer(delivery, `The ${name}.`, `why ${name}`, `fix ${name}`);
    }
    bench.work();
    await bench.untilIdle();
    expect(bench.posted()).toEqual(names.flatMap((name) => [`The ${name}.`, `why ${name}`, `fix ${name}`]));
    expect(await openIds()).toEqual([]);
    expect(await store.ranked(LANE, { limit: 1 })).toEqual([]);
  });

  it('gives an answer that is ready without waiting for an older one that is not', async () => {
    const [slow, quick] = [await bench.open(), await bench.open()];
    bench.work();
    await bench.answer(quick, 'The quick one.');
    await bench.untilIdle();
    expect(bench.posted()).toEqual(['The quick one.']);
    expect(await openIds()).toEqual([slow.requestId]);
    await bench.answer(slow, 'The slow one.');
    await bench.untilIdle();
    expect(bench.posted()).toEqual(['The quick one.', 'The slow one.']);
  });

  it.each([
    { where: 'before it is posted', when: 'before' as const },
    { where: 'after it was posted', when: 'after' as const },
  ])('of a process that lost its lease in the middle of a detail, $where, is left to the next', async ({ when }) => {
    const { chat, queue } = bench;
    const answered = deferred<void>();
    const begun = deferred<void>();
    let nowMs = 0;
    const delivery = await bench.open();
    bench.work({
      now: () => nowMs,
      settings: BUSY_WITH_ONE,
      chat: {
        ...chat,
        async post(target, message, ...rest) {
          if (message.text !== 'why it is so') return chat.post(target, message, ...rest);
          if (when === 'after') await chat.post(target, message, ...rest);
          begun.resolve();
          await answered.promise;
          // Whoever was stopped for so long is no longer allowed to begin, and Slack’s own client would have given up.
          return { kind: 'uncertain', reason: 'it was stopped' };
        },
      },
    });
    await bench.answer(delivery, 'The answer.', 'why it is so', 'fix it so', 'see also');
    await begun.promise;
    nowMs += LOST_LEASE_MS;
    await store.delete(`${LANE}:holder`);

    bench.work();
    await queue.backend.back.queue(DELIVERIES).add('deliver', { ...delivery, placeholder: null });
    await until('the next one has answered', async () => (await openIds()).length === 0);
    answered.resolve();
    await bench.untilIdle();
    const texts = ['The answer.', 'why it is so', 'fix it so', 'see also'];
    expect(bench.posted()).toEqual(texts);
    const outbox = await openOutbox(store, delivery);
    expect(Object.values(outbox.slots).map(({ state }) => state)).toEqual(texts.map(() => 'sent'));
  });

  it('of a process that lost its lease between two posts gets nothing more from it', async () => {
    const { chat, queue } = bench;
    const delivery = await bench.open();
    const resumed = deferred<void>();
    const stopped = deferred<void>();
    const late: string[] = [];
    let nowMs = 0;
    bench.work({
      now: () => nowMs,
      settings: BUSY_WITH_ONE,
      chat: {
        ...chat,
        async post(target, message, marker, mayBegin) {
          if (nowMs > 0) late.push(`${message.text} ${mayBegin?.()}`);
          const outcome = await chat.post(target, message, marker, mayBegin);
          if (message.text !== 'why it is so') return outcome;
          stopped.resolve();
          await resumed.promise;
          return outcome;
        },
      },
    });
    await bench.answer(delivery, 'The answer.', 'why it is so', 'fix it so', 'see also');
    await stopped.promise;
    nowMs += LOST_LEASE_MS;
    await store.delete(`${LANE}:holder`);
    bench.work();
    await queue.backend.back.queue(DELIVERIES).add('deliver', { ...delivery, placeholder: null });
    await until('the next one has answered', async () => (await openIds()).length === 0);
    resumed.resolve();
    await bench.untilIdle();
    expect(bench.posted()).toEqual(['The answer.', 'why it is so', 'fix it so', 'see also']);
    expect(late).toEqual([]);
  });

  it('goes on behind a request that cannot be delivered, which stays open', async () => {
    const { chat } = bench;
    const [broken, next] = [await bench.open(), await bench.open()];
    await bench.answer(broken, 'A bug.');
    await bench.answer(next, 'The next answer.');
    let isBroken = true;
    bench.work({
      chat: {
        ...chat,
        async post(target, message, ...rest) {
          if (isBroken && message.text === 'A bug.') throw new Error('a bug');
          return chat.post(target, message, ...rest);
        },
      },
    });
    await bench.untilIdle();
    expect(bench.posted()).toEqual(['The next answer.']);
    expect(await openIds()).toEqual([broken.requestId]);
    expect(logged.map(({ msg }) => msg)).toEqual(['could not deliver']);

    isBroken = false;
    await nudge(queue.backend.back, broken);
    await bench.untilIdle();
    expect(bench.posted()).toEqual(['The next answer.', 'A bug.']);
    expect(await openIds()).toEqual([]);
  });

  it('goes on behind a request for which there is no way', async () => {
    const nobody = await bench.open(placeIn('C0RANDOM', { userId: '' }));
    const next = await bench.open(placeIn('C0RANDOM'));
    await bench.answer(nobody, 'For nobody.');
    await bench.answer(next, 'For Anna.');
    bench.work();
    await bench.untilIdle();
    expect(bench.slack.messages(bench.slack.as('U0ANNA').dm().id).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^For Anna\./),
    ]);
    expect(await openIds()).toEqual([]);
    expect(logged.map(({ msg }) => msg)).toEqual(['nobody could be told']);
  });
});

describe('what people hear when Slack takes no message', () => {
  const kind = QUEUE_KINDS.find(({ skipped }) => !skipped);
  let queue: TestQueue;
  let bench: Bench;

  beforeAll(async () => {
    if (kind === undefined) throw new Error('There is no queue to test with.');
    queue = await kind.open(log);
  });
  beforeEach(async () => {
    logged.length = 0;
    bench = await setUpBench(queue, log);
  });
  afterEach(() => bench.clear());
  afterAll(() => queue.remove());

  const openIn = async (channel: string) =>
    bench.open(placeIn(channel, { responseUrl: await bench.responseUrl(channel) }));
  const privately = (channel: string) =>
    bench.slack.messages(channel).flatMap(({ text, ephemeralFor }) => (ephemeralFor === null ? [] : [text]));
  const publicly = (channel: string) =>
    bench.slack.messages(channel).flatMap(({ text, ephemeralFor }) => (ephemeralFor === null ? [text] : []));
  const openIds = async () => queue.backend.back.store.ranked(OPEN, { limit: 100 });

  const reasons: readonly (readonly [string, string | null, string])[] = [
    ['C0RANDOM', null, 'ktrdr-bot isn’t in it'],
    ['G0SECRET', null, 'ktrdr-bot isn’t in it'],
    ['C0OLD', null, 'it’s archived'],
    ['C0SHARED', null, 'people of another organization can read it'],
    ['C0OPS', 'restricted_action', 'only some people can post there'],
    ['C0OPS', 'restricted_action_read_only_channel', 'it’s read-only'],
    ['C0OPS', 'restricted_action_thread_only_channel', 'only replies are allowed there'],
    ['C0OPS', 'restricted_action_non_threadable_channel', 'it has no threads'],
    ['C0OPS', 'ekm_access_denied', 'your organization suspended the app’s access to its encryption key'],
    ['C0OPS', 'a_new_code', 'Slack doesn’t allow it (a_new_code)'],
  ];
  const close = (postingError: string | null, channel: string) =>
    postingError === null || bench.slack.store.putChannel({ ...bench.slack.channel(channel), postingError });

  it.each(reasons)('is the reason, in %s with the error %s', async (channel, postingError, reason) => {
    close(postingError, channel);
    const delivery = await openIn(channel);
    bench.work();
    await bench.answer(delivery, 'The answer.', 'why it is so');
    await bench.untilIdle();
    expect(publicly(channel)).toEqual([]);
    expect(privately(channel)).toEqual([expect.stringContaining(reason), 'why it is so']);
    expect(privately(channel)[0]).toMatch(/^The answer\. /);
    expect(privately(channel)[0]?.includes('/invite')).toBe(reason.includes('isn’t in it'));
    expect(await openIds()).toEqual([]);
  });

  it.each(reasons)(
    'names the channel in a direct message: %s with the error %s',
    async (channel, postingError, reason) => {
      close(postingError, channel);
      bench.work();
      await bench.answer(await bench.open(placeIn(channel)), 'What was shared.');
      await bench.untilIdle();
      const [told = ''] = bench.slack.messages(bench.slack.as('U0ANNA').dm().id).map(({ text }) => text);
      expect(told).toContain(`Couldn’t post in <#${channel}>: ${reason}`);
      expect(told.includes('/invite')).toBe(reason.includes('isn’t in it'));
    },
  );

  it('is that the channel is held back, once and when it takes long', async () => {
    const { slack } = bench;
    const delivery = await openIn('C0OPS');
    slack.fault('chat.postMessage', { kind: 'rate-limited', retryAfterS: 300 });
    bench.work();
    await bench.answer(delivery, 'The answer.');
    await slack.waitForMessage(({ ephemeralFor }) => ephemeralFor === 'U0ANNA');
    const deliveries = queue.backend.back.queue(DELIVERIES);
    const delayed = () => until('it is put off', async () => (await deliveries.getDelayed())[0] ?? null);
    const before = await delayed();
    await before.promote();
    await until('it was tried', async () => (await delayed()).attemptsStarted > before.attemptsStarted);
    expect(privately('C0OPS')).toEqual([
      'Slack is limiting posts in that channel for another 5 min. Your diagnosis will follow after that.',
    ]);
    expect(slack.calls('chat.postMessage')).toHaveLength(1);
    expect(await openIds()).toHaveLength(1);
  });

  it('is nothing when Slack holds a channel back for a moment', async () => {
    const { slack } = bench;
    const delivery = await openIn('C0OPS');
    slack.fault('chat.postMessage', { kind: 'rate-limited', retryAfterS: 1 });
    bench.work();
    await bench.answer(delivery, 'The answer.');
    await bench.untilIdle();
    expect(privately('C0OPS')).toEqual([]);
    expect(publicly('C0OPS')).toEqual(['The answer.']);
  });

  it('is that the answer is refused in every form, with the reference', async () => {
    const { slack } = bench;
    const delivery = await openIn('C0OPS');
    const isAnswer = ({ text }: { text?: unknown }) => text === 'The answer.';
    const fault = { kind: 'error', error: 'msg_blocked_by_policy' } as const;
    slack.fault('chat.postMessage', fault, { times: 10, where: isAnswer });
    bench.work();
    await bench.answer(delivery, 'The answer.');
    await bench.untilIdle();
    expect(publicly('C0OPS')).toEqual([]);
    const [told, ...more] = privately('C0OPS');
    expect(told).toContain('The result couldn’t be shown. A policy of your organization blocks it');
    expect(told).toContain(delivery.requestId);
    expect(more).toEqual([]);
    expect(await openIds()).toEqual([]);
    expect(logged.map(({ msg }) => msg)).toEqual(['Slack refused a message in every form']);
  });

  it('is nothing of a detail that is refused in every form: the rest of the thread comes', async () => {
    const { slack } = bench;
    const isWhy = ({ text }: { text?: unknown }) => text === 'why it is so';
    slack.fault('chat.postMessage', { kind: 'error', error: 'invalid_blocks' }, { times: 10, where: isWhy });
    const delivery = await openIn('C0OPS');
    bench.work();
    await bench.answer(delivery, 'The answer.', 'why it is so', 'fix it so');
    await bench.untilIdle();
    expect(slack.messages('C0OPS').map(({ text }) => text)).toEqual(['The answer.', 'fix it so']);
    // It isn't tried again with the next nudge.
    const calls = slack.calls('chat.postMessage').length;
    await nudge(queue.backend.back, delivery);
    await bench.untilIdle();
    expect(slack.calls('chat.postMessage')).toHaveLength(calls);
  });

  it('is said once for a token that is refused, while no other channel of the workspace asks Slack', async () => {
    const { slack } = bench;
    let nowMs = 0;
    slack.fault('chat.postMessage', { kind: 'error', error: 'token_revoked' }, { times: 100 });
    const [here, there] = [await openIn('C0OPS'), await openIn('G0TRADE')];
    bench.work({ now: () => nowMs });
    await bench.answer(here, 'Here.');
    await slack.waitForMessage(({ ephemeralFor }) => ephemeralFor !== null);
    const { store } = queue.backend.back;
    expect(await parkedTeams(store)).toEqual(['T0KTRDR']);
    const deliveries = queue.backend.back.queue(DELIVERIES);
    await bench.answer(there, 'There.');
    await until('both are put off', async () => (await deliveries.getDelayedCount()) === 2);
    expect(slack.calls('chat.postMessage')).toHaveLength(1);

    slack.clearFaults();
    nowMs += 60_000;
    const promoting = setInterval(async () => {
      for (const job of await deliveries.getDelayed()) await job.promote().catch(() => undefined);
    }, 100);
    await bench.untilIdle();
    clearInterval(promoting);
    expect(publicly('C0OPS')).toEqual(['Here.']);
    expect(publicly('G0TRADE')).toEqual(['There.']);
    const told = [...privately('C0OPS'), ...privately('G0TRADE')];
    expect(told.filter((text) => text.startsWith('Here.'))).toHaveLength(1);
    expect(told.every((text) => text.includes('token_revoked'))).toBe(true);
    expect(await parkedTeams(store)).toEqual([]);
    expect(logged.map(({ msg }) => msg)).toEqual([expect.stringContaining('rejects the token')]);
  });

  it('comes anew, with its details, when the message to edit was deleted', async () => {
    const { slack } = bench;
    const first = await bench.open();
    bench.work();
    await bench.answer(first, 'The answer.', 'why it is so');
    await bench.untilIdle();
    const root = slack.messages('C0OPS')[0];
    if (root === undefined) throw new Error('Nothing was posted.');
    slack.store.removeMessage(root);
    const again = await bench.open(placeIn('C0OPS', { messageTs: root.ts }));
    await bench.answer(again, 'The new answer.', 'why it is so');
    await bench.untilIdle();
    const fresh = slack.messages('C0OPS').find(({ text }) => text === 'The new answer.');
    expect(slack.thread('C0OPS', fresh?.ts ?? '').map(({ text }) => text)).toEqual(['The new answer.', 'why it is so']);
  });

  describe('and what a second person hears who asks the same', () => {
    const sameAs = (delivery: Delivery, first: Delivery, text: string, stage: 'placeholder' | 'answer' = 'answer') =>
      deliver(queue.backend.back, delivery, stage, {
        ...answerOf(text, 'why it is so'),
        elsewhere: { requestId: first.requestId, question: '{}' },
      });

    it('is a link to the message of the first, also when it is posted later', async () => {
      const { slack } = bench;
      const [first, second] = [await bench.open(), await openIn('C0OPS')];
      bench.work();
      await sameAs(second, first, 'Queued.', 'placeholder');
      await until('it is put off', async () => (await queue.backend.back.queue(DELIVERIES).getDelayedCount()) === 1);
      expect(bench.posted()).toEqual([]);
      await bench.answer(first, 'The answer.', 'why it is so');
      await sameAs(second, first, 'The answer.');
      await bench.untilIdle();
      expect(publicly('C0OPS')).toEqual(['The answer.', 'why it is so']);
      expect(privately('C0OPS')).toEqual([expect.stringMatching(/^<@U0ANNA> made the same request here <!date/)]);
      const root = slack.messages('C0OPS').find(({ text }) => text === 'The answer.')?.ts ?? '';
      const told = slack.messages('C0OPS').find(({ ephemeralFor }) => ephemeralFor !== null);
      expect(JSON.stringify(told?.blocks)).toContain(`/archives/C0OPS/p${root.replace('.', '')}`);
      expect(await openIds()).toEqual([]);
    });

    it('is a link also when they asked before the one whose answer is ready, and is behind them', async () => {
      const [second, first] = [await openIn('C0OPS'), await bench.open()];
      await sameAs(second, first, 'The answer.');
      await bench.answer(first, 'The answer.', 'why it is so');
      bench.work();
      await bench.untilIdle();
      expect(publicly('C0OPS')).toEqual(['The answer.', 'why it is so']);
      expect(privately('C0OPS')).toEqual([expect.stringContaining('made the same request here')]);
      expect(await openIds()).toEqual([]);
    });

    it('is an answer of their own when both are pointed to each other', async () => {
      const [first, second] = [await openIn('C0OPS'), await openIn('C0OPS')];
      await sameAs(second, first, 'The answer.');
      await sameAs(first, second, 'The answer.');
      bench.work();
      await bench.untilIdle();
      expect(publicly('C0OPS')).toEqual(['The answer.', 'why it is so']);
      expect(privately('C0OPS')).toEqual([expect.stringContaining('made the same request here')]);
    });

    it('is in words when Slack gives no link', async () => {
      const { slack } = bench;
      const [first, second] = [await bench.open(), await openIn('C0OPS')];
      bench.work();
      await bench.answer(first, 'The answer.', 'why it is so');
      await bench.untilIdle();
      slack.fault('chat.getPermalink', { kind: 'error', error: 'internal_error' }, { times: 9 });
      await sameAs(second, first, 'The answer.');
      await bench.untilIdle();
      expect(publicly('C0OPS')).toEqual(['The answer.', 'why it is so']);
      expect(privately('C0OPS')).toEqual([
        expect.stringMatching(/made the same request here .* The diagnosis will be in this channel\./),
      ]);
    });

    it('is an answer of their own when the message of the first is gone', async () => {
      const { slack } = bench;
      const [first, second] = [await bench.open(), await openIn('C0OPS')];
      bench.work();
      await bench.answer(first, 'The answer.');
      await bench.untilIdle();
      const root = slack.messages('C0OPS')[0];
      if (root !== undefined) slack.store.removeMessage(root);
      await sameAs(second, first, 'The answer for the second.');
      await bench.untilIdle();
      expect(privately('C0OPS')).toEqual([]);
      expect(publicly('C0OPS')).toEqual(['The answer for the second.', 'why it is so']);
    });

    it('replaces the placeholder that they were shown before', async () => {
      const [first, second] = [await bench.open(), await openIn('C0OPS')];
      bench.work();
      await bench.answer(first, 'The answer.');
      const placeholder = { ...answerOf('Queued.'), thread: [] };
      await deliver(queue.backend.back, second, 'placeholder', placeholder);
      await bench.untilIdle();
      await sameAs(second, first, 'The answer for the second.');
      await bench.untilIdle();
      expect(privately('C0OPS')).toEqual([]);
      expect(publicly('C0OPS')).toEqual(['The answer.', 'The answer for the second.', 'why it is so']);
    });

    it('is an answer of their own when the first went another way', async () => {
      const [first, second] = [await openIn('C0RANDOM'), await openIn('C0RANDOM')];
      bench.work();
      await bench.answer(first, 'The answer.');
      await sameAs(second, first, 'The answer for the second.');
      await bench.untilIdle();
      expect(privately('C0RANDOM')).toEqual([
        expect.stringMatching(/^The answer\. /),
        'The answer for the second.',
        'why it is so',
      ]);
    });
  });
});

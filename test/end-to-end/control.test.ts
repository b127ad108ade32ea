import type { Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import type { BotProcess } from './bot-process.ts';
import { choose, controlsOf, JAEGER, latest, lintedProblems, repliesOf, replyIn, toldTo } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';

function expectFlawless(world: World): void {
  const markers = markersIn(world.slack);
  expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
  expect(world.slack.warnings()).toEqual([]);
  expect(lintedProblems(world.slack)).toEqual([]);
}

describe.skipIf(isWithoutRedis())('a long analysis that is cancelled', () => {
  let world: World;
  let worker: BotProcess;
  beforeAll(async () => {
    world = await openWorld();
    // Handlers and diagnoses in different processes; with one place for a diagnosis, one that goes on would block the next.
    const env = { JAEGER_PUBLIC_URL: JAEGER };
    worker = await world.startBot('http', { ...env, ROLES: 'worker', WORKER_CONCURRENCY: '1' });
    await world.startBot('http', { ...env, ROLES: 'slack' });
  });
  afterAll(() => world.close());
  afterEach(() => expectFlawless(world));

  it('ends with a message by its asker only, is stopped in the other process, and can be asked again', async () => {
    const { slack, jaeger, failed, healthy } = world;
    const [anna, ben] = [slack.as('U0ANNA'), slack.as('U0BEN')];
    jaeger.setFault('silent');
    await anna.command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    const waiting = await slack.waitForMessage(({ text }) => /^Reading traces/.test(text));
    expect(controlsOf(waiting)).toEqual(['cancel']);

    await ben.click(waiting, 'cancel');
    await toldTo(slack, 'U0BEN', 'Only the person who made this request');
    expect(latest(slack, waiting).text).toMatch(/^Reading traces/);

    expect((await anna.click(waiting, 'cancel')).error).toBeNull();
    await slack.waitForMessage(({ ts, text }) => ts === waiting.ts && /^Cancelled by <@U0ANNA> after \d/.test(text));
    expect(controlsOf(latest(slack, waiting))).toEqual(['run_again']);
    await expect.poll(() => worker.log.some((line) => line.includes('nobody waits any more'))).toBe(true);

    jaeger.setFault(null);
    await ben.command('/ktrdr', `diagnose ${healthy}`, { channel: CHANNEL });
    await answerTo(slack, healthy, CHANNEL);
    await world.settled();
    expect(latest(slack, waiting).text).toMatch(/^Cancelled/);
    expect(slack.thread(CHANNEL, waiting.ts)).toHaveLength(1);

    await ben.click(latest(slack, waiting), 'run_again');
    await slack.waitForMessage(({ ts, text }) => ts === waiting.ts && text.includes('AUDUSD'));
    await world.settled();
    expect(slack.thread(CHANNEL, waiting.ts)).toHaveLength(3);
  });

  it('leaves the answer to another who asked the same', async () => {
    const { slack, jaeger, failed } = world;
    jaeger.setFault('silent');
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed} slow`, { channel: 'G0TRADE' });
    await slack.as('U0BEN').command('/ktrdr', `diagnose ${failed} slow`, { channel: CHANNEL });
    const [hers, his] = await Promise.all(
      ['G0TRADE', CHANNEL].map((channel) =>
        slack.waitForMessage((message) => message.channel === channel && /^Reading/.test(message.text)),
      ),
    );
    if (hers === undefined || his === undefined) throw new Error('There are two messages.');
    await slack.as('U0ANNA').click(hers, 'cancel');
    await slack.waitForMessage(({ ts, text }) => ts === hers.ts && text.startsWith('Cancelled'));
    // Jaeger never answers; what the ktrdr API knows is his answer.
    await slack.waitForMessage(
      ({ ts, blocks }) => ts === his.ts && JSON.stringify(blocks).includes('run_again'),
      90_000,
    );
    jaeger.setFault(null);
    await world.settled();
    expect(wordsOf(latest(slack, his))).toContain('Jaeger unavailable');
    expect(latest(slack, hers).text).toMatch(/^Cancelled/);
  });

  it('a click that comes too late says so to the one who clicked', async () => {
    const { slack, failed } = world;
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed} stuck`, { channel: CHANNEL });
    const answer = await slack.waitForMessage((message) => wordsOf(message).includes('You asked why it is stuck'));
    const payload = await choose(slack, 'U0ANNA', answer, 'explain');
    await toldTo(slack, 'U0ANNA', 'Market data missing');
    // The button of the placeholder, which a quick answer does not have, names the request.
    const value = answer.metadata?.event_payload['request_id'];
    const action = { type: 'button', action_id: 'cancel', block_id: 'x', value, action_ts: '1.1' };
    const late = { ...payload, trigger_id: 'late', actions: [action] };
    expect((await slack.deliver({ kind: 'interaction', payload: late })).outcome).toBe('acknowledged');
    await toldTo(slack, 'U0ANNA', 'Too late to cancel');
    expect(latest(slack, answer).text).toContain('AUDUSD');
  });
});

describe.skipIf(isWithoutRedis())('who sees an answer, and whose it is', () => {
  let world: World;
  const [bars = '', weights = ''] = ['06c', '07f'].map((name) => incidentNamed(name).operationId);
  beforeAll(async () => {
    world = await openWorld({}, ['06c', '07f']);
    await world.startBot('socket', {
      JAEGER_PUBLIC_URL: JAEGER,
      LOOKBACK: '3650d',
      AUTO_REPLY_CHANNELS: 'G0TRADE',
    });
  });
  afterAll(() => world.close());
  afterEach(() => expectFlawless(world));

  it('--private: the answer with its thread is a direct message, and nothing appears in the channel', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    const { reply } = await anna.command('/ktrdr', `diagnose ${bars} --private`, { channel: CHANNEL });
    expect(reply?.ephemeralFor).toBe('U0ANNA');
    expect(reply?.text).toContain('direct messages');
    const answer = await answerTo(slack, bars, anna.dm().id);
    await world.settled();
    expect(answer.threadTs).toBeNull();
    expect(slack.thread(anna.dm().id, answer.ts)).toHaveLength(3);
    expect(postsIn(slack, CHANNEL)).toEqual([]);

    await anna.click(latest(slack, answer), 'run_again');
    await world.settled();
    expect(wordsOf(latest(slack, answer))).toContain(bars);
    expect(postsIn(slack, CHANNEL)).toEqual([]);
  });

  it('a private answer is remembered for its asker alone', async () => {
    const { slack } = world;
    const [anna, ben] = [slack.as('U0ANNA'), slack.as('U0BEN')];
    for (const [person, isShown] of [
      [ben, false],
      [anna, true],
    ] as const) {
      person.openHome();
      await expect.poll(() => person.home()).not.toBeNull();
      expect(JSON.stringify(person.home()?.definition).includes(bars)).toBe(isShown);
    }
    const own = await anna.command('/ktrdr', 'recent', { channel: CHANNEL });
    expect(JSON.stringify(own.reply?.blocks)).toContain(bars);
    // What is asked by mention is answered for everybody who reads the thread.
    const aloud = await replyIn(slack, anna.mention(CHANNEL, 'recent'), 'last week');
    expect(wordsOf(aloud)).not.toContain(bars);

    await ben.command('/ktrdr', `diagnose ${weights}`, { channel: CHANNEL });
    expect(wordsOf(await answerTo(slack, weights, CHANNEL))).not.toContain('Same cause');
    await ben.command('/ktrdr', `diagnose ${bars}`, { channel: CHANNEL });
    const his = await answerTo(slack, bars, CHANNEL);
    expect(his.text).not.toContain('No change since');
    expect(wordsOf(his)).not.toContain(anna.dm().id);
  });

  it('a private answer is there once, though Slack stored its first message and answered 500', async () => {
    const { slack } = world;
    const ben = slack.as('U0BEN');
    slack.fault(
      'chat.postMessage',
      { kind: 'status', status: 500, when: 'after' },
      { where: ({ channel }) => channel === 'U0BEN' },
    );
    await ben.command('/ktrdr', `diagnose ${weights} slow --private`, { channel: CHANNEL });
    await answerTo(slack, weights, ben.dm().id);
    await world.settled();
    slack.clearFaults();
    const roots = postsIn(slack, ben.dm().id).filter(({ threadTs }) => threadTs === null);
    expect(roots.map(({ text }) => text)).toEqual([expect.stringContaining(weights)]);
    expect(slack.thread(ben.dm().id, roots[0]?.ts ?? '')).toHaveLength(3);
  });

  it('asked privately by mention, the thread stays silent', async () => {
    const { slack, healthy } = world;
    const ben = slack.as('U0BEN');
    const said = ben.mention(CHANNEL, `please diagnose ${healthy} privately`);
    await answerTo(slack, healthy, ben.dm().id);
    await world.settled();
    expect(slack.thread(CHANNEL, said.ts)).toHaveLength(1);
  });

  it('a search can be private as well', async () => {
    const { slack } = world;
    const ben = slack.as('U0BEN');
    const before = postsIn(slack, CHANNEL).length;
    const { reply } = await ben.command('/ktrdr', 'failed --private', { channel: CHANNEL });
    expect(reply?.text).toContain('direct messages');
    await slack.waitForMessage((message) => message.channel === ben.dm().id && /operation/.test(message.text));
    await world.settled();
    expect(postsIn(slack, CHANNEL)).toHaveLength(before);
  });

  it('each of several askers is named below their own answer, and nobody is notified', async () => {
    const { slack, failed } = world;
    await Promise.all([
      slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: 'G0TRADE' }),
      slack.as('U0BEN').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL }),
    ]);
    for (const [channel, requester] of [
      ['G0TRADE', 'U0ANNA'],
      [CHANNEL, 'U0BEN'],
    ] as const) {
      const answer = await answerTo(slack, failed, channel);
      const words = footerOf(answer);
      expect(words.match(/<@\w+>/g)).toEqual([`<@${requester}>`]);
      expect(words).toContain(`asked by <@${requester}>`);
      expect(answer.text).not.toContain('<@');
      const first = await replyIn(slack, answer, 'Trace summary');
      expect(footerOf(first)).toContain('trace `80293c91cabe064444bbcda1bfb15bcd`');
      expect(footerOf(first)).toMatch(/analyzed in \S+ m?s · `data-missing\/not-cached` · ktrdr-bot \d+\.\d+\.\d+/);
      expect(repliesOf(slack, answer).map(wordsOf).join()).not.toContain('<@');
    }
  });

  it('below a pasted id stands who pasted it', async () => {
    const { slack, healthy } = world;
    const pasted = slack.as('U0ANNA').say('G0TRADE', healthy);
    const answer = await replyIn(slack, pasted, healthy);
    expect(footerOf(answer)).toMatch(/\bpasted by <@U0ANNA>/i);
    expect(controlsOf(answer)).not.toContain('cancel');
  });
});

function footerOf({ blocks }: Message): string {
  return blocks
    .filter((block) => block['type'] === 'context')
    .map((block) => JSON.stringify(block))
    .join('\n');
}

import type { Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const UNKNOWN = 'op_training_20250101_000000_deadbeef';

describe.skipIf(isWithoutRedis())('a question gets its answer once', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.startBot('http');
  });
  afterAll(() => world.close());
  afterEach(() => {
    world.slack.clearFaults();
    world.jaeger.setFault(null);
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
  });

  it('where the bot is not a member the asker alone sees the answer', async () => {
    const { slack, failed } = world;
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: 'C0RANDOM' });
    const answer = await slack.waitForMessage(
      (message) => message.channel === 'C0RANDOM' && wordsOf(message).includes('AUDUSD'),
    );
    expect(answer.ephemeralFor).toBe('U0ANNA');
    expect(wordsOf(answer)).toContain('/invite');
    expect(postsIn(slack, 'C0RANDOM')).toEqual([]);
  });

  it('by direct message where even that way is closed', async () => {
    const { slack, failed } = world;
    slack.fault('response_url', { kind: 'error', error: 'expired_url' }, { times: 20 });
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed} stuck`, { channel: 'C0RANDOM' });
    await answerTo(slack, failed, slack.as('U0ANNA').dm().id);
    await world.settled();
  });

  it.each([
    ['slows us down', { kind: 'rate-limited', retryAfterS: 1 }, 'slow'],
    ['stores the message but answers 500', { kind: 'status', status: 500, when: 'after' }, 'failed'],
    ['stores the message but breaks the connection', { kind: 'reset', when: 'after' }, 'stuck'],
  ] as const)(
    'Slack %s, and everything is there once',
    // A symptom of its own, because the same question in the same channel is answered by a link for some minutes.
    async (_what, fault, symptom) => {
      const { slack, failed } = world;
      slack.fault('chat.postMessage', fault);
      slack.fault('chat.postMessage', fault, { where: ({ thread_ts }) => thread_ts !== undefined });
      slack.fault('chat.update', fault);
      const known = new Set(postsIn(slack, 'G0TRADE').map(({ ts }) => ts));
      await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed} ${symptom}`, { channel: 'G0TRADE' });
      const isNew = ({ ts }: Message) => !known.has(ts);
      const answer = await slack.waitForMessage(
        (message) => message.channel === 'G0TRADE' && isNew(message) && wordsOf(message).includes('AUDUSD'),
      );
      await slack.waitForMessage(
        (message) => message.threadTs === answer.ts && message.text.startsWith('Execution flow'),
      );
      await world.settled();
      const roots = postsIn(slack, 'G0TRADE').filter((message) => isNew(message) && message.threadTs === null);
      expect(roots).toHaveLength(1);
      expect(slack.calls('chat.postMessage').filter((call) => call.fault === fault)).toHaveLength(2);
    },
  );

  it('an id that nothing knows is said so', async () => {
    const { slack } = world;
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${UNKNOWN}`, { channel: 'C0OPS' });
    const answer = await answerTo(slack, UNKNOWN, 'C0OPS');
    expect(answer.text).toContain(`No record of ${UNKNOWN}`);
  });

  it('a Jaeger that shows a login page is named', async () => {
    const { slack, jaeger, failed } = world;
    jaeger.setFault('login-page');
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed} no-workers`, { channel: 'G0TRADE' });
    const host = new URL(jaeger.url).host;
    await slack.waitForMessage((message) => message.channel === 'G0TRADE' && wordsOf(message).includes(host));
  });
});

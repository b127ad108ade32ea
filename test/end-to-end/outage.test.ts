import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World } from './world.ts';

const CHANNEL = 'C0OPS';

describe.skipIf(isWithoutRedis())('an outage', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    const markers = markersIn(world.slack);
    await world.close();
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
  });

  it('of the queue is told to the asker while Slack still waits, and is over when it is over', async () => {
    const { slack, redis, failed } = world;
    await world.startBot('http');
    await redis.kill();
    const anna = slack.as('U0ANNA');
    // Slack shows `operation_timeout` or `dispatch_failed` when no answer comes.
    const { error, reply } = await anna.command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    expect(error).toBeNull();
    expect(reply?.text).toContain('can’t reach its queue');
    expect(reply?.ephemeralFor).toBe('U0ANNA');

    await redis.start();
    await expect
      .poll(async () => (await anna.command('/ktrdr', `diagnose ${failed}`, { channel: 'G0TRADE' })).reply, {
        interval: 500,
      })
      .toBeNull();
    await answerTo(slack, failed, 'G0TRADE');
    await world.settled();
    expect(postsIn(slack, CHANNEL)).toEqual([]);
  });

  it('of a queue that stands still leaves open if a question was taken, which is then answered once', async () => {
    const { slack, redis, failed } = world;
    await world.startBot('http');
    redis.freeze();
    const anna = slack.as('U0ANNA');
    const { error, reply } = await anna.command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    expect([error, reply]).toEqual([null, null]);
    const told = await slack.waitForMessage(({ ephemeralFor }) => ephemeralFor === 'U0ANNA');
    expect(told.text).toBe('Redis is slow. If nothing appears here within a minute, try again.');

    redis.thaw();
    await answerTo(slack, failed, CHANNEL);
    await world.settled();
    expect(postsIn(slack, CHANNEL).filter(({ threadTs }) => threadTs === null)).toHaveLength(1);
    expect(slack.messages(CHANNEL).filter(({ ephemeralFor }) => ephemeralFor !== null)).toHaveLength(1);
  });

  it('of the bot itself, killed while it posts, leaves no message out and none twice', async () => {
    const { slack, failed } = world;
    const first = await world.startBot('http');
    // Slack has the message, the bot does not know it yet.
    slack.fault(
      'chat.postMessage',
      { kind: 'slow', delayMs: 9_000 },
      { where: ({ thread_ts }) => thread_ts !== undefined },
    );
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    const posted = await slack.waitForMessage(({ threadTs, channel }) => threadTs !== null && channel === CHANNEL);
    first.kill('SIGKILL');
    expect(await first.ended()).toBeNull();

    await world.startBot('http');
    await slack.waitForMessage(
      (message) => message.threadTs === posted.threadTs && message.text.startsWith('Execution flow'),
    );
    await world.settled();
    expect(postsIn(slack, CHANNEL).filter(({ threadTs }) => threadTs === null)).toHaveLength(1);
    expect(slack.calls('conversations.replies').length).toBeGreaterThan(0);
  });

  it('that is planned ends what was begun, and the process with status 0', async () => {
    const { slack, failed } = world;
    const bot = await world.startBot('socket');
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    bot.kill('SIGTERM');
    expect(await bot.ended()).toBe(0);
    // What was only queued by then is answered by the next process.
    await world.startBot('socket');
    await answerTo(slack, failed, CHANNEL);
  });
});

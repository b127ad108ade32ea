import type { Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toldTo } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';

describe.skipIf(isWithoutRedis()).each(['http', 'socket'] as const)('a conversation over %s', (transport) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.startBot(transport);
  });
  afterAll(() => world.close());
  afterEach(() => {
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
  });

  it('a command is answered in one message, with the details in its thread, and can be asked again', async () => {
    const { slack, failed } = world;
    const before = postsIn(slack, CHANNEL).length;
    const { error, reply } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    expect(error).toBeNull();
    expect(reply).toBeNull();

    const answer = await answerTo(world.slack, failed, CHANNEL);
    await world.settled();
    expect(answer.threadTs).toBeNull();
    // Only a slow answer has a placeholder, which becomes the answer.
    for (const { text } of answer.edits) expect(text).toMatch(/^(?:Queued|Reading)/);
    expect(wordsOf(answer)).toContain('AUDUSD');
    const details = slack.thread(CHANNEL, answer.ts).slice(1);
    const headings = details.map((message) => wordsOf(message).match(/\*(?:[A-Z][a-z]+ )?[A-Z]?[a-z]+\*/g));
    expect(headings).toEqual([['*Root cause*', '*Fix*', '*Trace summary*'], ['*Execution flow*']]);
    expect(postsIn(slack, CHANNEL)).toHaveLength(before + 1 + details.length);

    const { edits } = latest(answer);
    expect((await slack.as('U0BEN').click(latest(answer), 'run_again')).error).toBeNull();
    const told = await toldTo(slack, 'U0BEN', /^No change since <!date/);
    expect(wordsOf(told)).toContain(answer.ts.replace('.', ''));
    await world.settled();
    expect(latest(answer).edits).toEqual(edits);
    expect(slack.thread(CHANNEL, answer.ts)).toHaveLength(1 + details.length);
    expect(postsIn(slack, CHANNEL)).toHaveLength(before + 1 + details.length);
  });

  it('a shortcut is answered in the thread of its message', async () => {
    const { slack, healthy } = world;
    const alert = slack.alert(CHANNEL, { text: '', attachments: [{ fallback: `Finished: ${healthy}` }] });
    expect((await slack.as('U0ANNA').messageShortcut('diagnose_operation', alert)).error).toBeNull();
    const answer = await answerTo(world.slack, healthy, CHANNEL);
    expect(answer.threadTs).toBe(alert.ts);
    await world.settled();
    const replies = slack.thread(CHANNEL, alert.ts).slice(1);
    expect(replies[0]?.ts).toBe(answer.ts);
    expect(replies.every(({ botId }) => botId === slack.team.botId)).toBe(true);
  });

  it('a command that is delivered twice is answered once', async () => {
    const { slack, failed } = world;
    const ben = slack.as('U0BEN');
    const channel = ben.dm().id;
    const { payload } = await ben.command('/ktrdr', `diagnose ${failed} slow`);
    const fields = Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)]));
    await slack.deliver({ kind: 'command', fields });
    await answerTo(world.slack, failed, channel);
    await slack.deliver({ kind: 'command', fields });
    await world.settled();
    expect(postsIn(slack, channel).filter(({ threadTs }) => threadTs === null)).toHaveLength(1);
  });

  function latest({ channel, ts }: Message): Message {
    const message = world.slack.message(channel, ts);
    if (message === null) throw new Error('The message is gone.');
    return message;
  }
});

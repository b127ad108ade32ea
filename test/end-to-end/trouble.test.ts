/** What people read while something takes long, is away, or tries to get out of where it is shown. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Message, type RecordedJaeger, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { JAEGER, latest, lintedProblems, repliesOf, replyIn } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const RAISED = incidentNamed('failed-worker-exception');
/** Of the details, wherever they are. */
const HEADINGS = ['Root cause', 'Fix', 'Trace summary', 'Execution flow'];
const PASSWORD = 'hunter2hunter2';
const TOKEN = 'xoxb-123456789012-abcdefABCDEF';
const HOSTILE = `<!channel> <@U0VICTIM> <https://evil.example|${JAEGER}> *no* postgresql://ktrdr:${PASSWORD}@db:5432/ktrdr ${TOKEN} \u202e \u0000`;

describe.skipIf(isWithoutRedis())('in trouble', () => {
  let world: World;
  let jaeger: RecordedJaeger | null = null;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    const [markers, problems, warnings] = [markersIn(world.slack), lintedProblems(world.slack), world.slack.warnings()];
    await Promise.all([world.close(), jaeger?.close()]);
    jaeger = null;
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect([...problems, ...warnings]).toEqual([]);
  });

  it('a command is acknowledged while Jaeger hangs; its message shows what is done, and ends with what was away', async () => {
    const { slack, failed } = world;
    world.jaeger.setFault('silent');
    await world.startBot('http', { JAEGER_TIMEOUT: '5s', JAEGER_PUBLIC_URL: JAEGER });
    const { error } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    expect(error).toBeNull();
    const waiting = await slack.waitForMessage(
      ({ channel, text }) => channel === CHANNEL && text.startsWith('Reading'),
    );
    const answer = await answerTo(slack, failed, CHANNEL);
    expect(answer.ts).toBe(waiting.ts);
    expect(answer.edits.map(({ text }) => text.split(/[: ]/)[0]).filter((word) => word !== 'Queued')).toEqual([
      'Reading',
    ]);
    expect(wordsOf(answer)).toContain('Jaeger unavailable');
    await world.settled();
    expect(repliesOf(slack, answer).map(wordsOf).join()).toContain(new URL(world.jaeger.url).host);
  });

  it('what is muted while a pasted id is looked into is not said any more', async () => {
    const { slack, failed, healthy } = world;
    const traces = ['06a-', '16b-backtest-healthy-1'].map((name) => v3Of(incidentNamed(name).dir));
    jaeger = await startRecordedJaeger({
      version: '2.20',
      traces: traces.map((text) => JSON.parse(text)),
      latencyMs: 700,
    });
    const started = jaeger;
    await world.startBot('http', { JAEGER_URL: started.url, AUTO_REPLY_CHANNELS: CHANNEL });
    const anna = slack.as('U0ANNA');
    // Shows that this bot answers pasted ids at all.
    await replyIn(slack, anna.say(CHANNEL, `see ${healthy}`), healthy);
    await world.settled();

    const asked = started.requests.length;
    const pasted = anna.say(CHANNEL, `and ${failed}`);
    await expect.poll(() => started.requests.length).toBeGreaterThan(asked);
    expect((await anna.command('/ktrdr', 'mute channel for 1h', { channel: CHANNEL })).error).toBeNull();
    await world.settled();
    expect(repliesOf(slack, pasted)).toEqual([]);
  });

  it('neither markup nor secrets of a span get into a message or the log', async () => {
    const { slack } = world;
    const hostile = JSON.stringify(HOSTILE).slice(1, -1);
    const poisoned = v3Of(RAISED.dir).replaceAll('shape mismatch in layer 3', `shape mismatch in layer 3 ${hostile}`);
    jaeger = await startRecordedJaeger({ version: '2.20', traces: [JSON.parse(poisoned)] });
    const bot = await world.startBot('http', { JAEGER_URL: jaeger.url, JAEGER_PUBLIC_URL: JAEGER });
    const ben = slack.as('U0BEN');
    await ben.command('/ktrdr', `diagnose ${RAISED.operationId}`, { channel: CHANNEL });
    const answer = await answerTo(slack, RAISED.operationId, CHANNEL);
    const stack = /"value":"(stack:[^"]*)"/.exec(JSON.stringify(answer.blocks))?.[1] ?? '';
    await ben.click(answer, 'more', stack);
    await replyIn(slack, answer, 'Traceback');
    await world.settled();
    const shown = slack.messages(CHANNEL).map(wordsOf).join('\n');
    expect(shown).toContain('shape mismatch in layer 3');
    expect(shown).not.toMatch(/<!channel|<@U0VICTIM|"type":"(?:broadcast|usergroup)"/);
    const journal = JSON.stringify(slack.journal.map(({ method, args }) => [method, args]));
    for (const secret of [PASSWORD, TOKEN]) {
      for (const text of [shown, journal, bot.log.join('\n')]) expect(text).not.toContain(secret);
    }
  });

  it.each(['invalid_blocks', 'msg_blocks_too_long'])(
    'an answer that Slack refuses with %s is said with less',
    async (error) => {
      const { slack, failed } = world;
      // Posted, or edited into the placeholder when that came first.
      const isAnswer = ({ text, thread_ts }: Readonly<Record<string, unknown>>) =>
        thread_ts === undefined && String(text).includes('No data');
      for (const method of ['chat.postMessage', 'chat.update'])
        slack.fault(method, { kind: 'error', error }, { where: isAnswer, times: 2 });
      slack.fault('chat.postMessage', { kind: 'error', error }, { where: ({ thread_ts }) => thread_ts !== undefined });
      await world.startBot('http', { JAEGER_PUBLIC_URL: JAEGER });
      await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
      const answer = await answerTo(slack, failed, CHANNEL);
      await slack.waitForMessage(({ threadTs, text }) => threadTs === answer.ts && text.startsWith('Execution flow'));
      await world.settled();
      expect(slack.journal.filter(({ answer: said }) => said['error'] === error).length).toBeGreaterThan(1);
      expect(wordsOf(latest(slack, answer))).toContain('No data for AUDUSD 1h');
      // No button of what stood there before, and no heading is lost.
      expect(JSON.stringify(latest(slack, answer).blocks)).not.toContain('"type":"actions"');
      const replies = repliesOf(slack, answer);
      expect(replies.map(({ text }) => text.split(':')[0])).toEqual(['Root cause', 'Execution flow']);
      const words = replies.map(wordsOf).join('\n');
      for (const heading of HEADINGS) expect(words).toContain(heading);
    },
  );

  it('an answer that was deleted meanwhile is posted anew', async () => {
    const { slack, failed } = world;
    await world.startBot('http', { JAEGER_TIMEOUT: '4s', JAEGER_PUBLIC_URL: JAEGER });
    world.jaeger.setFault('silent');
    const ben = slack.as('U0BEN');
    await ben.command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    const waiting = await slack.waitForMessage(
      ({ channel, text }) => channel === CHANNEL && /^(?:Queued|Reading)/.test(text),
    );
    ben.delete(waiting);
    world.jaeger.setFault(null);
    const answer = await answerTo(slack, failed, CHANNEL);
    expect(answer.ts).not.toBe(waiting.ts);
    await world.settled();
    expect(postsIn(slack, CHANNEL).filter(({ threadTs }) => threadTs === null)).toHaveLength(1);
  });

  it('a thread that Slack closes to the bot does not take the answer with it', async () => {
    const { slack, failed } = world;
    const closed = { kind: 'error', error: 'restricted_action_thread_locked' } as const;
    slack.fault('chat.postMessage', closed, { where: ({ thread_ts }) => thread_ts !== undefined, times: 100 });
    await world.startBot('http', { JAEGER_PUBLIC_URL: JAEGER });
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    const answer = await answerTo(slack, failed, CHANNEL);
    await world.settled();
    expect(wordsOf(latest(slack, answer))).toMatch(/ktrdr --url \S+ data load AUDUSD/);
    expect(postsIn(slack, CHANNEL)).toHaveLength(1);
  });

  it.each(['command', 'shortcut'])(
    'where the bot is not a member nothing of the answer to a %s is lost',
    async (way) => {
      const { slack, failed } = world;
      await world.startBot('http', { JAEGER_PUBLIC_URL: JAEGER });
      const anna = slack.as('U0ANNA');
      const alert = slack.alert('C0RANDOM', { text: `failed: ${failed}` });
      const interaction =
        way === 'command'
          ? await anna.command('/ktrdr', `diagnose ${failed}`, { channel: 'C0RANDOM' })
          : await anna.messageShortcut('diagnose_operation', alert);
      expect(interaction.error).toBeNull();
      const isOurs = ({ channel, botId }: Message) => channel === 'C0RANDOM' && botId === slack.team.botId;
      await slack.waitForMessage((message) => isOurs(message) && wordsOf(message).includes('Execution flow'));
      await world.settled();
      const told = slack.messages('C0RANDOM').filter(isOurs);
      expect(told.every(({ ephemeralFor }) => ephemeralFor === 'U0ANNA')).toBe(true);
      // More than five would be refused.
      expect(told.length).toBeLessThanOrEqual(5);
      const words = told.map(wordsOf).join('\n');
      for (const heading of HEADINGS) expect(words).toContain(heading);
      expect(words).toContain('/invite');
    },
  );
});

function v3Of(dir: string): string {
  return readFileSync(join(dir, 'v3.json'), 'utf8');
}

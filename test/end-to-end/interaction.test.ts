import type { Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { GRAFANA, JAEGER, latest, lintedProblems, repliesOf, replyIn, toldTo } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const ADMIN_TOKEN = 'let-me-in';

describe.skipIf(isWithoutRedis())('what can be done with an answer', () => {
  let world: World;
  let botUrl: string;
  let answer: Message;
  const [bars, weights] = ['06c', '07f'].map((name) => incidentNamed(name).operationId);
  beforeAll(async () => {
    world = await openWorld({}, ['06c', '07f']);
    const bot = await world.startBot('http', { JAEGER_PUBLIC_URL: JAEGER, GRAFANA_URL: GRAFANA, ADMIN_TOKEN });
    botUrl = bot.url;
    await world.slack.as('U0ANNA').command('/ktrdr', `diagnose ${world.failed}`, { channel: CHANNEL });
    answer = await answerTo(world.slack, world.failed, CHANNEL);
    await world.settled();
  });
  afterAll(() => world.close());
  afterEach(() => {
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  it('every button and every choice below an answer is acknowledged', async () => {
    const { slack } = world;
    const ids = [...new Set(JSON.stringify(answer.blocks).match(/(?<="action_id":")[^"]+/g))];
    expect(ids).toEqual(
      expect.arrayContaining([
        'open_jaeger',
        'open_grafana',
        'run_again',
        'flow',
        'explain',
        'claim',
        'more',
        'feedback_right',
      ]),
    );
    const options = JSON.stringify(answer.blocks).match(/(?<="value":")(?:stack|snooze|mute|share|copy):/g) ?? [];
    expect(options).toEqual(['stack:', 'snooze:', 'mute:', 'share:', 'copy:']);
    for (const link of ['open_jaeger', 'open_grafana'])
      expect((await slack.as('U0BEN').click(answer, link)).error).toBeNull();
    expect(JSON.stringify(answer.blocks)).toContain(`${GRAFANA}/explore`);
  });

  it('the whole flow and the stack come into its thread, once', async () => {
    const { slack } = world;
    const choice = (name: string) => new RegExp(`(?<="value":")${name}:[^"]*`).exec(JSON.stringify(answer.blocks))?.[0];
    for (const [name, title] of [
      ['flow', 'Whole execution flow'],
      ['stack', 'Stack of the exception'],
    ] as const) {
      const ask = (user: string) =>
        name === 'flow'
          ? slack.as(user).click(answer, 'flow')
          : slack.as(user).click(answer, 'more', choice(name) ?? '');
      expect((await ask('U0BEN')).error).toBeNull();
      await toldTo(slack, 'U0BEN', 'comes in the thread');
      const detail = await replyIn(slack, answer, title);
      await ask('U0ANNA');
      await world.settled();
      expect(repliesOf(slack, answer).filter(({ text }) => text.startsWith(title))).toHaveLength(1);
      if (name === 'stack') expect(wordsOf(detail)).toContain('Traceback');
    }
    expect(
      slack.messages(CHANNEL).filter(({ threadTs, ephemeralFor }) => threadTs === null && ephemeralFor === null),
    ).toHaveLength(1);
  });

  it('a cause is explained to the one who asks, by button and by command', async () => {
    const { slack } = world;
    await slack.as('U0BEN').click(answer, 'explain');
    expect(wordsOf(await toldTo(slack, 'U0BEN', 'Market data is missing'))).toContain('What proves it');
    const ben = slack.as('U0BEN');
    const command = async (text: string) => (await ben.command('/ktrdr', text, { channel: CHANNEL })).reply;
    expect((await command('explain data-missing'))?.text).toContain('Market data is missing');
    expect((await command('explain data-mising'))?.text).toContain('Did you mean “/ktrdr explain data-missing”');
    expect(JSON.stringify((await command('explain'))?.blocks)).toContain('workers-unavailable');
  });

  it('a claim is shown in the message with its owner, held by the first, and can be given back', async () => {
    const { slack } = world;
    await slack.as('U0ANNA').click(answer, 'claim');
    await slack.waitForMessage(
      ({ ts, blocks }) => ts === answer.ts && JSON.stringify(blocks).includes('*Claimed by* <@U0ANNA>'),
    );
    const claimed = latest(slack, answer);
    expect(JSON.stringify(claimed.blocks)).toContain('unclaim');
    expect((await slack.as('U0ANNA').click(claimed, 'unclaim')).error).toBeNull();
    await slack.waitForMessage(({ ts, blocks }) => ts === answer.ts && !JSON.stringify(blocks).includes('Claimed by'));
    expect(slack.thread(CHANNEL, answer.ts).filter(({ text }) => /out of date/.test(text))).toEqual([]);
  });

  it('a snooze has an end and an undo, and is shown in the message', async () => {
    const { slack } = world;
    const choice = (name: string) =>
      new RegExp(`(?<="value":")${name}:[^"]*`).exec(JSON.stringify(latest(slack, answer).blocks))?.[0] ?? '';
    await slack.as('U0ANNA').click(answer, 'more', choice('snooze'));
    await slack.waitForMessage(
      ({ ts, blocks }) => ts === answer.ts && /Cause snoozed here\* until <!date/.test(JSON.stringify(blocks)),
    );
    await toldTo(slack, 'U0ANNA', 'Snoozed here for a day');
    await slack.as('U0ANNA').click(answer, 'more', choice('unsnooze'));
    await slack.waitForMessage(
      ({ ts, blocks }) => ts === answer.ts && !JSON.stringify(blocks).includes('snoozed here'),
    );
  });

  it('judgements are stored once per person and cause, and counted in status and metrics', async () => {
    const { slack } = world;
    await slack.as('U0BEN').click(answer, 'feedback_right');
    await toldTo(slack, 'U0BEN', 'Noted: right');
    await slack.as('U0BEN').click(answer, 'feedback_partly');
    await toldTo(slack, 'U0BEN', 'Noted: partly right');
    await slack.as('U0ANNA').click(answer, 'feedback_wrong');
    await toldTo(slack, 'U0ANNA', 'Noted: wrong');
    const { reply, error } = await slack.as('U0ANNA').command('/ktrdr', 'status', { channel: CHANNEL });
    expect(error).toBeNull();
    const words = JSON.stringify(reply?.blocks);
    expect(reply?.text).toContain('Everything that I need answers.');
    for (const said of [
      'Queue: ',
      'Jaeger answered',
      'ktrdr API answered',
      '2 answers judged',
      'partly right 1, wrong 1',
    ]) {
      expect(words).toContain(said);
    }
    const metrics = await fetch(`${botUrl}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    const counted = (await metrics.text()).split('\n').filter((line) => line.startsWith('ktrdr_bot_feedback{'));
    expect(counted.sort()).toEqual([
      'ktrdr_bot_feedback{cause="data-missing/not-cached",verdict="partly"} 1',
      'ktrdr_bot_feedback{cause="data-missing/not-cached",verdict="wrong"} 1',
    ]);
  });

  it('the same question in the same channel is answered by a link, with “Check again”', async () => {
    const { slack, failed } = world;
    const before = postsIn(slack, CHANNEL).length;
    await slack.as('U0BEN').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    const reply = await slack.waitForMessage(
      (message) => message.ephemeralFor === 'U0BEN' && wordsOf(message).includes('was answered here'),
    );
    expect(wordsOf(reply)).toContain(`/archives/${CHANNEL}/p${answer.ts.replace('.', '')}`);
    await world.settled();
    expect(postsIn(slack, CHANNEL)).toHaveLength(before);
    expect((await slack.as('U0BEN').click(reply, 'run_again')).error).toBeNull();
    await slack.waitForMessage(
      (message) =>
        message.channel === CHANNEL &&
        message.ts > reply.ts &&
        message.threadTs === null &&
        message.ephemeralFor === null &&
        wordsOf(message).includes('AUDUSD'),
    );
    await world.settled();
  });

  it('the same cause is remembered, with links to the earlier threads', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    await anna.command('/ktrdr', `diagnose ${bars}`, { channel: CHANNEL });
    const first = await answerTo(slack, bars ?? '', CHANNEL);
    expect(wordsOf(first)).not.toContain('Same cause');
    await anna.command('/ktrdr', `diagnose ${weights}`, { channel: CHANNEL });
    const second = await answerTo(slack, weights ?? '', CHANNEL);
    expect(wordsOf(second)).toMatch(/Same cause seen once before\* since <!date/);
    expect(wordsOf(second)).toContain(`/archives/${CHANNEL}/p${first.ts.replace('.', '')}`);
    await world.settled();
  });

  it('a button whose value nobody gave out changes nothing', async () => {
    const { slack } = world;
    const edits = latest(slack, answer).edits.length;
    const { payload } = await slack.as('U0BEN').click(answer, 'explain');
    for (const [action_id, value] of [
      ['claim', 'record-of-somebody-else'],
      ['feedback_right', '../../etc'],
      ['explain', '<!channel>'],
      ['watch', 'rm -rf'],
      ['stop_watch', 'f'.repeat(24)],
      ['unmute', '{"teamId":"T0OTHER","channel":"C0OPS","threadTs":null}'],
      ['unmute', '{"channel":"C0OPS","kind":"everything","of":""}'],
      ['run_again_below', '{}'],
    ]) {
      const action = {
        type: 'button',
        action_id,
        block_id: 'x',
        value,
        text: { type: 'plain_text', text: 'x' },
        action_ts: '1.1',
      };
      const trigger_id = `forged-${action_id}`;
      const receipt = await slack.deliver({
        kind: 'interaction',
        payload: { ...payload, trigger_id, actions: [action] },
      });
      expect(receipt.outcome).toBe('acknowledged');
    }
    await world.settled();
    expect(latest(slack, answer).edits).toHaveLength(edits);
  });
});

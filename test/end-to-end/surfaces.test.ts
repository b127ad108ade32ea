import type { Message } from '@ktrdr-bot/local-slack';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { JAEGER, latest, lintedProblems, repliesOf, replyIn } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const UNKNOWN = 'op_training_20250101_000000_deadbeef';
const OTHERS = ['06c', '07f', '09-download', '20e'];
const FAILED_TRACE = '80293c91cabe064444bbcda1bfb15bcd';

describe.skipIf(isWithoutRedis())('where people already talk', () => {
  let world: World;
  const others = OTHERS.map((name) => incidentNamed(name).operationId);
  beforeAll(async () => {
    world = await openWorld({ unfurlDomains: ['example.com'], eventRetryDelaysMs: [0, 0, 0] }, OTHERS);
    await world.startBot('http', {
      AUTO_REPLY_CHANNELS: 'C0OPS',
      JAEGER_PUBLIC_URL: JAEGER,
      LOOKBACK: '3650d',
    });
  });
  afterAll(() => world.close());
  afterEach(() => {
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  it('a mention in a thread understands what the command does', async () => {
    const { slack, failed } = world;
    const root = slack.as('U0BEN').say('C0OPS', 'the backtest broke again');
    slack.as('U0ANNA').mention('C0OPS', `diagnose ${failed} failed`, { threadTs: root.ts });
    const answer = await answerTo(slack, failed, 'C0OPS');
    expect(answer.threadTs).toBe(root.ts);
    await world.settled();
    expect(repliesOf(slack, root).map((message) => wordsOf(message).includes('*Trace summary*'))).toEqual([
      false,
      true,
      false,
    ]);

    const second = slack.as('U0ANNA').mention('C0OPS', 'help');
    expect((await replyIn(slack, second, '/ktrdr commands')).text).toContain('diagnose');
    const third = slack.as('U0ANNA').mention('C0OPS', 'explain data-missing/not-cached');
    expect(wordsOf(await replyIn(slack, third, 'Market data missing'))).toContain('not-cached');
  });

  it('a mention in plain words asks about the newest operation of that kind, and its symptom', async () => {
    const { slack } = world;
    const said = slack.as('U0ANNA').mention('G0TRADE', 'hi, my training is stuck at 45 %, why?');
    const answer = await replyIn(slack, said, 'You asked why it is stuck');
    // What “Check again” asks is what was understood.
    const understood = { subject: { kind: 'last', type: 'training', percent: 45 }, symptom: 'stuck' };
    expect(answer.blocks).toContainEqual(
      expect.objectContaining({
        elements: expect.arrayContaining([
          expect.objectContaining({ action_id: 'run_again', value: JSON.stringify(understood) }),
        ]),
      }),
    );
  });

  it('a direct message needs no mention', async () => {
    const { slack, healthy } = world;
    const ben = slack.as('U0BEN');
    ben.say(ben.dm().id, `what about ${healthy}?`);
    const answer = await answerTo(slack, healthy, ben.dm().id);
    expect(answer.threadTs).toBeNull();
  });

  it('a pasted id is answered in the thread of its message, once, and nothing unknown is talked about', async () => {
    const { slack, healthy } = world;
    const encoded = encodeURIComponent(JSON.stringify({ 'operation.id': healthy }));
    const pasted = slack.as('U0BEN').say('C0OPS', `see https://logs.example.org/search?tags=${encoded}`);
    const answer = await replyIn(slack, pasted, healthy);
    expect(answer.edits).toEqual([]);
    const before = postsIn(slack, 'C0OPS').length;
    await world.settled();

    const again = slack.as('U0ANNA').say('C0OPS', `again ${healthy}`);
    const unknown = slack.as('U0ANNA').say('C0OPS', `and ${UNKNOWN}`);
    const edited = slack.as('U0ANNA').say('C0OPS', 'nothing here');
    slack.as('U0ANNA').edit(edited, `now ${others[0]}`);
    const alert = slack.alert('C0OPS', { text: `Alert: ${others[0]}` });
    const elsewhere = slack.as('U0ANNA').say('G0TRADE', `here ${others[0]}`);
    await world.settled();
    for (const message of [again, unknown, edited, alert, elsewhere]) expect(repliesOf(slack, message)).toEqual([]);
    expect(postsIn(slack, 'C0OPS').length).toBeGreaterThanOrEqual(before);
  });

  it('at most three pasted ids of a message are answered', async () => {
    const { slack } = world;
    const pasted = slack.as('U0BEN').say('C0OPS', `all of these: ${others.join(', ')}`);
    await replyIn(slack, pasted, others[2] ?? '');
    await world.settled();
    const roots = repliesOf(slack, pasted).filter(({ blocks }) => JSON.stringify(blocks).includes('run_again'));
    expect(roots).toHaveLength(3);
    expect(JSON.stringify(roots.map(({ blocks }) => blocks))).not.toContain(others[3]);
  });

  it('a thread is muted by mention, and the mute ends with Undo', async () => {
    const { slack } = world;
    const [, , , fourth = ''] = others;
    const root = slack.as('U0BEN').say('C0OPS', 'let us talk about something else');
    slack.as('U0ANNA').mention('C0OPS', 'mute for 2h', { threadTs: root.ts });
    const muted = await replyIn(slack, root, 'muted replies to pasted IDs in this thread until');
    expect(muted.text).toContain('<@U0ANNA>');
    slack.as('U0BEN').say('C0OPS', fourth, { threadTs: root.ts });
    await world.settled();
    expect(repliesOf(slack, root)).toHaveLength(1);

    expect((await slack.as('U0BEN').click(muted, 'unmute')).error).toBeNull();
    await slack.waitForMessage(
      ({ ts, text }) => ts === muted.ts && /replies again.*<@U0BEN> ended the mute/.test(text),
    );
    slack.as('U0BEN').say('C0OPS', fourth, { threadTs: root.ts });
    await replyIn(slack, root, fourth);
    await world.settled();
  });

  it('a channel is muted by the command, with an end, and unmuted by it', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    const list = async (words: string) => (await anna.command('/ktrdr', words, { channel: 'G0TRADE' })).reply;
    for (const words of ['mute', 'mute list'])
      expect(wordsOf((await list(words)) as Message)).toMatch(/Nothing muted or snoozed here.*mute channel for 2h/s);
    // Everybody reads it, and who did it.
    expect((await anna.command('/ktrdr', 'mute this channel for 2h', { channel: 'G0TRADE' })).reply).toBeNull();
    const muted = await slack.waitForMessage(
      ({ channel, text, ephemeralFor }) =>
        channel === 'G0TRADE' && ephemeralFor === null && /^<@U0ANNA> muted replies.*channel until <!date/.test(text),
    );
    for (const words of ['mute', 'mute list'])
      expect(wordsOf((await list(words)) as Message)).toMatch(/^(?!.*mute channel for).*here: 1.*until <!date/s);
    const ended = await anna.command('/ktrdr', 'mute off', { channel: 'G0TRADE' });
    expect(ended.reply?.text).toContain('get replies again');
    await slack.waitForMessage(({ ts, text }) => ts === muted.ts && text.includes('<@U0ANNA> ended the mute'));
    expect((await anna.command('/ktrdr', 'unmute', { channel: 'G0TRADE' })).reply?.text).toContain('wasn’t muted');
    expect((await anna.command('/ktrdr', 'mute tomorrow', { channel: 'G0TRADE' })).reply?.text).toContain('tomorrow');
    expect((await anna.command('/ktrdr', 'mute thread', { channel: 'G0TRADE' })).reply?.text).toContain(
      'in the thread',
    );
  });

  it('a newer mute closes the message of the earlier one, and an Undo only ends its own mute', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    const command = async (words: string) => (await anna.command('/ktrdr', words, { channel: 'G0TRADE' })).reply;
    const announced = (not = '') =>
      slack.waitForMessage(
        ({ channel, ts, text }) => channel === 'G0TRADE' && ts !== not && /pasted IDs in this channel until/.test(text),
      );
    await command('mute channel for 3h');
    const first = await announced();
    const listed = (await command('mute list')) as Message;
    await command('mute channel for 2h');
    await slack.waitForMessage(
      ({ ts, text }) => ts === first.ts && text.startsWith('<@U0ANNA> muted this channel again'),
    );
    const second = await announced(first.ts);
    await anna.click(listed, 'unmute_row_1');
    await slack.waitForMessage(
      ({ ephemeralFor, text }) => ephemeralFor === 'U0ANNA' && text.startsWith('This mute is over.'),
    );
    expect((await command('mute'))?.text).toContain('here: 1');

    const redis = new Redis(world.redis.url);
    onTestFinished(() => redis.disconnect());
    await redis.del(await redis.keys('*silence:T0KTRDR-G0TRADE-channel-'));
    await anna.click(second, 'unmute');
    await slack.waitForMessage(({ ts, text }) => ts === second.ts && text.startsWith('This mute is over.'));
    expect(latest(slack, second).blocks.map(({ type }) => type)).toEqual(['rich_text']);
  });

  it('a link to a trace gets a preview with core blocks, and only in Jaeger’s name', async () => {
    const { slack } = world;
    const url = `${JAEGER}/trace/${FAILED_TRACE}`;
    const linked = slack.as('U0ANNA').say('G0TRADE', `look ${url} and https://www.example.com/trace/${FAILED_TRACE}`);
    await slack.waitForMessage(({ ts, attachments }) => ts === linked.ts && attachments.length > 0);
    const { attachments } = latest(slack, linked);
    expect(attachments).toHaveLength(1);
    expect(attachments[0]?.['from_url']).toBe(url);
    const json = JSON.stringify(attachments);
    expect(json).toContain('AUDUSD');
    expect(json).not.toContain('rich_text');
    expect(repliesOf(slack, linked)).toEqual([]);
  });

  it('the global shortcut asks for the operation and for where the answer goes', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    const [id = ''] = others;
    expect((await anna.globalShortcut('diagnose_anywhere')).error).toBeNull();
    const form = anna.modal();
    if (form === null) throw new Error('No form was opened.');
    const wrong = await anna.submit(form, { operation: 'banana' });
    expect(Object.values(wrong.errors)).toEqual([expect.stringContaining('banana')]);
    expect((await anna.submit(form, { operation: id, where: 'G0TRADE' })).error).toBeNull();
    expect((await answerTo(slack, id, 'G0TRADE')).threadTs).toBeNull();

    await anna.globalShortcut('diagnose_anywhere');
    const second = anna.modal();
    if (second === null) throw new Error('No form was opened.');
    await anna.submit(second, { operation: `${id} slow` });
    await answerTo(slack, id, anna.dm().id);
  });

  it('a message that comes as two events, and again, is one question', async () => {
    const { slack, healthy } = world;
    const root = slack.as('U0BEN').say('C0OPS', 'one question');
    const event = {
      type: 'app_mention',
      channel: 'C0OPS',
      user: 'U0BEN',
      team: slack.team.id,
      text: `<@${slack.team.botUserId}> diagnose ${healthy} slow`,
      ts: root.ts,
      event_ts: root.ts,
      client_msg_id: 'one-gesture',
    };
    await slack.sendEvent(event);
    await slack.sendEvent({ ...event, type: 'message', channel_type: 'channel' });
    await slack.sendEvent({ ...event, ts: root.ts });
    await replyIn(slack, root, healthy);
    await world.settled();
    const answers = repliesOf(slack, root).filter(({ blocks }) => JSON.stringify(blocks).includes('run_again'));
    expect(answers).toHaveLength(1);
  });

  it('the Home tab says what to do, what was diagnosed, and on a click how it is set', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    anna.openHome();
    await expect.poll(() => anna.home()).not.toBeNull();
    const home = JSON.stringify(anna.home()?.definition);
    for (const words of [
      'Why did it fail?',
      'Your recent diagnoses',
      'Digests of failures',
      'All systems responded <!date^',
      '/ktrdr diagnose',
    ]) {
      expect(home).toContain(words);
    }
    expect(home).toContain(others[0]);
    const help = await anna.clickInView(anna.home() ?? expect.fail(), 'home_help');
    expect(help.error).toBeNull();
    await expect
      .poll(() => JSON.stringify(anna.home()?.definition))
      .toContain('Auto-replies to pasted operation IDs in ');
    const view = anna.home();
    if (view === null) throw new Error('There is no Home tab.');
    expect((await anna.clickInView(view, 'open_diagnose')).error).toBeNull();
    expect(anna.modal()?.definition['callback_id']).toBe('diagnose_modal');
  });
});

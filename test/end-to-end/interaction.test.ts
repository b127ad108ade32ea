import type { Message } from '@ktrdr-bot/local-slack';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CAUSE_CHOICES } from '../../src/formatters/answer/interactions.ts';
import { incidentNamed } from '../support/incident-named.ts';
import {
  choose,
  controlsOf,
  formOf,
  GRAFANA,
  JAEGER,
  keepQuiet,
  latest,
  lintedProblems,
  menuOf,
  offeredBy,
  repliesOf,
  replyIn,
  toldTo,
} from './tools.ts';
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
    const { slack, healthy } = world;
    expect(controlsOf(answer)).toEqual(['open_jaeger', 'run_again', 'claim', 'more']);
    expect(menuOf(answer).map((value) => value.split(':')[0])).toEqual(['explain', 'share', 'stack', 'quiet', 'flow']);
    expect((await slack.as('U0BEN').click(answer, 'open_jaeger')).error).toBeNull();
    expect(repliesOf(slack, answer).map(controlsOf)).toEqual([['feedback_yes', 'feedback_no'], []]);

    const ben = slack.as('U0BEN');
    await ben.command('/ktrdr', `diagnose ${healthy}`);
    const other = await answerTo(slack, healthy, ben.dm().id);
    expect(JSON.stringify(other.blocks)).toContain(`"url":"${GRAFANA}/explore`);
    await choose(slack, 'U0BEN', other, 'grafana');
    await world.settled();
  });

  it('the whole flow and the stack come into its thread, once', async () => {
    const { slack } = world;
    for (const [name, title] of [
      ['flow', 'Full execution flow'],
      ['stack', 'Stack trace'],
    ] as const) {
      await choose(slack, 'U0BEN', answer, name);
      await toldTo(slack, 'U0BEN', 'will be posted in the thread');
      const detail = await replyIn(slack, answer, title);
      await choose(slack, 'U0ANNA', answer, name);
      await world.settled();
      expect(repliesOf(slack, answer).filter(({ text }) => text.startsWith(title))).toHaveLength(1);
      if (name === 'stack') expect(wordsOf(detail)).toContain('Traceback');
    }
    expect(
      slack.messages(CHANNEL).filter(({ threadTs, ephemeralFor }) => threadTs === null && ephemeralFor === null),
    ).toHaveLength(1);
  });

  it('a cause is explained to the one who asks, by the menu and by command', async () => {
    const { slack } = world;
    await choose(slack, 'U0BEN', answer, 'explain');
    expect(wordsOf(await toldTo(slack, 'U0BEN', 'Market data missing'))).toContain('How it’s detected');
    const ben = slack.as('U0BEN');
    const command = async (text: string) => (await ben.command('/ktrdr', text, { channel: CHANNEL })).reply;
    expect((await command('explain data-missing'))?.text).toContain('Market data missing');
    expect((await command('explain data-mising'))?.text).toContain('Did you mean “/ktrdr explain data-missing”');
    const listed = await command('explain worker');
    for (const cause of ['workers-unavailable', 'worker-lost', 'worker-unreachable'])
      expect(JSON.stringify(listed?.blocks)).toContain(cause);
    expect(JSON.stringify((await command('explain'))?.blocks)).toContain('workers-unavailable');
  });

  it('a claim is shown in the message with its owner, held by the first, and can be given back', async () => {
    const { slack } = world;
    await slack.as('U0ANNA').click(answer, 'claim');
    await shown(/\*Claimed by\* <@U0ANNA>/);
    expect(controlsOf(latest(slack, answer))).toEqual(['open_jaeger', 'run_again', 'take_over', 'more']);
    await choose(slack, 'U0ANNA', answer, 'unclaim');
    await shown(/Claimed by/, false);
    expect(controlsOf(latest(slack, answer))).toEqual(controlsOf(answer));
    expect(slack.thread(CHANNEL, answer.ts).filter(({ text }) => /outdated/.test(text))).toEqual([]);
  });

  it('a snooze has an end and an undo, and is shown in the message', async () => {
    const { slack } = world;
    await keepQuiet(slack, 'U0ANNA', answer, 'snooze');
    await shown(/Cause snoozed here\* by <@U0ANNA> until <!date/);
    const told = await toldTo(slack, 'U0ANNA', /^Snoozed here for a day, until <!date/);
    expect(slack.as('U0ANNA').modal()).toBeNull();
    await slack.as('U0ANNA').click(told, 'unmute');
    await toldTo(slack, 'U0ANNA', 'No longer snoozed here');
    await shown(/snoozed here/, false);
  });

  it('one form snoozes the cause and mutes the operation, offers what has an effect now, and ends both', async () => {
    const { slack } = world;
    const offered = async () => {
      await choose(slack, 'U0ANNA', answer, 'quiet');
      return offeredBy(formOf(slack, 'U0ANNA'));
    };
    expect(await offered()).toEqual(['snooze', 'mute']);
    for (const [choice, state, isThere, next] of [
      ['snooze', /Cause snoozed here\* by <@U0BEN> until <!date/, true, ['unsnooze', 'mute']],
      ['mute', /Operation muted here\* by <@U0BEN> until <!date/, true, ['unsnooze', 'unmute']],
      ['unsnooze', /Cause snoozed here/, false, ['snooze', 'unmute']],
      ['unmute', /Operation muted here/, false, ['snooze', 'mute']],
    ] as const) {
      await keepQuiet(slack, 'U0BEN', answer, choice);
      await shown(state, isThere);
      expect(await offered(), choice).toEqual(next);
    }
    for (const words of ['No longer snoozed here', 'No longer muted here']) await toldTo(slack, 'U0BEN', words);
  });

  it('judgements are stored once per person and cause, and counted in status and metrics', async () => {
    const { slack } = world;
    const reply = await replyIn(slack, answer, 'Was this right?');
    await slack.as('U0BEN').click(reply, 'feedback_yes');
    await toldTo(slack, 'U0BEN', 'Noted: right');
    await slack.as('U0BEN').click(reply, 'feedback_no');
    expect(offeredBy(formOf(slack, 'U0BEN'))).toEqual(CAUSE_CHOICES.map(({ value }) => value));
    const password = ['hunter', '2', 'hunter', '2'].join('');
    const words = `the worker lost its disk, password=${password}`;
    const sent = await slack.as('U0BEN').submit(formOf(slack, 'U0BEN'), { instead: 'worker', words });
    expect([sent.error, sent.errors, slack.as('U0BEN').modal()]).toEqual([null, {}, null]);
    await toldTo(slack, 'U0BEN', 'Noted: wrong');
    await slack.as('U0ANNA').click(reply, 'feedback_yes');
    await toldTo(slack, 'U0ANNA', 'Noted: right');
    expect(await judged()).toEqual([
      'ktrdr_bot_feedback{cause="data-missing/not-cached",verdict="right"} 1',
      'ktrdr_bot_feedback{cause="data-missing/not-cached",verdict="wrong"} 1',
    ]);
    // What it should have said is kept for those who mend the rules, without secrets.
    const [correction = ''] = await corrections();
    expect(JSON.parse(correction)).toMatchObject({ cause: 'data-missing/not-cached', instead: 'worker' });
    expect(correction).toContain('the worker lost its disk');
    expect(correction).not.toContain(password);

    const { reply: status, error } = await slack.as('U0ANNA').command('/ktrdr', 'status', { channel: CHANNEL });
    expect(error).toBeNull();
    expect(status?.text).toContain('All systems responding.');
    const said = JSON.stringify(status?.blocks);
    for (const part of ['Queue: ', 'Jaeger responded', 'ktrdr API responded', 'Feedback on 2 diagnoses: 50% right']) {
      expect(said).toContain(part);
    }
  });

  it('the same question in the same channel is answered by a link, with “Check again”', async () => {
    const { slack } = world;
    const before = postsIn(slack, CHANNEL).map(wordsOf);
    const link = `/archives/${CHANNEL}/p${answer.ts.replace('.', '')}`;
    await slack.as('U0BEN').command('/ktrdr', `diagnose ${world.failed}`, { channel: CHANNEL });
    const told = await toldTo(slack, 'U0BEN', /^No change since <!date/);
    expect(wordsOf(told)).toContain(link);
    await slack.as('U0ANNA').click(told, 'run_again');
    expect(wordsOf(await toldTo(slack, 'U0ANNA', /^No change since <!date/))).toContain(link);
    await world.settled();
    expect(postsIn(slack, CHANNEL).map(wordsOf)).toEqual(before);
  });

  it('the same cause is remembered, with links to the earlier threads', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    await anna.command('/ktrdr', `diagnose ${bars}`, { channel: CHANNEL });
    const first = await answerTo(slack, bars ?? '', CHANNEL);
    expect(wordsOf(first)).not.toContain('Same cause');
    await anna.command('/ktrdr', `diagnose ${weights}`, { channel: CHANNEL });
    const second = await answerTo(slack, weights ?? '', CHANNEL);
    expect(wordsOf(second)).toMatch(/Same cause seen once before\*, <!date/);
    expect(wordsOf(second)).toContain(`/archives/${CHANNEL}/p${first.ts.replace('.', '')}`);
    await world.settled();
  });

  it('a button whose value nobody gave out changes nothing', async () => {
    const { slack } = world;
    const before = [latest(slack, answer).edits.length, await judged(), await corrections()];
    const { payload } = await slack.as('U0BEN').click(answer, 'open_jaeger');
    for (const [i, [action_id, value]] of [
      ['claim', 'record-of-somebody-else'],
      ['feedback_yes', '../../etc'],
      ['feedback_no', '../../etc'],
      ['watch', 'rm -rf'],
      ['stop_watch', 'f'.repeat(24)],
      ['unmute', '{"teamId":"T0OTHER","channel":"C0OPS","threadTs":null}'],
      ['unmute', '{"channel":"C0OPS","kind":"everything","of":""}'],
      ['run_again_below', '{}'],
      ['more', 'explain:<!channel>'],
      ['more', 'unclaim:record-of-somebody-else'],
      ['more', 'quiet:record-of-somebody-else'],
      ['more', 'quiet:'],
      ['more', 'stack:../../etc'],
      ['more', 'again:slow'],
      ['more', '__proto__:x'],
    ].entries()) {
      const text = { type: 'plain_text', text: 'x' };
      const element =
        action_id === 'more' ? { type: 'overflow', selected_option: { text, value } } : { type: 'button', text, value };
      const action = { ...element, action_id, block_id: 'x', action_ts: '1.1' };
      const trigger_id = `forged-${i}`;
      const receipt = await slack.deliver({
        kind: 'interaction',
        payload: { ...payload, trigger_id, actions: [action] },
      });
      expect(receipt.outcome, `${action_id} ${value}`).toBe('acknowledged');
    }
    await world.settled();
    expect([latest(slack, answer).edits.length, await judged(), await corrections()]).toEqual(before);
    expect(slack.as('U0BEN').modal()).toBeNull();
  });

  it('a form that names an answer nobody gave to this person changes nothing', async () => {
    const { slack, failed } = world;
    // Ben isn't in that private channel.
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: 'G0TRADE' });
    const hers = await answerTo(slack, failed, 'G0TRADE');
    await world.settled();
    const herId = String(hers.metadata?.event_payload['request_id']);
    const before = [await judged(), await corrections()];
    const reply = await replyIn(slack, answer, 'Was this right?');
    const forms = {
      feedback_modal: { open: () => slack.as('U0BEN').click(reply, 'feedback_no'), entries: { instead: 'data' } },
      quiet_modal: { open: () => choose(slack, 'U0BEN', answer, 'quiet'), entries: { choice: 'mute' } },
    };
    for (const { open, entries } of Object.values(forms)) {
      for (const [answerId, channel] of [
        [herId, CHANNEL],
        [herId, 'G0TRADE'],
        ['record-of-somebody-else', CHANNEL],
        ['../../etc', CHANNEL],
        ['', CHANNEL],
      ]) {
        await open();
        const form = formOf(slack, 'U0BEN');
        const { place } = JSON.parse(String(form.definition['private_metadata']));
        const private_metadata = JSON.stringify({ answerId, place: { ...place, channel } });
        const told = toldCount();
        const forged = { ...form, definition: { ...form.definition, private_metadata } };
        expect((await slack.as('U0BEN').submit(forged, entries)).error).toBeNull();
        await expect.poll(toldCount, { message: `${answerId} in ${channel}` }).toBe(told + 1);
      }
    }
    await world.settled();
    expect([await judged(), await corrections()]).toEqual(before);
    expect(latest(slack, hers).edits).toEqual(hers.edits);
    for (const channel of [CHANNEL, 'G0TRADE'])
      expect((await slack.as('U0ANNA').command('/ktrdr', 'mute list', { channel })).reply?.text).toContain(
        'Nothing muted or snoozed here',
      );
  });

  function shown(words: RegExp, isThere = true): Promise<Message> {
    return world.slack.waitForMessage(
      ({ ts, blocks }) => ts === answer.ts && words.test(JSON.stringify(blocks)) === isThere,
    );
  }

  /** How often Ben was told that his click or form is of no use. */
  function toldCount(): number {
    return world.slack
      .messages(CHANNEL)
      .filter(({ ephemeralFor, text }) => ephemeralFor === 'U0BEN' && text.includes('earlier version')).length;
  }

  async function judged(): Promise<readonly string[]> {
    const metrics = await fetch(`${botUrl}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('ktrdr_bot_feedback{'));
    return lines.sort();
  }

  /** What people said that wrong answers should have said, as it is kept. */
  async function corrections(): Promise<readonly string[]> {
    const redis = new Redis(world.redis.url);
    try {
      const [key] = await redis.keys('*:corrections:*');
      return key === undefined ? [] : await redis.lrange(key, 0, -1);
    } finally {
      redis.disconnect();
    }
  }
});

/** The many ways in which people ask, and what they get that was not understood. */

import type { Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SECRETS, TRICKS } from '../formatters/hostile.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { JAEGER, latest, lintedProblems, repliesOf, replyIn, toldTo } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const UNKNOWN = 'op_training_20250101_000000_deadbeef';
const OTHERS = ['06c', '07f', '09-download', '20e'];

describe.skipIf(isWithoutRedis())('a question', () => {
  let world: World;
  const [bars = '', weights = '', download = '', fourth = ''] = OTHERS.map((name) => incidentNamed(name).operationId);
  beforeAll(async () => {
    world = await openWorld({}, OTHERS);
    await world.startBot('http', { JAEGER_PUBLIC_URL: JAEGER });
  });
  afterAll(() => world.close());
  afterEach(() => {
    world.jaeger.setFault(null);
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  async function reply(text: string, channel = CHANNEL): Promise<Message | null> {
    const { error, complaints, reply } = await world.slack.as('U0ANNA').command('/ktrdr', text, { channel });
    expect([error, complaints], text).toEqual([null, []]);
    return reply;
  }

  it('that is none, or is not understood, is answered to the asker alone, with an example', async () => {
    const before = postsIn(world.slack, CHANNEL);
    for (const [text, words] of [
      ['', 'commands: diagnose, '],
      ['help', 'commands: diagnose, '],
      ['--help', 'commands: diagnose, '],
      ['diagnos', 'Did you mean “/ktrdr diagnose”?'],
      ['frobnicate everything', '“frobnicate” isn’t a command'],
      ['version', 'Did you mean “/ktrdr status”?'],
      ['diagnose', 'Enter what to diagnose'],
      ['diagnose banana', 'No operation ID, trace ID, or link with one found in “banana”'],
      ['diagnose last sausage', '“sausage” isn’t an operation type'],
      ['watch banana', 'To watch an operation, give its ID'],
    ] as const) {
      const told = await reply(text);
      expect(told?.ephemeralFor, text).toBe('U0ANNA');
      expect(told?.text, text).toContain(words);
      expect(told?.text, text).toContain('/ktrdr ');
    }
    expect(postsIn(world.slack, CHANNEL)).toEqual(before);
  });

  it('may come in code, in a link, in quotation marks or with punctuation', async () => {
    const { slack } = world;
    const encoded = encodeURIComponent(JSON.stringify({ 'operation.id': download }));
    expect(await reply(`diagnose \u201c${bars}\u201d.`)).toBeNull();
    expect(await reply(`\u00a0diagnose\u00a0(\`${weights}\`),`)).toBeNull();
    expect(await reply(`diagnose <${JAEGER}/search?tags=${encoded}|this one>`)).toBeNull();
    for (const id of [bars, weights, download]) expect((await answerTo(slack, id, CHANNEL)).threadTs).toBeNull();
  });

  it('about several operations gets an answer for each, and names those beyond three', async () => {
    const { slack, failed, healthy } = world;
    const told = await reply(`diagnose ${failed} ${UNKNOWN}, ${healthy} and ${fourth}`, 'G0TRADE');
    expect(told?.ephemeralFor).toBe('U0ANNA');
    expect(told?.text).toContain(`The limit is 3 at a time; send another request for “${fourth}”.`);
    const [first, second, third] = await Promise.all(
      [failed, UNKNOWN, healthy].map((id) => answerTo(slack, id, 'G0TRADE')),
    );
    expect(first?.text).toContain('failed. No data');
    expect(second?.text).toContain(`No record of ${UNKNOWN}`);
    expect(third?.text).toContain('No problems found');
    await world.settled();
    expect(postsIn(slack, 'G0TRADE').filter(({ threadTs }) => threadTs === null)).toHaveLength(3);
  });

  it('about very many names some of them and counts the others', async () => {
    const { slack } = world;
    const many = Array.from({ length: 150 }, (_, i) => UNKNOWN.replace('000000', String(i).padStart(6, '0')));
    const channel = slack.as('U0ANNA').dm().id;
    const told = await reply(`diagnose ${many.join(' ')}`, channel);
    expect(told?.text).toContain(' and 137 more.');
    await world.settled();
    expect(postsIn(slack, channel).filter(({ threadTs }) => threadTs === null)).toHaveLength(3);
  });

  it('by the menu of a message finds the id in an alert’s blocks, and without one asks for it', async () => {
    const { slack, healthy } = world;
    const anna = slack.as('U0ANNA');
    const section = { type: 'section', text: { type: 'mrkdwn', text: `*Alert*\n\`${fourth}\` failed` } };
    const alert = slack.alert(CHANNEL, { text: '', blocks: [section] });
    expect((await anna.messageShortcut('diagnose_operation', alert)).error).toBeNull();
    expect((await answerTo(slack, fourth, CHANNEL)).threadTs).toBe(alert.ts);

    const vague = slack.as('U0BEN').say(CHANNEL, 'it is broken again');
    expect((await anna.messageShortcut('diagnose_operation', vague)).error).toBeNull();
    const form = anna.modal();
    if (form === null) throw new Error('No form was opened.');
    expect(Object.values((await anna.submit(form, { operation: '' })).errors)).toHaveLength(1);
    expect((await anna.submit(form, { operation: `${healthy} slow` })).error).toBeNull();
    expect(wordsOf(await replyIn(slack, vague, 'Check again'))).toContain(healthy);
  });

  it('about what nothing knows says where was looked, why it may be missing, and how to look further', async () => {
    const { slack } = world;
    const other = UNKNOWN.replace('deadbeef', '0badcafe');
    expect(await reply(`diagnose ${other}`)).toBeNull();
    const answer = await answerTo(slack, other, CHANNEL);
    await world.settled();
    const said = wordsOf(answer);
    expect(repliesOf(slack, answer)).toEqual([]);
    expect(answer.text).toContain(`No record of ${other}`);
    expect(said).toMatch(/Jaeger responded.*ktrdr API responded/);
    expect(said).toMatch(/LOOKBACK|last training|ops --status/);

    // An id of today can't be too old: the message itself says where was looked.
    const today = UNKNOWN.replace('20250101', new Date().toISOString().slice(0, 10).replaceAll('-', ''));
    expect(await reply(`diagnose ${today}`)).toBeNull();
    const whole = await answerTo(slack, today, CHANNEL);
    await world.settled();
    expect(whole.text).toContain(`No record of ${today}`);
    expect(wordsOf(whole)).toMatch(/Searched \d+ services on Jaeger.*the ktrdr API has no record of it either/);

    world.jaeger.setFault('unauthorised');
    expect(await reply(`diagnose ${today} stuck`, 'G0TRADE')).toBeNull();
    const away = await answerTo(slack, today, 'G0TRADE');
    await world.settled();
    expect(away.text).not.toMatch(/no record of/i);
    expect(repliesOf(slack, away)).toEqual([]);
    expect(wordsOf(away)).toContain(new URL(world.jaeger.url).host);
  });

  it('about an id that nothing knows and that is like another one offers that one, in one click', async () => {
    const { slack } = world;
    const mistyped = `${bars.slice(0, -1)}${bars.endsWith('0') ? '1' : '0'}`;
    const anna = slack.as('U0ANNA');
    const channel = anna.dm().id;
    expect(await reply(`diagnose ${mistyped}`, channel)).toBeNull();
    const answer = await answerTo(slack, mistyped, channel);
    await world.settled();
    expect(wordsOf(answer)).toContain(bars);
    expect((await anna.click(answer, 'run_again:similar')).error).toBeNull();
    await expect.poll(() => latest(slack, answer)?.text, { timeout: 30_000 }).toContain('failed. ');
    await world.settled();
  });

  it('as people write it is understood, and thanks are not taken for one', async () => {
    const { slack, healthy } = world;
    const ben = slack.as('U0BEN');
    const thanks = ben.mention(CHANNEL, 'thanks a lot!');
    const greeting = ben.mention(CHANNEL, 'Hi!');
    expect((await replyIn(slack, greeting, 'Send an operation ID')).text).not.toContain('isn’t a command');
    await slack.waitForMessage(
      ({ ts, reactions }) => ts === thanks.ts && reactions.some(({ name }) => name === 'thumbsup'),
    );
    expect(JSON.stringify((await reply('explain workers'))?.blocks)).toContain('workers-unavailable');
    expect((await ben.command('/ktrdr', `diagnose ${healthy.replace('op_', 'Op_')}`)).error).toBeNull();
    await answerTo(slack, healthy, ben.dm().id);

    const before = new Set(postsIn(slack, CHANNEL).map(({ ts }) => ts));
    expect(await reply('what failed today?')).toBeNull();
    await slack.waitForMessage(
      ({ channel, ts, text }) =>
        channel === CHANNEL && !before.has(ts) && /newest first|No matching operations/.test(text),
    );
    await world.settled();
    expect(repliesOf(slack, thanks)).toEqual([]);
  });

  it('made of anything gets an answer that shows it as text, without secrets', async () => {
    const { slack } = world;
    const begins = [
      '',
      'diagnose',
      'explain',
      'watch',
      'mute',
      'search',
      'failed',
      'digest',
      'digest set',
      'frobnicate',
    ];
    for (const begin of begins) {
      for (const trick of TRICKS) await reply(`${begin} ${trick}`);
    }
    slack.as('U0BEN').mention(CHANNEL, TRICKS.slice(0, 8).join(' '));
    await world.settled();
    expect(lintedProblems(slack, TRICKS)).toEqual([]);
    const said = slack.messages(CHANNEL).filter(({ botId }) => botId === slack.team.botId);
    for (const secret of SECRETS) expect(said.map(wordsOf).join()).not.toContain(secret);
  });

  it('of two people who click at the same moment is answered once, and both are heard', async () => {
    const { slack } = world;
    const answer = await answerTo(slack, bars, CHANNEL);
    await world.settled();
    const thread = slack.thread(CHANNEL, answer.ts).length;
    const clicks = await Promise.all(
      ['run_again', 'claim'].flatMap((action) =>
        ['U0ANNA', 'U0BEN'].map((person) => slack.as(person).click(answer, action)),
      ),
    );
    expect(clicks.map(({ error }) => error)).toEqual([null, null, null, null]);
    await slack.waitForMessage(({ ts, blocks }) => ts === answer.ts && JSON.stringify(blocks).includes('Claimed by'));
    await toldTo(slack, wordsOf(latest(slack, answer)).includes('U0ANNA') ? 'U0BEN' : 'U0ANNA', /claimed/i);
    await world.settled();
    expect(slack.thread(CHANNEL, answer.ts)).toHaveLength(thread);
  });
});

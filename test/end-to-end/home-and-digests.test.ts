/** The Home tab, what is kept quiet, what an answer's menu does, and digests: each as people have them in Slack. */

import type { Message, RecordedJaeger, View } from '@ktrdr-bot/local-slack';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { lately, startRecentJaeger } from './recent-day.ts';
import { choose, formOf, keepQuiet, latest, lintedProblems, menuOf, repliesOf, replyIn, toldTo } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const DESK = 'G0TRADE';
const RECORDED = ['01-', '03a-', '04-', '05a-', '06a-', '06c-', '07b-', '07d-', '07f-', '08-', '10a-', '16a-', '16b-'];
const GRAFANA = 'https://grafana.example.com';
const YEARLY = [
  { channel: CHANNEL, cron: '0 9 1 1 *', tz: 'Europe/Berlin', since: '2d' },
  { team: 'T0KTRDR', channel: DESK, cron: '30 8 * * 1-5', tz: 'UTC' },
  { team: 'T0OTHER', channel: 'C0ELSEWHERE', cron: '30 8 * * 1-5', tz: 'UTC' },
];

describe.skipIf(isWithoutRedis())('the Home tab, silences, menus and digests', () => {
  let world: World;
  let jaeger: RecordedJaeger;
  let answer: Message;
  const failed = lately(incidentNamed('06a-').operationId);
  beforeAll(async () => {
    [world, jaeger] = await Promise.all([openWorld(), startRecentJaeger(RECORDED)]);
    await world.startBot('http', {
      JAEGER_URL: jaeger.url,
      KTRDR_API_URL: '',
      GRAFANA_URL: GRAFANA,
      AUTO_REPLY_CHANNELS: CHANNEL,
      ALLOWED_CHANNELS: `${CHANNEL},${DESK},C0ELSEWHERE,C0RANDOM,C0SHARED,G0SECRET`,
      DIGESTS: JSON.stringify(YEARLY),
    });
    await world.slack.as('U0ANNA').command('/ktrdr', `diagnose ${failed}`, { channel: CHANNEL });
    answer = await answerTo(world.slack, failed, CHANNEL);
    await quiet();
  });
  afterAll(() => Promise.all([world.close(), jaeger.close()]));
  afterEach(() => {
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  async function quiet(): Promise<void> {
    await world.settled();
  }

  async function command(user: string, text: string, channel = CHANNEL): Promise<Message | null> {
    const { error, complaints, reply } = await world.slack.as(user).command('/ktrdr', text, { channel });
    expect([error, complaints]).toEqual([null, []]);
    return reply;
  }

  function viewWords(view: View | null): string {
    return JSON.stringify(view?.definition['blocks'] ?? []);
  }

  async function homeOf(user: string, test: (words: string) => boolean = () => true): Promise<View> {
    const { slack } = world;
    const before = slack.as(user).home()?.hash;
    slack.as(user).openHome();
    await expect
      .poll(
        () =>
          slack.as(user).home() !== null &&
          slack.as(user).home()?.hash !== before &&
          test(viewWords(slack.as(user).home())),
      )
      .toBe(true);
    return slack.as(user).home() as View;
  }

  /** Clicks on the tab and waits until it shows what it should. */
  async function clickHome(user: string, actionId: string, shown: RegExp): Promise<void> {
    const { slack } = world;
    const { error } = await slack.as(user).clickInView(slack.as(user).home() as View, actionId);
    expect(error).toBeNull();
    await expect.poll(() => viewWords(slack.as(user).home())).toMatch(shown);
  }

  function shown(words: RegExp, isThere = true): Promise<Message> {
    return world.slack.waitForMessage(
      ({ ts, blocks }) => ts === answer.ts && words.test(JSON.stringify(blocks)) === isThere,
    );
  }

  describe('the Home tab', () => {
    it('says on a click what ktrdr-bot may do where, and whether queue, Jaeger and ktrdr answer', async () => {
      const words = viewWords(await homeOf('U0ANNA'));
      expect(words).toContain('All systems responded <!date^');
      await clickHome('U0ANNA', 'home_help', /Requests accepted in /);
      for (const channel_id of [CHANNEL, DESK])
        expect(viewWords(world.slack.as('U0ANNA').home())).toContain(JSON.stringify({ type: 'channel', channel_id }));
      jaeger.setFault('login-page');
      expect(viewWords(await homeOf('U0ANNA', (text) => text.includes('Jaeger unavailable')))).toContain('Problems');
      jaeger.setFault(null);
    });

    it('sends what failed lately to the reader alone', async () => {
      await homeOf('U0ANNA');
      const before = postsIn(world.slack, CHANNEL).length;
      await clickHome('U0ANNA', 'home_failed', /You’ll get the list as a direct message/);
      const dm = world.slack.as('U0ANNA').dm().id;
      await world.slack.waitForMessage(({ channel, text }) => channel === dm && /operations?, newest first/.test(text));
      expect(postsIn(world.slack, CHANNEL)).toHaveLength(before);
    });

    it('shows the digests of the channels that the reader can see: when, the next time, and who set them', async () => {
      await command('U0ANNA', 'digest set weekdays at 9:00 Europe/Berlin training', DESK);
      const anna = viewWords(await homeOf('U0ANNA'));
      expect(anna).toMatch(
        /<#C0OPS>: at 09:00, on day 1 [^`]*January \(`0 9 1 1 \*`\), `Europe\/Berlin` · over the last 2 d · next <!date\^/,
      );
      expect(anna).toMatch(
        /<#G0TRADE>: weekdays at 08:30, `UTC` · over the last 24 h · next <!date\^[^"]*set by your ktrdr-bot admin/,
      );
      expect(anna).toMatch(/<#G0TRADE>: weekdays at 09:00, `Europe\/Berlin`[^"]*only training[^"]*set by <@U0ANNA>/);
      expect(anna).not.toContain('<#C0ELSEWHERE>');
      const ben = viewWords(await homeOf('U0BEN'));
      expect(ben).toMatch(/<#C0OPS>: at 09:00, on day 1 [^`]*\(`0 9 1 1 \*`\)/);
      expect(ben).not.toMatch(/<#G0TRADE>: (?:weekdays|at)/);
    });

    it('a digest is set, changed and ended there, by those who can read in the channel', async () => {
      const { slack } = world;
      const ben = slack.as('U0BEN');
      await homeOf('U0BEN');
      await ben.clickInView(ben.home() as View, 'open_digest');
      const form = ben.modal() as View;
      const wrong = await ben.submit(form, { where: CHANNEL, when: 'purple' });
      expect(Object.values(wrong.errors)).toEqual([
        '“purple” isn’t valid here. For example: “weekdays at 9:00 Europe/Berlin” or “0 9 * * 1-5 UTC”.',
      ]);
      // Ben is not in that private channel, and Anna's digest stays.
      const stranger = await ben.submit(form, { where: DESK, when: 'daily at 8' });
      expect(JSON.stringify(stranger.errors)).toContain('you aren’t in it');
      const set = await ben.submit(form, { where: CHANNEL, when: 'daily at 8 UTC' });
      expect([set.error, set.errors]).toEqual([null, {}]);
      await expect
        .poll(() => viewWords(ben.home()))
        .toMatch(/Digest of failures enabled in "},{[^}]*"channel_id":"C0OPS"},{[^}]*"text":": daily at 08:00, "}/);
      expect(viewWords(ben.home())).toMatch(/<#C0OPS>: daily at 08:00, `UTC`[^"]*set by <@U0BEN>/);

      const anna = slack.as('U0ANNA');
      const home = await homeOf('U0ANNA');
      const change = /"action_id":"(open_digest:\d+)","value":"C0OPS"/.exec(viewWords(home))?.[1] ?? '';
      await anna.clickInView(home, change);
      expect(viewWords(anna.modal())).toContain('"initial_value":"0 8 * * * UTC since 1d"');
      const changed = await anna.submit(anna.modal() as View, { when: 'hourly training' });
      expect([changed.error, changed.errors]).toEqual([null, {}]);
      await expect.poll(() => viewWords(anna.home())).toMatch(/<#C0OPS>: every hour[^"]*set by <@U0ANNA>/);
      expect((await command('U0BEN', 'digest show'))?.text).toContain('2 digests');

      const end = /"action_id":"(end_digest:\d+)","value":"C0OPS"/.exec(viewWords(anna.home()))?.[1] ?? '';
      await clickHome('U0ANNA', end, /no longer gets the digest that was set in Slack/);
      expect(viewWords(anna.home())).not.toMatch(/<#C0OPS>: every hour/);
    });

    it('what is posted later is set with a warning where the bot is not, and not at all where it never can post', async () => {
      const { slack } = world;
      for (const words of ['digest set daily', 'alerts on']) {
        const set = await command('U0ANNA', words, 'C0RANDOM');
        expect(set?.text).toMatch(/enabled.* Can’t post in <#C0RANDOM>: ktrdr-bot isn’t in it.*`\/invite @ktrdr-bot`/);
        const refused = await command('U0ANNA', words, 'C0SHARED');
        expect(refused?.text).toMatch(/^Can’t post in <#C0SHARED>: people of another organization can read it/);
        expect((await command('U0ANNA', words))?.text).not.toContain('Can’t post');
      }
      expect((await command('U0ANNA', 'digest show', 'C0SHARED'))?.text).toContain('No digest');
      expect((await command('U0ANNA', 'alerts show', 'C0SHARED'))?.text).toContain('Alerts are off');

      const anna = slack.as('U0ANNA');
      await anna.clickInView(await homeOf('U0ANNA'), 'open_digest');
      const form = anna.modal() as View;
      const refused = await anna.submit(form, { where: 'C0SHARED', when: 'daily' });
      expect(Object.values(refused.errors)).toEqual([expect.stringMatching(/^Can’t post in that channel: people of/)]);
      await anna.submit(form, { where: 'C0RANDOM', when: 'daily' });
      await expect.poll(() => viewWords(anna.home())).toMatch(/Can’t post in <#C0RANDOM>: ktrdr-bot isn’t in it/);
      for (const channel of [CHANNEL, 'C0RANDOM'])
        for (const words of ['digest off', 'alerts off']) await command('U0ANNA', words, channel);
    });

    it('whoever cannot read in a channel can neither end its digest nor its silences', async () => {
      const { slack } = world;
      const ben = slack.as('U0BEN');
      await command('U0ANNA', 'mute channel for 2h', DESK);
      await homeOf('U0BEN');
      const { payload } = await ben.clickInView(ben.home() as View, 'open_diagnose');
      for (const [i, [action_id, value]] of [
        ['end_digest:0', DESK],
        ['end_digest:0', 'nonsense'],
        ['unmute_row_1', JSON.stringify({ channel: DESK, kind: 'channel', of: '' })],
        ['unmute_row_1', JSON.stringify({ channel: 'C0NOWHERE', kind: 'channel', of: '' })],
        ['unmute_row_1', 'nonsense'],
      ].entries()) {
        const action = { type: 'button', action_id, block_id: 'x', value, action_ts: '1.1' };
        const forged = { ...payload, trigger_id: `forged-${i}`, actions: [action] };
        expect((await slack.deliver({ kind: 'interaction', payload: forged })).outcome).toBe('acknowledged');
      }
      expect((await command('U0ANNA', 'digest show', DESK))?.text).toContain('2 digests');
      expect((await command('U0ANNA', 'mute list', DESK))?.text).toContain('Muted or snoozed here: 1');
      await command('U0ANNA', 'mute channel off', DESK);
    });

    it('lists what is muted and snoozed with its end, and each can be undone there', async () => {
      const { slack } = world;
      await command('U0ANNA', 'mute channel for 2h', DESK);
      await command('U0BEN', 'mute channel for 3h');
      await keepQuiet(slack, 'U0ANNA', answer, 'snooze');
      await keepQuiet(slack, 'U0BEN', answer, 'mute');
      await shown(/Operation muted here\* by <@U0BEN> until <!date/);
      const listed = await command('U0ANNA', 'mute list');
      expect(listed?.text).toContain('Muted or snoozed here: 3');

      const home = viewWords(await homeOf('U0ANNA', (text) => text.includes('the operation')));
      expect(home).toMatch(/<#G0TRADE>: pasted IDs · until <!date\^[^"]*set by <@U0ANNA>/);
      expect(home).toMatch(/<#C0OPS>: pasted IDs · until <!date\^[^"]*set by <@U0BEN>/);
      expect(home).toMatch(/<#C0OPS>: the cause `data-missing\/[^`]*` · until/);
      expect(home).toMatch(new RegExp(`<#C0OPS>: the operation \`${failed}\` · until`));
      expect(viewWords(await homeOf('U0BEN'))).not.toMatch(/<#G0TRADE>: pasted/);

      for (let left = 4; left > 0; left -= 1) {
        expect(viewWords(slack.as('U0ANNA').home()).match(/"action_id":"unmute_row_/g)).toHaveLength(left);
        await clickHome(
          'U0ANNA',
          'unmute_row_1',
          left === 1 ? /^(?:(?!unmute_row_).)*$/s : new RegExp(`unmute_row_${left - 1}"(?![^]*unmute_row_${left}")`),
        );
      }
      expect((await command('U0BEN', 'mute list'))?.text).toContain('Nothing muted or snoozed here');
      // The answer that showed them says so no longer.
      await shown(/(?:snoozed|muted) here/, false);
    });
  });

  describe('the menu of an answer', () => {
    it('has at most five entries, and every one does something', () => {
      const names = menuOf(latest(world.slack, answer)).map((value) => value.split(':')[0]);
      expect(names).toEqual(['explain', 'share', 'stack', 'quiet', 'flow']);
    });

    it('needs none to copy the id, which stands in the message as code', () => {
      expect(wordsOf(latest(world.slack, answer))).toContain(`\`${failed}\``);
    });

    it('an answer is shared to another channel: one message, with a link to its thread', async () => {
      const { slack } = world;
      const anna = slack.as('U0ANNA');
      await choose(slack, 'U0ANNA', answer, 'share');
      const sent = await anna.submit(anna.modal() as View, { where: DESK });
      expect([sent.error, sent.errors]).toEqual([null, {}]);
      const shared = await slack.waitForMessage(({ channel, text }) => channel === DESK && text.includes('AUDUSD'));
      expect(wordsOf(shared)).toContain(`/archives/${CHANNEL}/p${answer.ts.replace('.', '')}`);
      expect(wordsOf(shared)).toContain('{"type":"user","user_id":"U0ANNA"}');
      await toldTo(slack, 'U0ANNA', 'Sharing to <#G0TRADE>');
      await quiet();
      expect(postsIn(slack, DESK).filter(({ text }) => text.includes('AUDUSD'))).toHaveLength(1);

      expect((await anna.click(shared, 'run_again_below')).error).toBeNull();
      const again = await slack.waitForMessage(
        ({ channel, threadTs, text }) =>
          channel === DESK && threadTs === shared.ts && text.includes(failed) && !/^(?:Queued|Reading)/.test(text),
      );
      expect(wordsOf(again)).toContain('AUDUSD');
      await quiet();
      expect(latest(slack, shared).edits).toEqual([]);
    });

    it('is not shared where the person or the bot is not, nor where strangers read', async () => {
      const { slack } = world;
      for (const [user, channel] of [
        ['U0ANNA', 'G0SECRET'],
        ['U0BEN', DESK],
      ] as const) {
        await choose(slack, user, answer, 'share');
        const refused = await slack.as(user).submit(slack.as(user).modal() as View, { where: channel });
        expect(JSON.stringify(refused.errors)).toContain('ktrdr-bot can’t see that channel, or you aren’t in it');
      }
      const anna = slack.as('U0ANNA');
      await choose(slack, 'U0ANNA', answer, 'share');
      await anna.submit(anna.modal() as View, { where: 'C0SHARED' });
      await slack.waitForMessage(
        ({ channel, text }) =>
          channel === anna.dm().id &&
          text.includes('Couldn’t post in <#C0SHARED>: people of another organization can read it'),
      );
      expect(postsIn(slack, 'C0SHARED')).toEqual([]);
      // A channel that is not switched on is refused before anything else is looked at.
      await choose(slack, 'U0ANNA', answer, 'share');
      const form = anna.modal() as View;
      await anna.submit(form, { where: 'C0OLD' });
      expect(viewWords(anna.modal())).toContain('isn’t enabled in this channel');
      await quiet();
      expect(postsIn(slack, 'C0OLD')).toEqual([]);
    });

    it('a muted operation is not answered when it is pasted, and answered again after the undo', async () => {
      const { slack } = world;
      await keepQuiet(slack, 'U0ANNA', answer, 'mute');
      const told = await toldTo(slack, 'U0ANNA', 'Muted here until <!date');
      await shown(/Operation muted here/);
      const pasted = slack.as('U0BEN').say(CHANNEL, `what about ${failed}`);
      await quiet();
      expect(slack.thread(CHANNEL, pasted.ts)).toHaveLength(1);

      await slack.as('U0ANNA').click(told, 'unmute');
      await toldTo(slack, 'U0ANNA', 'No longer muted here');
      const again = slack.as('U0BEN').say(CHANNEL, `and now ${failed}`);
      await slack.waitForMessage(({ threadTs, text }) => threadTs === again.ts && text.includes(failed));
      await quiet();
    });
  });

  describe('a claim', () => {
    it('is held by the first; a second is told whose it is, can take it over, and only the owner gives it back', async () => {
      const { slack } = world;
      const [anna, ben] = [slack.as('U0ANNA'), slack.as('U0BEN')];
      const claimed = await anna.click(latest(slack, answer), 'claim');
      await shown(/\*Claimed by\* <@U0ANNA>/);
      // Ben clicks what he saw before.
      const payload = await choose(slack, 'U0BEN', answer, 'explain');
      const stale = { ...payload, trigger_id: 'stale-claim', actions: claimed.payload['actions'] };
      await slack.deliver({ kind: 'interaction', payload: stale });
      expect(wordsOf(await toldTo(slack, 'U0BEN', 'Already claimed by <@U0ANNA>'))).toContain('Take over');
      await shown(/\*Claimed by\* <@U0ANNA>/);

      await choose(slack, 'U0BEN', answer, 'unclaim');
      await toldTo(slack, 'U0BEN', 'Only <@U0ANNA> can unclaim this');
      await ben.click(answer, 'take_over');
      await shown(/\*Claimed by\* <@U0BEN>/);
      await choose(slack, 'U0ANNA', answer, 'unclaim');
      await toldTo(slack, 'U0ANNA', 'Only <@U0BEN> can unclaim this');
      await choose(slack, 'U0BEN', answer, 'unclaim');
      await shown(/Claimed by/, false);
      expect(repliesOf(slack, answer).filter(({ text }) => /outdated/.test(text))).toEqual([]);
    });
  });

  describe('recent', () => {
    it('lists the asker’s last diagnoses, or everybody’s failures, to the asker alone', async () => {
      const mine = await command('U0ANNA', 'recent');
      expect(mine?.ephemeralFor).toBe('U0ANNA');
      expect(wordsOf(mine as Message)).toContain(failed);
      expect(wordsOf(mine as Message)).toMatch(/\/archives\/(?:C0OPS|G0TRADE)\/p\d+/);
      expect((await command('U0BEN', 'recent', 'C0RANDOM'))?.text).toContain('No requests from you');
      expect(wordsOf((await command('U0BEN', 'recent failures')) as Message)).toContain(failed);
      expect((await command('U0BEN', 'recent purple'))?.text).toContain('“purple” isn’t valid here');
    });
  });

  describe('a digest', () => {
    async function digestNow(words = 'digest now 2d'): Promise<Message> {
      const { slack } = world;
      const known = new Set(slack.messages(CHANNEL).map(({ ts }) => ts));
      expect(await command('U0ANNA', words)).toBeNull();
      const digest = await slack.waitForMessage(
        ({ channel, text, ts }) => channel === CHANNEL && !known.has(ts) && text.includes('Failed operations, last'),
      );
      await quiet();
      return latest(slack, digest);
    }

    /** The reply to “Show all”. */
    async function listOf(digest: Message): Promise<Message> {
      await world.slack.as('U0BEN').click(digest, 'show_all');
      const list = await replyIn(world.slack, digest, 'newest first in each cause');
      await quiet();
      return latest(world.slack, list);
    }

    it('comes where the channel is muted, because it was asked for, and counts what is snoozed or muted', async () => {
      const { slack } = world;
      const plain = await digestNow();
      expect(plain.text).not.toContain('snoozed or muted');
      const total = /last 2 d: (\d+)/.exec(plain.text)?.[1];
      await command('U0ANNA', 'mute channel for 1h');
      await keepQuiet(slack, 'U0ANNA', answer, 'mute');
      await shown(/Operation muted here/);
      const digest = await digestNow();
      expect(digest.text).toContain(`last 2 d: ${total}*`);
      expect(digest.text).toContain('1 of them is snoozed or muted in this channel, so not listed.');
      expect(wordsOf(await listOf(plain))).not.toContain(failed);
      await keepQuiet(slack, 'U0ANNA', answer, 'unmute');
      await shown(/Operation muted here/, false);
      await command('U0ANNA', 'mute channel off');
      expect(wordsOf(await listOf(digest))).toContain(failed);
    });

    it('lists every operation on demand, each of which can be diagnosed in its thread', async () => {
      const { slack } = world;
      const digest = await digestNow();
      const list = await listOf(digest);
      await slack.as('U0BEN').click(list, 'diagnose_one', failed);
      await slack.waitForMessage(
        ({ threadTs, text, ts }) =>
          threadTs === digest.ts && ts !== list.ts && text.includes(failed) && !/^(?:Queued|Reading)/.test(text),
      );
      await quiet();
      expect(latest(slack, list).text).toBe(list.text);
    });
  });

  it('an uninstall forgets everything of the workspace', async () => {
    const { slack } = world;
    await command('U0ANNA', `watch ${failed}`);
    await command('U0ANNA', 'mute channel for 2h');
    await keepQuiet(slack, 'U0ANNA', answer, 'snooze');
    await slack.as('U0BEN').click(await replyIn(slack, answer, 'Was this right?'), 'feedback_no');
    await slack.as('U0BEN').submit(formOf(slack, 'U0BEN'), { instead: 'data', words: 'the file was there' });
    await quiet();
    const redis = new Redis(world.redis.url);
    onTestFinished(() => redis.disconnect());
    await redis.config('SET', 'rdbcompression', 'no');
    const kept = async () => {
      const keys = await redis.keys('*:store:*');
      const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
      return keys.map((key, i) => `${key} ${values[i]?.toString('latin1')}`);
    };
    const before = await kept();
    for (const part of [
      'watch:',
      'silence:',
      'silences:',
      'outbox:',
      'record:',
      'wanted-answer:',
      'memory:',
      'feedback:',
      'corrections:',
    ])
      expect(
        before.filter((line) => line.includes(`:${part}`)),
        part,
      ).not.toEqual([]);
    expect((await slack.uninstall(slack.team.id)).outcome).toBe('acknowledged');
    // The names of its channels and of itself are left out of lists that all workspaces share when these are next looked at.
    const left = async () => (await kept()).filter((line) => /T0KTRDR|U0ANNA|U0BEN/.test(line));
    await expect
      .poll(async () => (await left()).filter((line) => !/:(?:digests:places|feedback-teams:all) /.test(line)))
      .toEqual([]);
    await expect.poll(async () => (await left()).join()).not.toContain('digests:places');
  });
});

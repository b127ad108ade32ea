/** Searches and digests as people have them in Slack: a real process, a real queue, and a Jaeger with recorded traces. */

import type { Message, RecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { judge } from '../../src/jobs/answer/feedback.ts';
import { SILENT } from '../jobs/alert/watchtower.ts';
import { isWithoutFont } from '../support/has-font.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { lately, startRecentJaeger } from './recent-day.ts';
import { latest, lintedProblems, repliesOf, replyIn, toldTo } from './tools.ts';
import { isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const RECORDED = ['01-', '03a-', '04-', '05a-', '06a-', '06c-', '07b-', '07d-', '07f-', '08-', '10a-', '16a-', '16b-'];
const SINCE = 'since 2d';
const EVERY_TWO_SECONDS = JSON.stringify([
  { channel: 'G0TRADE', cron: '*/2 * * * * *', tz: 'UTC', since: '2d', feedback: true },
]);

describe.skipIf(isWithoutRedis())('searches and digests', () => {
  let world: World;
  let jaeger: RecordedJaeger;
  let env: Readonly<Record<string, string>>;
  const failed = lately(incidentNamed('06a-').operationId);
  beforeAll(async () => {
    [world, jaeger] = await Promise.all([openWorld(), startRecentJaeger(RECORDED)]);
    env = { JAEGER_URL: jaeger.url, KTRDR_API_URL: '', DIGESTS: EVERY_TWO_SECONDS };
    await world.startBot('http', { ...env, ROLES: 'slack,worker' });
  });
  afterAll(() => Promise.all([world.close(), jaeger.close()]));
  afterEach(() => {
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  async function command(text: string): Promise<Message | null> {
    const { error, complaints, reply } = await world.slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });
    expect([error, complaints]).toEqual([null, []]);
    return reply;
  }

  /** The message that replaced “Searching: …” for these words. */
  async function results(words: string): Promise<Message> {
    const { slack } = world;
    const before = new Set(slack.messages(CHANNEL).map(({ ts }) => ts));
    expect(await command(words)).toBeNull();
    return slack.waitForMessage(
      ({ channel, text, ts }) =>
        channel === CHANNEL &&
        !before.has(ts) &&
        /^\*(?:(?:At least )?\d+ operation|No (?:matching )?operations|Search failed)/.test(text),
    );
  }

  /** Another page in the place of this one, after a click on one of its buttons. */
  async function turn(page: Message, action: 'search_next' | 'search_previous'): Promise<Message> {
    const { slack } = world;
    expect((await slack.as('U0BEN').click(page, action)).error).toBeNull();
    const turned = await slack.waitForMessage(({ ts, text }) => ts === page.ts && text !== page.text);
    // The next click is on a message that the bot has done with.
    await world.settled();
    return turned;
  }

  it('failed lists what failed, in the words people type, with a menu that answers in the thread', async () => {
    const { slack } = world;
    const found = await results(`failed backtests ${SINCE}`);
    const words = wordsOf(found);
    expect(found.text).toMatch(/^\*\d+ operations?, newest first\.\*/);
    expect(words).toContain(`\`${failed}\` failed · <!date^`);
    expect(words).toMatch(/`trace [0-9a-f]{32}` not started, no operation ID · <!date\^[^`]* · backtest/);
    expect(words).not.toContain('`op_training');
    expect(found.blocks.filter(({ type }) => type === 'actions')).toHaveLength(1);
    expect((await slack.as('U0BEN').click(found, 'diagnose_one', failed)).error).toBeNull();
    await replyIn(slack, found, failed);
    await world.settled();
    expect(wordsOf(latest(slack, found))).toBe(words);
  });

  it('a symbol, a cause’s class and a time narrow it down', async () => {
    const found = await results(`search DataNotFoundError AUDUSD ${SINCE}`);
    expect(wordsOf(found)).toContain(failed);
    expect(wordsOf(found)).not.toContain(' completed · ');
    const lately = await results('failed 2d AUDUSD');
    expect(wordsOf(lately)).toContain(failed);
    expect(wordsOf(lately)).not.toContain('EURUSD');
  });

  it('is paged in place, and every page has other operations', async () => {
    const { slack } = world;
    const first = await results(`search ${SINCE} `);
    const texts: string[] = [];
    for (let page = first; ; ) {
      texts.push(page.text);
      if (!JSON.stringify(page.blocks).includes('search_next')) break;
      page = await turn(page, 'search_next');
    }
    expect(texts.length).toBeGreaterThan(1);
    const shown = texts.map((text) => /Shown: (\d+) to (\d+)/.exec(text)?.slice(1).map(Number));
    for (const [i, range] of shown.entries()) expect(range?.[0]).toBe(8 * i + 1);
    const back = await turn(latest(slack, first), 'search_previous');
    // Meanwhile a running operation has been running for longer.
    expect(withoutDurations(back.text)).toBe(withoutDurations(texts.at(-2)));
    expect(repliesOf(slack, first)).toEqual([]);
  });

  it('a button that carries anything else changes nothing, and whoever clicked is told', async () => {
    const { slack } = world;
    const ben = slack.as('U0BEN');
    const found = await results(`search ${SINCE}`);
    const { payload } = await ben.click(found, 'search_next');
    const turned = await slack.waitForMessage(({ ts, text }) => ts === found.ts && text !== found.text);
    for (const value of ['', '{}', '{"words":"failed","at":1,"page":1e9}', '{"words":"purple","at":1,"page":0}']) {
      const [action] = payload['actions'] as readonly object[];
      await slack.deliver({ kind: 'interaction', payload: { ...payload, actions: [{ ...action, value }] } });
      await toldTo(slack, 'U0BEN', 'from an earlier version');
    }
    await world.settled();
    expect(latest(slack, found).text).toBe(turned.text);
  });

  it('what is not understood is told to the asker alone', async () => {
    for (const [text, words] of [
      ['search purple', '“purple” isn’t a search word'],
      ['failed since someday', '“someday” isn’t a duration or a time'],
      ['search <!channel>', '“channel” isn’t a search word'],
      ['digest later', 'isn’t now, show, set, or off'],
    ] as const) {
      const reply = await command(text);
      expect(reply?.ephemeralFor).toBe('U0ANNA');
      expect(reply?.text).toContain(words);
    }
  });

  it('a mention is answered in its thread', async () => {
    const { slack } = world;
    const asked = slack.as('U0BEN').mention(CHANNEL, `failed training ${SINCE}`);
    const found = await slack.waitForMessage(
      ({ threadTs, text, ephemeralFor }) => threadTs === asked.ts && ephemeralFor === null && /newest first/.test(text),
    );
    expect(wordsOf(found)).toMatch(/`op_training\w+` failed · /);
  });

  it('Jaeger that does not answer is said, and can be asked again', async () => {
    const { slack } = world;
    jaeger.setFault('login-page');
    const problem = await results('search running since 1h');
    expect(problem.text).toMatch(/^\*Search failed\.\* Jaeger/);
    jaeger.setFault(null);
    expect((await slack.as('U0BEN').click(problem, 'search_next')).error).toBeNull();
    const found = await slack.waitForMessage(({ ts, text }) => ts === problem.ts && !text.includes('Search failed'));
    expect(found.text).not.toContain('Jaeger');
  });

  it('digest now is one message with a picture, and “Show all” one reply with every operation', async () => {
    const { slack } = world;
    expect(await command('digest now 2d')).toBeNull();
    const digest = await slack.waitForMessage(
      ({ channel, text, threadTs }) =>
        channel === CHANNEL && threadTs === null && text.includes('Failed operations, last 2 d'),
    );
    await world.settled();
    expect(wordsOf(digest)).toContain('Not counted: 1 false alarm of the orphan detector');
    expect(repliesOf(slack, digest)).toEqual([]);
    if (!(await isWithoutFont())) expect(wordsOf(latest(slack, digest))).toContain('"alt_text":"Bar chart: ');

    const ben = slack.as('U0BEN');
    expect((await ben.click(latest(slack, digest), 'show_all')).error).toBeNull();
    const list = await replyIn(slack, digest, 'newest first in each cause');
    expect(wordsOf(list)).toContain(`\`${failed}\` <!date^`);
    const total = Number(/last 2 d: (\d+)/.exec(digest.text)?.[1]);
    expect(wordsOf(list).match(/`(?:op_|trace )\w+` /g)).toHaveLength(total);
    await ben.click(latest(slack, digest), 'show_all');
    await toldTo(slack, 'U0BEN', 'The list is in the thread.');
    await world.settled();
    expect(repliesOf(slack, digest)).toHaveLength(1);

    expect(await command('digest now 1m')).toBeNull();
    const quiet = await slack.waitForMessage(({ text }) => text.includes('Failed operations, last 1 min'));
    expect(quiet.text).toContain(': none');
  });

  it('the list can be asked for again when Jaeger did not answer', async () => {
    const { slack } = world;
    await command('digest now 3d');
    const digest = await slack.waitForMessage(({ text }) => text.includes('Failed operations, last 3 d'));
    await world.settled();
    jaeger.setFault('login-page');
    await slack.as('U0BEN').click(latest(slack, digest), 'show_all');
    const problem = await replyIn(slack, digest, 'Couldn’t search');
    await world.settled();
    jaeger.setFault(null);
    expect((await slack.as('U0BEN').click(latest(slack, problem), 'show_all_again')).error).toBeNull();
    const list = await slack.waitForMessage(
      ({ ts, text }) => ts === problem.ts && text.includes('newest first in each cause'),
    );
    expect(wordsOf(list)).toContain(failed);
  });

  it('a digest is set, shown and ended in Slack', async () => {
    const set = await command('digest set weekdays at 9:00 Europe/Berlin');
    expect(set?.text).toContain('weekdays at 09:00, `Europe/Berlin` · over the last 24 h · next <!date^');
    const cron = await command('digest set 30 8 * * 1-5 America/New_York since 2d training');
    expect(cron?.text).toContain('weekdays at 08:30, `America/New_York` · over the last 2 d · only training');
    expect(wordsOf((await command('digest')) as Message)).toContain('set in this channel');
    expect((await command('digest off'))?.text).toContain('no longer gets the digest');
    expect((await command('digest off'))?.text).toContain('No digest was set');
    expect((await command('digest show'))?.text).toContain('No digest in this channel');
  });

  it('the configured digest comes by the clock from the process that schedules, once for each time', async () => {
    const { slack } = world;
    expect(postsIn(slack, 'G0TRADE')).toEqual([]);
    const queue = await openQueueBackend({ redisUrl: world.redis.url, dataDir: '/nonexistent', log: SILENT });
    for (const answerId of ['1', '2', '3', '4', '5']) {
      const judged = { teamId: slack.team.id, answerId, userId: 'U0ANNA', channel: CHANNEL, cause: 'data-missing' };
      await judge(queue.back.store, { ...judged, verdict: 'wrong' });
    }
    await queue.close();
    const bot = await world.startBot('http', { ...env, ROLES: 'scheduler' });
    const roots = () => postsIn(slack, 'G0TRADE').filter(({ threadTs }) => threadTs === null);
    await expect.poll(() => roots().length).toBeGreaterThanOrEqual(2);
    for (const { text } of roots()) expect(text).toContain('Failed operations, last 2 d: ');
    for (const root of roots())
      expect(wordsOf(root)).toContain('*Often marked wrong:* `data-missing` 0% right (5 answers).');
    bot.kill('SIGTERM');
    expect(await bot.ended()).toBe(0);
  });
});

function withoutDurations(text: string | undefined): string | undefined {
  return text?.replace(/· (?:\d+(?:[.]\d+)? (?:d|h|min|s|ms) ?)+(?=·|$)/g, '· (a duration) ');
}

import type { FakeSlackOptions, Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BotProcess } from './bot-process.ts';
import { answerTo, isWithoutRedis, openWorld, postsIn, type World, wordsOf } from './world.ts';

const BOT = 'U0KTRDRBOT';
const ALLOWED = 'U0ANNA';
const NOT_ALLOWED = 'U0BEN';
const STRANGER = 'U0PARTNER';
const OWN = 'C0OPS';
const SHARED = 'C0SHARED';
const SLACK: FakeSlackOptions = {
  teams: [{ id: 'T0KTRDR' }, { id: 'T0PARTNER', name: 'partner' }],
  users: [
    { id: ALLOWED, name: 'anna' },
    { id: NOT_ALLOWED, name: 'ben' },
    { id: STRANGER, teamId: 'T0PARTNER', name: 'pat' },
  ],
  channels: [
    { id: OWN, members: [ALLOWED, NOT_ALLOWED, BOT] },
    { id: SHARED, shared: true, members: [ALLOWED, STRANGER, BOT] },
  ],
};

describe.skipIf(isWithoutRedis()).each(['http', 'socket'] as const)('who may ask over %s', (transport) => {
  let world: World;
  let bot: BotProcess;
  let answer: Message;
  beforeAll(async () => {
    world = await openWorld(SLACK);
    bot = await world.startBot(transport, { ALLOWED_USERS: `${ALLOWED},${STRANGER}`, AUTO_REPLY_CHANNELS: '*' });
    await world.slack.as(ALLOWED).command('/ktrdr', `diagnose ${world.failed}`, { channel: OWN });
    answer = await answerTo(world.slack, world.failed, OWN);
    await world.settled();
  });
  afterAll(() => world.close());
  afterEach(() => expect(world.slack.warnings()).toEqual([]));

  it('every entry tells a person who is not on the list so, and does nothing', async () => {
    const { slack, failed } = world;
    const ben = slack.as(NOT_ALLOWED);
    const before = await everything();
    const told = () => slack.messages(OWN).filter(({ ephemeralFor }) => ephemeralFor === NOT_ALLOWED);

    const { error, reply } = await ben.command('/ktrdr', `diagnose ${failed} slow`, { channel: OWN });
    expect([error, reply?.text]).toEqual([null, expect.stringContaining('ALLOWED_USERS')]);
    expect(reply?.ephemeralFor).toBe(NOT_ALLOWED);
    expect((await ben.command('/ktrdr', 'help', { channel: OWN })).reply?.text).toContain('ALLOWED_USERS');

    expect((await ben.messageShortcut('diagnose_operation', latest())).error).toBeNull();
    await expect.poll(() => told().length).toBe(3);
    expect((await ben.click(latest(), 'run_again')).error).toBeNull();
    await expect.poll(() => told().length).toBe(4);
    for (const { text } of told()) expect(text).toContain('ALLOWED_USERS');

    expect(await everything()).toEqual(before);
    const outcomes = audits().filter(({ userId }) => userId === NOT_ALLOWED);
    expect(outcomes.map(({ entry, outcome }) => [entry, outcome])).toEqual([
      ['/ktrdr diagnose', 'refused'],
      ['/ktrdr help', 'refused'],
      ['diagnose_operation', 'refused'],
      ['run_again', 'refused'],
    ]);
  });

  it('such a person is told once after mentions, and what they paste is met with silence', async () => {
    const { slack, healthy } = world;
    const before = slack.messages(OWN).length;
    slack.as(NOT_ALLOWED).say(OWN, `look at ${healthy}`);
    for (let i = 0; i < 2; i += 1) slack.as(NOT_ALLOWED).mention(OWN, `diagnose ${healthy}`);
    await world.settled();
    const told = slack
      .messages(OWN)
      .slice(before)
      .filter(({ botId }) => botId !== null);
    expect(told).toMatchObject([{ ephemeralFor: NOT_ALLOWED, text: expect.stringContaining('ALLOWED_USERS') }]);
  });

  it('a stranger in a shared channel gets nothing, listed or not', async () => {
    const { slack, failed } = world;
    const alert = slack.alert(SHARED, { text: `failed: ${failed}` });
    const stranger = slack.as(STRANGER, 'T0KTRDR');
    stranger.say(SHARED, `what about ${failed}`);
    stranger.mention(SHARED, `diagnose ${failed}`);
    expect((await stranger.messageShortcut('diagnose_operation', alert)).error).toBeNull();
    await world.settled();
    expect(postsIn(slack, SHARED)).toEqual([]);
    const told = slack.messages(SHARED).filter(({ ephemeralFor }) => ephemeralFor !== null);
    // After the mention, and after the shortcut.
    expect(told.map(({ text }) => text)).toEqual(
      Array(2).fill(expect.stringContaining('only to members of the workspace')),
    );
    expect(told.every(({ ephemeralFor }) => ephemeralFor === STRANGER)).toBe(true);
  });

  it('a member alone sees the answer where strangers read, and mentions get none', async () => {
    const { slack, failed } = world;
    const anna = slack.as(ALLOWED);
    anna.say(SHARED, `look at ${failed}`);
    anna.mention(SHARED, `diagnose ${failed}`);
    await anna.command('/ktrdr', `diagnose ${failed}`, { channel: SHARED });
    const seen = await slack.waitForMessage(
      (message) =>
        message.channel === SHARED && message.ephemeralFor === ALLOWED && wordsOf(message).includes('AUDUSD'),
    );
    expect(wordsOf(seen)).toContain('people of another organization can read it, and ktrdr-bot never posts there');
    await world.settled();
    expect(postsIn(slack, SHARED)).toEqual([]);
  });

  it('nor does a form lead there', async () => {
    const { slack, failed } = world;
    const anna = slack.as(ALLOWED);
    expect((await anna.globalShortcut('diagnose_anywhere')).error).toBeNull();
    const form = anna.modal();
    if (form === null) throw new Error('no form was opened');
    expect((await anna.submit(form, { operation: `${failed} slow`, where: SHARED })).error).toBeNull();
    await world.settled();
    expect(postsIn(slack, SHARED)).toEqual([]);
  });

  it('each request leaves one line, without what somebody wrote', async () => {
    const { slack, failed } = world;
    const before = audits().length;
    await slack.as(ALLOWED).command('/ktrdr', `explain workers-unavailable and my secret plan`, { channel: OWN });
    await slack.as(ALLOWED).click(latest(), 'run_again');
    await expect.poll(() => audits().length).toBe(before + 2);
    const who = { teamId: 'T0KTRDR', userId: ALLOWED, channel: OWN };
    expect(audits().slice(before)).toMatchObject([
      { ...who, kind: 'command', entry: '/ktrdr explain', about: [], outcome: 'handled' },
      {
        ...who,
        kind: 'click',
        entry: 'run_again',
        about: [failed],
        outcome: 'queued',
        requestIds: [expect.any(String)],
      },
    ]);
    const log = bot.log.join('\n');
    for (const secret of ['secret plan', slack.team.botToken, slack.signingSecret, '/response/', 'xapp-']) {
      expect(log).not.toContain(secret);
    }
    await world.settled();
  });

  function latest(): Message {
    return world.slack.message(answer.channel, answer.ts) ?? answer;
  }

  /** What everybody sees. */
  async function everything(): Promise<unknown> {
    await world.settled();
    return postsIn(world.slack, OWN);
  }

  function audits(): readonly Readonly<Record<string, unknown>>[] {
    return bot.log.flatMap((line) => JSON.parse(line).audit ?? []);
  }
});

import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHttpBot, startSocketBot, type TestBot } from './bolt-app.ts';

describe.each([
  { transport: 'signed HTTP', start: startHttpBot },
  { transport: 'Socket Mode', start: startSocketBot },
])('a real Bolt app by $transport', ({ transport, start }) => {
  let slack: FakeSlack;
  let bot: TestBot;

  beforeEach(async () => {
    slack = await startFakeSlack({ eventRetryDelaysMs: [0, 20, 40] });
    bot = await start(slack);
  });

  afterEach(async () => {
    await bot.stop();
    await slack.close();
  });

  it('answers a command with a message, an edit, a reply and a button', async () => {
    const interaction = await slack.as('U0ANNA').command('/ktrdr', 'diagnose op-1', { channel: 'C0OPS' });
    expect(interaction.error).toBeNull();
    const answer = await slack.waitForMessage((message) => message.text === 'Answer');
    expect(answer.edits.map((edit) => edit.text)).toEqual(['Looking at diagnose op-1.']);
    await slack.waitForMessage((message) => message.text === 'Details');
    expect(slack.thread('C0OPS', answer.ts).map((message) => message.text)).toEqual(['Answer', 'Details']);

    await slack.as('U0BEN').click(answer, 'again');
    await slack.waitForMessage((message) => message.text === 'Answer, again' && message.ts === answer.ts);
    expect(bot.actions).toEqual(['op-1']);
  });

  it('shows an acknowledgement with text to the asker only', async () => {
    const { reply, error } = await slack.as('U0ANNA').command('/ktrdr', 'help', { channel: 'C0OPS' });
    expect(error).toBeNull();
    expect(reply).toMatchObject({ text: 'Usage: `/ktrdr diagnose <id>`', ephemeralFor: 'U0ANNA' });
  });

  it('shows the error of Slack when the command is not acknowledged in time', async () => {
    const { error } = await slack.as('U0ANNA').command('/ktrdr', 'silence', { channel: 'C0OPS' });
    expect(error).toBe('operation_timeout');
  });

  it('lets the app answer where it is no member', async () => {
    await slack.as('U0ANNA').command('/ktrdr', 'elsewhere', { channel: 'G0SECRET' });
    const answer = await slack.waitForMessage((message) => message.channel === 'G0SECRET');
    expect(answer).toMatchObject({ text: 'Invite me with /invite.', ephemeralFor: 'U0ANNA' });
  });

  it('opens a modal, refuses a wrong entry and takes a right one', async () => {
    const anna = slack.as('U0ANNA');
    await anna.globalShortcut('open_form');
    await slack.waitUntilQuiet();
    const view = anna.modal();
    expect(view).not.toBeNull();
    if (view === null) return;
    expect((await anna.submit(view, { id: 'nonsense' })).errors).toEqual({ operation: 'Not an id.' });
    expect(anna.modal()).not.toBeNull();
    expect((await anna.submit(view, { id: 'op_1' })).errors).toEqual({});
    expect(anna.modal()).toBeNull();
    expect(bot.actions).toEqual(['op_1']);
  });

  it('reports messages, mentions and edits, in channels where the bot is', async () => {
    const anna = slack.as('U0ANNA');
    const message = anna.mention('C0OPS', 'a <b> & https://x.example/?a=1&b=2');
    expect(message.text).toBe('<@U0KTRDRBOT> a &lt;b&gt; &amp; <https://x.example/?a=1&amp;b=2>');
    anna.say('C0RANDOM', 'unheard');
    await slack.waitUntilQuiet();
    anna.edit(message, 'changed');
    await slack.waitUntilQuiet();
    expect(bot.events.map(({ name }) => name).sort()).toEqual(['app_mention', 'message', 'message.message_changed']);
    expect(bot.heard).not.toContain('unheard');
  });

  it('repeats an event that was not taken', async () => {
    if (transport === 'Socket Mode') return;
    bot.failNextEvents(2);
    slack.as('U0ANNA').say('C0OPS', 'hello');
    await slack.waitUntilQuiet();
    expect(bot.events.map(({ retryNum }) => retryNum)).toEqual([undefined, 1, 2]);
  });
});

describe('Socket Mode', () => {
  it('moves the app to a new connection when asked, and fails commands meanwhile', async () => {
    const slack = await startFakeSlack();
    const bot = await startSocketBot(slack);
    slack.disconnectSockets('refresh_requested');
    await expect.poll(() => slack.calls('apps.connections.open').length).toBe(2);
    await slack.socketConnected();
    await expect.poll(async () => (await slack.as('U0ANNA').command('/ktrdr', 'help')).error).toBeNull();
    await bot.stop();
    await expect.poll(async () => (await slack.as('U0ANNA').command('/ktrdr', 'help')).error).toBe('dispatch_failed');
    await slack.close();
  });

  it('carries text of any length in both directions', async () => {
    const slack = await startFakeSlack();
    const bot = await startSocketBot(slack);
    for (const length of [1, 125, 126, 65_535, 65_536, 200_000]) {
      slack.as('U0ANNA').say('C0OPS', 'é'.repeat(length));
      await expect.poll(() => bot.heard.at(-1)?.length).toBe(length);
    }
    await bot.stop();
    await slack.close();
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { smallTalkIn } from '../../src/handlers/small-talk.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

describe('small talk', () => {
  it.each([
    'thanks',
    'Thank you so much!',
    'ty',
    'thx :)',
    'cheers mate',
    'great, thanks',
    'perfect',
    'ok',
    'nice work',
    '👍',
    '👍🏽',
    ':+1:',
    ':+1::skin-tone-2:',
    ':pray: :tada:',
  ])('%j is thanks', (text) => {
    expect(smallTalkIn(text)).toBe('thanks');
  });

  it.each(['hi', 'Hello there!', 'hey', 'good morning', 'Moin'])('%j is a greeting', (text) => {
    expect(smallTalkIn(text)).toBe('greeting');
  });

  it.each(['', 'diagnos last', 'work', 'banana', 'what a good day', ':question:'])('%j is neither', (text) => {
    expect(smallTalkIn(text)).toBeNull();
  });
});

describe.each(['http', 'socket'] as const)('to the bot by %s', (transport) => {
  let workspace: Workspace | undefined;
  afterEach(async () => {
    expect(workspace?.slack.warnings() ?? []).toEqual([]);
    await workspace?.close();
    workspace = undefined;
  });

  const reacted = (slack: Workspace['slack'], { ts }: { ts: string }) =>
    slack.waitForMessage((message) => message.ts === ts && message.reactions.length > 0);

  it('thanks in a channel, a thread and a direct message get an emoji and no words', async () => {
    workspace = await openWorkspace(transport);
    const { slack } = workspace;
    const anna = slack.as('U0ANNA');
    const root = anna.say('C0OPS', 'it works again');
    const said = [
      anna.mention('C0OPS', 'thank you!'),
      anna.mention('G0TRADE', ':+1:'),
      anna.mention('C0OPS', 'cheers', { threadTs: root.ts }),
      anna.say(anna.dm().id, 'ty'),
    ];
    for (const message of said) expect((await reacted(slack, message)).reactions[0]?.name).toBe('thumbsup');
    await slack.waitUntilQuiet();
    expect(
      [...slack.store.channels.keys()]
        .flatMap((channel) => slack.messages(channel))
        .filter(({ botId }) => botId !== null),
    ).toEqual([]);
  });

  it('an installation without the scope is quiet in a channel, and answers in words where nobody else reads', async () => {
    const scopes = ['app_mentions:read', 'chat:write', 'channels:read', 'im:history', 'im:write', 'commands'];
    workspace = await openWorkspace(transport, { slack: { teams: [{ id: 'T0KTRDR', scopes }] } });
    const { slack } = workspace;
    const anna = slack.as('U0ANNA');
    const dm = anna.dm().id;
    anna.mention('C0OPS', 'thanks');
    anna.say(dm, 'thanks');
    await slack.waitForMessage(({ channel, text }) => channel === dm && text === 'You’re welcome.');
    await slack.waitUntilQuiet();
    expect(slack.messages('C0OPS').filter(({ botId }) => botId !== null)).toEqual([]);
  });

  it('a greeting gets one line with what to do', async () => {
    workspace = await openWorkspace(transport);
    const { slack } = workspace;
    const anna = slack.as('U0ANNA');
    const dm = anna.dm().id;
    anna.say(dm, 'hi');
    const line = await slack.waitForMessage(({ channel, botId }) => channel === dm && botId !== null);
    expect(line.text).toMatch(/^Hi\. Send an operation ID, or “last training”/);
    expect(line.blocks).toHaveLength(1);
  });
});

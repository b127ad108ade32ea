import { afterEach, describe, expect, it } from 'vitest';
import { readPrivacy } from '../../src/handlers/ktrdr-command.ts';
import type { Place } from '../../src/jobs/requests.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const ID = 'op_training_20260109_060025_4183136f';
const CHANNEL = 'C0OPS';
const ALONE = { channel: 'U0ANNA', threadTs: null, messageTs: null };

describe('what says that an answer is private', () => {
  it.each([
    `diagnose ${ID} --private`,
    `--private diagnose ${ID}`,
    `diagnose —private ${ID}`,
    `diagnose –Private ${ID} slow`,
    `diagnose ${ID} private`,
    `Privately: why did ${ID} fail?`,
    'my training is stuck, tell me privately',
    'failed --private 24h',
    `failed ${ID} privately`,
    'search --private status=failed',
  ])('%j', (typed) => {
    const { isPrivate, text } = readPrivacy(typed);
    expect(isPrivate).toBe(true);
    expect(text).not.toMatch(/private/i);
  });

  it.each([
    `diagnose ${ID}`,
    'search private',
    'search strategy=private',
    `diagnose https://jaeger.example.com/search?tags=private-${ID}`,
    'failed private_strategy',
    '',
  ])('not %j', (typed) => {
    expect(readPrivacy(typed)).toEqual({ text: typed, isPrivate: false });
  });
});

describe('a private question', () => {
  let workspace: Workspace | undefined;
  afterEach(async () => {
    expect(workspace?.slack.warnings() ?? []).toEqual([]);
    await workspace?.close();
    workspace = undefined;
  });

  it('takes the word in the header of a private key for no flag, and shows nothing of the key', async () => {
    workspace = await openWorkspace('http');
    const { slack } = workspace;
    const body = ['MIIEowIBAAKC', 'AQEA7yn3bRHQ5FHM'].join('');
    const [begin, end] = ['BEGIN', 'END'].map((word) => `-----${word} RSA PRIVATE KEY-----`);
    for (const text of [
      `frobnicate ${begin}\n${body}\n${end}`,
      `diagnose ${begin} ${body} ${end}`,
      `${begin}\n${body}`,
    ]) {
      const { reply } = await slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });
      expect(JSON.stringify(reply), text).not.toContain(body);
    }
  });

  it('goes to the direct conversation, and the channel sees nothing of it', async () => {
    workspace = await openWorkspace('http');
    const { slack, asked } = workspace;
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID} --private`, { channel: CHANNEL });
    expect(asked).toMatchObject([{ subject: { operationId: ID }, place: { ...ALONE, userId: 'U0ANNA' } }]);
    expect([reply?.ephemeralFor, reply?.text]).toEqual(['U0ANNA', expect.stringContaining('direct messages')]);
  });

  it('is asked for by mention without a word in the thread', async () => {
    workspace = await openWorkspace('http');
    const { slack, asked } = workspace;
    const anna = slack.as('U0ANNA');
    const ids = ['1', '2', '3', '4'].map((digit) => `op_backtesting_20260109_06002${digit}_${digit}183136f`);
    const said = anna.mention(CHANNEL, `diagnose ${ids.join(' ')} privately`);
    await expect.poll(() => asked.length).toBe(3);
    for (const { place } of asked) expect(place).toMatchObject(ALONE);
    await slack.waitForMessage(
      ({ channel, text }) => channel === anna.dm().id && text.includes('The limit is 3 at a time'),
    );
    await slack.waitUntilQuiet();
    expect(slack.thread(CHANNEL, said.ts)).toHaveLength(1);
  });

  it('stays where it is when nobody else reads there', async () => {
    workspace = await openWorkspace('http');
    const { slack, asked } = workspace;
    const anna = slack.as('U0ANNA');
    anna.say(anna.dm().id, `diagnose ${ID} privately`);
    await expect.poll(() => asked.length).toBe(1);
    expect(asked[0]?.place.channel).toBe(anna.dm().id);
    await slack.waitUntilQuiet();
    expect(slack.messages(anna.dm().id)).toHaveLength(1);
  });

  it('is refused where the asker may not ask', async () => {
    workspace = await openWorkspace('http', { access: { channels: ['G0TRADE'] } });
    const { slack, asked } = workspace;
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID} --private`, { channel: CHANNEL });
    expect(reply?.text).toContain('isn’t enabled in this channel');
    expect(asked).toEqual([]);
  });

  it('can be a search and a watch; what concerns the channel cannot be', async () => {
    const places: Place[] = [];
    const keep = async (_id: string, _what: string, place: Place) => {
      places.push(place);
      return null;
    };
    workspace = await openWorkspace('http', { services: { search: keep, failed: keep, watch: keep } });
    const anna = workspace.slack.as('U0ANNA');
    for (const text of ['search status=failed', 'failed 24h', `watch ${ID}`]) {
      const { reply } = await anna.command('/ktrdr', `${text} --private`, { channel: CHANNEL });
      expect(reply?.text).toContain('direct messages');
    }
    expect(places).toMatchObject([ALONE, ALONE, ALONE]);
    for (const text of ['digest set daily', 'mute channel']) {
      const { reply } = await anna.command('/ktrdr', `${text} --private`, { channel: CHANNEL });
      expect(reply?.text).toContain('can’t be private');
    }
  });
});

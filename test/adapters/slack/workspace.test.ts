import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenMissing } from '../../../src/adapters/slack/token-errors.ts';
import { createSlackWorkspace } from '../../../src/adapters/slack/workspace.ts';
import type { SlackWorkspace } from '../../../src/jobs/workspace-port.ts';

const CHANNEL = 'C0OPS';
const FILE = { name: 'stack.txt', title: 'Stack of an exception', text: 'Traceback\n  …\nValueError: größer' };

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const PICTURE = { name: 'trace.png', title: 'Trace', altText: 'A chart.', bytes: new Uint8Array(PNG) };

describe('beside posting', () => {
  let slack: FakeSlack;
  let workspace: SlackWorkspace;
  let team: string;
  beforeEach(async () => {
    slack = await startFakeSlack();
    team = slack.team.id;
    workspace = createSlackWorkspace({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl });
  });
  afterEach(() => slack.close());

  it('a message has a link, and one that is gone has none', async () => {
    const { ts } = slack.as('U0ANNA').say(CHANNEL, 'hello');
    expect(await workspace.permalink(team, CHANNEL, ts)).toContain(`/archives/${CHANNEL}/p${ts.replace('.', '')}`);
    expect(await workspace.permalink(team, CHANNEL, '1.000001')).toBeNull();
    slack.fault('chat.getPermalink', { kind: 'rate-limited', retryAfterS: 1 });
    const other = slack.as('U0ANNA').say(CHANNEL, 'hello again');
    expect(await workspace.permalink(team, CHANNEL, other.ts)).toBeNull();
  });

  it('a channel is public or private, shared or not, with one person, hidden from the bot, or not known just now', async () => {
    const open = { isSharedOutside: false, isShared: false, isArchived: false, hasBot: true };
    const shared = { ...open, isSharedOutside: true, isShared: true };
    expect(await workspace.channel(team, 'C0OPS')).toEqual({ kind: 'public', ...open });
    expect(await workspace.channel(team, 'C0RANDOM')).toEqual({ kind: 'public', ...open, hasBot: false });
    expect(await workspace.channel(team, 'C0OLD')).toEqual({ kind: 'public', ...open, isArchived: true });
    expect(await workspace.channel(team, 'C0SHARED')).toEqual({ kind: 'public', ...shared });
    expect(await workspace.channel(team, 'G0TRADE')).toEqual({ kind: 'private', ...open });
    expect(await workspace.channel(team, 'G0SECRET')).toEqual({ kind: 'hidden' });
    const own = slack.as('U0ANNA').dm().id;
    expect(await workspace.channel(team, own)).toEqual({ kind: 'direct', userId: 'U0ANNA' });
    for (const error of ['missing_scope', 'internal_error']) {
      slack.fault('conversations.info', { kind: 'error', error });
      expect(await workspace.channel(team, `C0${error.toUpperCase()}`)).toEqual({ kind: 'unknown' });
    }
    const asked = slack.calls('conversations.info').length;
    expect(await workspace.channel(team, 'G0TRADE')).toMatchObject({ kind: 'private' });
    expect(slack.calls('conversations.info')).toHaveLength(asked);
  });

  it('a person is in a channel or not, as far as the bot sees, or it is not known just now', async () => {
    const isMember = (channel: string, user: string) => workspace.isMember(team, channel, user);
    expect(await isMember('G0TRADE', 'U0ANNA')).toBe(true);
    expect(await isMember('G0TRADE', 'U0BEN')).toBe(false);
    expect(await isMember('G0SECRET', 'U0ANNA')).toBe(false);
    const asked = slack.calls('conversations.members').length;
    expect(await isMember('G0TRADE', 'U0BEN')).toBe(false);
    expect(slack.calls('conversations.members')).toHaveLength(asked);
    slack.fault('conversations.members', { kind: 'status', status: 503, when: 'before' });
    expect(await isMember('C0OPS', 'U0ANNA')).toBeNull();
    expect(await isMember('C0OPS', 'U0ANNA')).toBe(true);
  });

  it('the workspace of the one token is asked for once, and again when Slack did not say', async () => {
    slack.fault('auth.test', { kind: 'status', status: 500, when: 'before' });
    expect(await workspace.ownTeam()).toBeNull();
    expect(await workspace.ownTeam()).toBe(team);
    const asked = slack.calls('auth.test').length;
    expect(await workspace.ownTeam()).toBe(team);
    expect(slack.calls('auth.test')).toHaveLength(asked);
  });

  it('a link gets a preview, and a refusal is told', async () => {
    const url = 'https://jaeger.example.com/trace/1?a=b&c=d';
    const message = slack.as('U0ANNA').say(CHANNEL, url);
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*It failed*' } }] as const;
    expect(await workspace.unfurl(team, CHANNEL, message.ts, { [url]: blocks })).toBe(true);
    expect(JSON.stringify(slack.message(CHANNEL, message.ts)?.attachments)).toContain('It failed');
    expect(await workspace.unfurl(team, CHANNEL, message.ts, { 'https://x.example': blocks })).toBe(false);
  });

  it('a file comes into the thread with its bytes, and a refusal at any step is told', async () => {
    const { ts } = slack.as('U0ANNA').say(CHANNEL, 'hello');
    const target = { teamId: team, channel: CHANNEL, threadTs: ts };
    expect(await workspace.upload(target, FILE)).toBe(true);
    const [, posted] = slack.thread(CHANNEL, ts);
    expect(posted?.files[0]?.title).toBe(FILE.title);
    expect(new TextDecoder().decode(posted?.files[0]?.bytes)).toBe(FILE.text);
    for (const method of ['files.getUploadURLExternal', 'files.completeUploadExternal']) {
      slack.fault(method, { kind: 'error', error: 'missing_scope' });
      expect(await workspace.upload(target, FILE)).toBe(false);
    }
    slack.fault('upload', { kind: 'status', status: 500, when: 'before' });
    expect(await workspace.upload(target, FILE)).toBe(false);
    expect(slack.thread(CHANNEL, ts)).toHaveLength(2);
  });

  it('a channel that another organisation shares gets neither previews nor files', async () => {
    const message = slack.as('U0ANNA').say('C0SHARED', 'https://jaeger.example.com/trace/1');
    const target = { teamId: team, channel: 'C0SHARED', threadTs: message.ts };
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*It failed*' } }] as const;
    expect(await workspace.upload(target, FILE)).toBe(false);
    expect(await workspace.unfurl(team, 'C0SHARED', message.ts, { [message.text]: blocks })).toBe(false);
    expect(slack.journal.map(({ method }) => method)).toEqual(['conversations.info']);
    expect(slack.thread('C0SHARED', message.ts)).toEqual([message]);
  });

  it('a workspace without a token is told like any other refusal', async () => {
    const missing = new TokenMissing('not_installed', 'not there');
    const gone = createSlackWorkspace({ tokenFor: () => Promise.reject(missing), apiUrl: slack.apiUrl });
    const target = { teamId: team, channel: CHANNEL, threadTs: null };
    expect(await gone.permalink(team, CHANNEL, '1.1')).toBeNull();
    expect(await gone.channel(team, CHANNEL)).toEqual({ kind: 'unknown' });
    expect(await gone.isMember(team, CHANNEL, 'U0ANNA')).toBeNull();
    expect(await gone.ownTeam()).toBeNull();
    expect(await gone.unfurl(team, CHANNEL, '1.1', {})).toBe(false);
    expect(await gone.upload(target, FILE)).toBe(false);
    expect(await gone.keepPicture(team, PICTURE)).toEqual({ kind: 'unauthorised', error: 'not_installed' });
    expect(slack.journal).toEqual([]);
  });

  it('a picture is kept where nobody sees it, and trouble is told apart', async () => {
    const kept = await workspace.keepPicture(team, PICTURE);
    const file = slack.store.files.get(kept.kind === 'uploaded' ? kept.fileId : '');
    expect(file).toMatchObject({ name: 'trace.png', title: 'Trace', altText: 'A chart.' });
    expect([...slack.store.channels.keys()].flatMap((channel) => slack.messages(channel))).toEqual([]);
    for (const [method, fault, kind] of [
      ['files.getUploadURLExternal', { kind: 'error', error: 'missing_scope' }, 'unauthorised'],
      ['files.getUploadURLExternal', { kind: 'rate-limited', retryAfterS: 2 }, 'rate-limited'],
      ['upload', { kind: 'status', status: 500, when: 'before' }, 'uncertain'],
      ['upload', { kind: 'reset', when: 'before' }, 'uncertain'],
      ['files.completeUploadExternal', { kind: 'reset', when: 'after' }, 'uncertain'],
    ] as const) {
      slack.fault(method, fault);
      expect(await workspace.keepPicture(team, PICTURE)).toMatchObject({ kind });
    }
  });

  it('sends a file nowhere but to Slack', async () => {
    const other = createSlackWorkspace({
      tokenFor: async () => slack.team.botToken,
      apiUrl: slack.apiUrl.replace('127.0.0.1', 'localhost'),
    });
    const target = { teamId: team, channel: CHANNEL, threadTs: null };
    expect(await other.upload(target, FILE)).toBe(false);
    expect(await other.keepPicture(team, PICTURE)).toMatchObject({ kind: 'no-access' });
    expect(slack.calls('upload')).toEqual([]);
  });
});

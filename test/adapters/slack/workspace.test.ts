import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSlackWorkspace } from '../../../src/adapters/slack/workspace.ts';
import { type FakeSlack, startFakeSlack } from '../../../src/demo/slack/fake-slack.ts';
import type { SlackWorkspace } from '../../../src/jobs/workspace-port.ts';

const CHANNEL = 'C0OPS';
const FILE = { name: 'stack.txt', title: 'Stack of an exception', text: 'Traceback\n  …\nValueError: größer' };

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
    expect(await workspace.permalink(team, CHANNEL, ts)).toBeNull();
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

  it('sends a file nowhere but to Slack', async () => {
    const other = createSlackWorkspace({
      tokenFor: async () => slack.team.botToken,
      apiUrl: slack.apiUrl.replace('127.0.0.1', 'localhost'),
    });
    const target = { teamId: team, channel: CHANNEL, threadTs: null };
    expect(await other.upload(target, FILE)).toBe(false);
    expect(slack.calls('upload')).toEqual([]);
  });
});

/** What a requester is told when their question was taken, was not taken, or when that is not known yet. */
import type { Message } from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, it } from 'vitest';
import type { DiagnoseRequest, Questions } from '../../src/jobs/requests.ts';
import { openWorkspace, type Transport, type Workspace } from './workspace.ts';

const IDS = ['a', 'b', 'c'].map((letter) => `op_training_20260109_060025_${letter}183136f`);
const [ID = ''] = IDS;
const CHANNEL = 'C0OPS';
const UNKNOWN = 'Redis is slow. If nothing appears here within a minute, try again.';
const NOT_QUEUED = /^Couldn’t queue your request because/;

/** As ioredis says it. */
const NO_REPLY = 'Command timed out';
const NOT_SENT = "Stream isn't writeable and enableOfflineQueue options is false";

let workspace: Workspace | undefined;
afterEach(async () => {
  expect(workspace?.slack.warnings() ?? []).toEqual([]);
  await workspace?.close();
  workspace = undefined;
});

describe.each<Transport>(['http', 'socket'])('a command over %s', (transport) => {
  it('whose question was not taken is refused in the acknowledgement', async () => {
    const { slack } = await open(transport, { diagnose: () => Promise.reject(new Error(NOT_SENT)) });
    const { error, reply } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    expect(error).toBeNull();
    expect(reply).toMatchObject({ text: expect.stringMatching(NOT_QUEUED), ephemeralFor: 'U0ANNA' });
    expect(await told()).toEqual([reply?.text]);
    expect(audits()).toEqual(['not queued']);
  });

  it.each<[string, Questions['diagnose']]>([
    ['did not answer', () => Promise.reject(new Error(NO_REPLY))],
    ['is taking longer than usual', () => new Promise(() => {})],
  ])('is acknowledged without words when Redis %s, and one message says that nobody knows', async (_why, diagnose) => {
    const { slack } = await open(transport, { diagnose });
    const { error, reply } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    expect([error, reply]).toEqual([null, null]);
    await slack.waitForMessage(({ text }) => text === UNKNOWN);
    expect(await told()).toEqual([UNKNOWN]);
    expect(audits()).toEqual(['unknown']);
  });

  it('of somebody with too many open questions is refused in the acknowledgement', async () => {
    const { slack } = await open(transport, { diagnose: async () => ({ kind: 'too-many', most: 25 }) });
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    expect(reply).toMatchObject({
      text: expect.stringContaining('You have 25 open requests'),
      ephemeralFor: 'U0ANNA',
    });
    expect(await told()).toEqual([reply?.text]);
    expect(audits()).toEqual(['refused']);
  });

  it('that Slack delivers again asks under the same id, so that what is unknown becomes known', async () => {
    const seen: DiagnoseRequest[] = [];
    const { slack } = await open(transport, {
      async diagnose(request) {
        seen.push(request);
        if (seen.length === 1) throw new Error(NO_REPLY);
        return { kind: 'taken' };
      },
    });
    const { payload } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    const fields = Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]));
    await slack.deliver({ kind: 'command', fields });
    expect(seen).toHaveLength(2);
    expect(seen[1]?.requestId).toBe(seen[0]?.requestId);
    expect(audits()).toEqual(['unknown', 'queued']);
  });
});

describe.each<Transport>(['http', 'socket'])('an event over %s', (transport) => {
  it.each([
    ['a mention', (bot: string) => ({ type: 'app_mention', text: `<@${bot}> diagnose ${ID}` }), ['unknown', 'queued']],
    ['a direct message', () => ({ type: 'message', channel_type: 'im', text: ID }), ['unknown', 'queued']],
    // They request nothing, so they have no audit line.
    ['a pasted id', () => ({ type: 'message', channel_type: 'channel', text: ID }), []],
  ])('is not acknowledged while nobody knows if %s was taken: it comes again', async (_what, eventFor, outcomes) => {
    const seen: DiagnoseRequest[] = [];
    const { slack } = await open(transport, {
      async diagnose(request) {
        seen.push(request);
        if (seen.length === 1) throw new Error(NO_REPLY);
        return { kind: 'taken' };
      },
    });
    const event = { channel: CHANNEL, user: 'U0ANNA', ts: '1.1', event_ts: '1.1', ...eventFor(slack.team.botUserId) };
    expect((await slack.sendEvent(event)).outcome).toBe('acknowledged');
    expect(seen).toHaveLength(2);
    expect(seen[1]?.requestId).toBe(seen[0]?.requestId);
    expect(await told()).toEqual([]);
    expect(audits()).toEqual(outcomes);
  });

  it('of somebody with too many open questions is answered, not delivered again', async () => {
    let asked = 0;
    const { slack } = await open(transport, {
      async diagnose() {
        asked += 1;
        return { kind: 'too-many', most: 25 };
      },
    });
    slack.as('U0ANNA').mention(CHANNEL, `diagnose ${ID}`);
    await slack.waitForMessage(({ text }) => text.includes('You have 25 open requests'));
    await slack.waitUntilQuiet();
    expect(asked).toBe(1);
    expect(audits()).toEqual(['refused']);
  });
});

async function open(transport: Transport, questions: Partial<Questions>): Promise<Workspace> {
  const slack = { eventRetryDelaysMs: [0, 0, 0] };
  workspace = await openWorkspace(transport, { questions, slack, autoReplyChannels: [CHANNEL] });
  return workspace;
}

/** Everything that the bot has said once it is quiet. */
async function told(): Promise<readonly string[]> {
  await workspace?.slack.waitUntilQuiet();
  const isFromBot = ({ botId }: Message) => botId === workspace?.slack.team.botId;
  const messages = (workspace?.slack.messages(CHANNEL) ?? []).filter(isFromBot);
  return messages.map(({ text }) => text);
}

function audits(): readonly string[] {
  return (workspace?.logged ?? []).flatMap((line) => JSON.parse(line).audit?.outcome ?? []);
}

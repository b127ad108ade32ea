import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { TokenMissing } from '../../../src/adapters/slack/token-errors.ts';

const MESSAGE = { text: 'internal', blocks: [] };
const MARKER = { requestId: 'r', slot: 'summary' };
const OWN = { teamId: 'T0KTRDR', channel: 'C0OPS', threadTs: null };
const SHARED = { ...OWN, channel: 'C0SHARED' };

describe('a channel that another organisation shares', () => {
  let slack: FakeSlack;
  beforeEach(async () => {
    slack = await startFakeSlack();
  });
  afterEach(() => slack.close());

  it('gets no message and no edit, and is looked at once', async () => {
    const chat = chatWith();
    const refused = { kind: 'no-access', error: 'shared_with_others' };
    expect(await chat.post(SHARED, MESSAGE, MARKER)).toEqual(refused);
    expect(await chat.update({ ...SHARED, ts: '1.1' }, MESSAGE)).toEqual(refused);
    expect(await chat.post(OWN, MESSAGE, MARKER)).toMatchObject({ kind: 'sent' });
    expect(await chat.post(OWN, MESSAGE, MARKER)).toMatchObject({ kind: 'sent' });
    expect(slack.messages('C0SHARED')).toEqual([]);
    expect(slack.calls('conversations.info')).toHaveLength(2);
  });

  it.each([
    ['is slow to tell', { kind: 'status', status: 503, when: 'before' }, 'uncertain'],
    ['breaks the connection', { kind: 'reset', when: 'before' }, 'uncertain'],
    ['is behind a login page', { kind: 'status', status: 302, when: 'before' }, 'uncertain'],
    ['has too much to do', { kind: 'rate-limited', retryAfterS: 1 }, 'rate-limited'],
  ] as const)('waits while Slack %s', async (_what, fault, kind) => {
    slack.fault('conversations.info', fault);
    const chat = chatWith();
    expect(await chat.post(SHARED, MESSAGE, MARKER)).toMatchObject({ kind });
    expect(await chat.post(SHARED, MESSAGE, MARKER)).toMatchObject({ kind: 'no-access' });
    expect(slack.calls('chat.postMessage')).toEqual([]);
  });

  it('cannot be told apart without the scope, which stops no answer', async () => {
    const options: FakeSlackOptions = { teams: [{ id: 'T0KTRDR', scopes: ['chat:write'] }] };
    await slack.close();
    slack = await startFakeSlack(options);
    expect(await chatWith().post(OWN, MESSAGE, MARKER)).toMatchObject({ kind: 'sent' });
  });

  it('is not reached without a token, and nothing is tried again then', async () => {
    const missing = new TokenMissing('not_installed', 'not there');
    const chat = createChat({ apiUrl: slack.apiUrl, tokenFor: () => Promise.reject(missing) });
    const refused = { kind: 'unauthorised', error: 'not_installed' };
    expect(await chat.post(OWN, MESSAGE, MARKER)).toEqual(refused);
    expect(await chat.direct({ teamId: 'T0KTRDR', userId: 'U0ANNA' }, MESSAGE, MARKER)).toEqual(refused);
    expect(await chat.findPosted(OWN, 0)).toEqual(refused);
    expect(slack.journal).toEqual([]);
  });

  function chatWith() {
    return createChat({ apiUrl: slack.apiUrl, tokenFor: async () => slack.team.botToken });
  }
});

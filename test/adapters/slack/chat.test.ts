import { type FakeSlack, type SlackFault as Fault, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import type { Message } from '../../../src/formatters/message.ts';
import type { Chat, ChatTarget, Marker } from '../../../src/jobs/ports.ts';

const message: Message = {
  text: 'The training failed.',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*The training failed.*' } }],
};
const marker: Marker = { requestId: 'request-1', slot: 'summary' };
const ops: ChatTarget = { teamId: 'T0KTRDR', channel: 'C0OPS', threadTs: null };

let slack: FakeSlack;
let chat: Chat;

beforeEach(async () => {
  slack = await startFakeSlack();
  chat = chatOn(slack);
});
afterEach(() => slack.close());

describe('a post', () => {
  it('appears in the channel, marked, and without previews of its links', async () => {
    const sent = await chat.post(ops, message, marker);
    expect(sent).toEqual({ kind: 'sent', channel: 'C0OPS', ts: expect.stringMatching(/^\d+\.\d+$/) });
    const [posted] = slack.messages('C0OPS');
    expect(posted).toMatchObject({
      text: message.text,
      blocks: message.blocks,
      threadTs: null,
      metadata: { event_type: 'ktrdr_diagnosis', event_payload: { request_id: 'request-1', slot: 'summary' } },
    });
    expect(slack.calls('chat.postMessage')[0]?.args).toMatchObject({ unfurl_links: 'false', unfurl_media: 'false' });
    expect(slack.warnings()).toEqual([]);
  });

  it('goes to the thread', async () => {
    const root = slack.as('U0ANNA').say('C0OPS', 'look');
    await chat.post({ ...ops, threadTs: root.ts }, message, marker);
    expect(slack.thread('C0OPS', root.ts).map(({ text }) => text)).toEqual(['look', message.text]);
  });

  it('is edited without making names and links live', async () => {
    const sent = await chat.post(ops, message, marker);
    if (sent.kind !== 'sent') throw new Error('not sent');
    const edited = await chat.update(
      { teamId: ops.teamId, channel: sent.channel, ts: sent.ts },
      { text: 'Now.', blocks: [] },
    );
    expect(edited).toEqual(sent);
    expect(slack.message('C0OPS', sent.ts)).toMatchObject({
      text: 'Now.',
      blocks: [],
      metadata: { event_type: 'ktrdr_diagnosis' },
    });
    expect(slack.calls('chat.update')[0]?.args).toMatchObject({ parse: 'none', link_names: 'false' });
  });

  it('uses the token of its workspace, asked for each time', async () => {
    const asked: string[] = [];
    const other = createChat({
      apiUrl: slack.apiUrl,
      async tokenFor(teamId) {
        asked.push(teamId);
        return slack.team.botToken;
      },
    });
    await other.post(ops, message, marker);
    await other.direct({ teamId: 'T0KTRDR', userId: 'U0ANNA' }, message, marker);
    expect(new Set(asked)).toEqual(new Set(['T0KTRDR']));
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a refused or lost post', () => {
  it.each<[Fault, object]>([
    [
      { kind: 'rate-limited', retryAfterS: 7 },
      { kind: 'rate-limited', retryAfterMs: 7000 },
    ],
    [error('ratelimited'), { kind: 'rate-limited' }],
    [error('message_limit_exceeded'), { kind: 'rate-limited' }],
    [
      { kind: 'status', status: 500, when: 'before' },
      { kind: 'uncertain', reason: 'HTTP status 500' },
    ],
    [
      { kind: 'status', status: 503, when: 'after' },
      { kind: 'uncertain', reason: 'HTTP status 503' },
    ],
    [{ kind: 'reset', when: 'after' }, { kind: 'uncertain' }],
    [
      { kind: 'slow', delayMs: 3000 },
      { kind: 'uncertain', reason: 'no response in time' },
    ],
    [error('internal_error'), { kind: 'uncertain', reason: 'internal_error' }],
    [error('service_unavailable'), { kind: 'uncertain' }],
    [error('not_in_channel'), { kind: 'no-access', error: 'not_in_channel' }],
    [error('channel_not_found'), { kind: 'no-access' }],
    [error('is_archived'), { kind: 'no-access' }],
    [error('restricted_action_thread_locked'), { kind: 'no-access' }],
    [error('cannot_reply_to_message'), { kind: 'no-access' }],
    [error('an_error_of_the_future'), { kind: 'no-access', error: 'an_error_of_the_future' }],
    [error('invalid_blocks'), { kind: 'refused-content', error: 'invalid_blocks', details: [] }],
    [error('invalid_blocks_format'), { kind: 'refused-content' }],
    [error('msg_blocks_too_long'), { kind: 'refused-content' }],
    [error('msg_too_long'), { kind: 'refused-content' }],
    [error('no_text'), { kind: 'refused-content' }],
    [error('metadata_too_large'), { kind: 'refused-content' }],
    [error('invalid_auth'), { kind: 'unauthorised', error: 'invalid_auth' }],
    [error('token_revoked'), { kind: 'unauthorised' }],
    [error('account_inactive'), { kind: 'unauthorised' }],
    [error('missing_scope'), { kind: 'unauthorised' }],
    [error('message_not_found'), { kind: 'gone', error: 'message_not_found' }],
    [error('edit_window_closed'), { kind: 'gone' }],
  ])('%j is %j, after one request', async (fault, outcome) => {
    slack.fault('chat.postMessage', fault, { times: 5 });
    const timeoutMs = fault.kind === 'slow' ? 500 : undefined;
    expect(await chatOn(slack, timeoutMs).post(ops, message, marker)).toMatchObject(outcome);
    expect(slack.calls('chat.postMessage').length).toBeLessThanOrEqual(1);
  });

  it('is told apart by where it went wrong', async () => {
    expect(await chat.post({ ...ops, channel: 'C0RANDOM' }, message, marker)).toEqual({
      kind: 'no-access',
      error: 'not_in_channel',
    });
    expect(await chat.post({ ...ops, channel: 'C0OLD' }, message, marker)).toEqual({
      kind: 'no-access',
      error: 'is_archived',
    });
    const empty = { ...message, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '' } } as const] };
    const refused = await chat.post(ops, empty, marker);
    expect(refused).toMatchObject({ kind: 'refused-content', error: 'invalid_blocks' });
    expect(refused.kind === 'refused-content' ? refused.details.length : 0).toBeGreaterThan(0);
    const stranger = slack.as('U0ANNA').say('C0OPS', 'mine');
    expect(await chat.update({ ...ops, ts: stranger.ts }, message)).toMatchObject({
      kind: 'gone',
      error: 'cant_update_message',
    });
    expect(await chat.update({ ...ops, ts: '1.000001' }, message)).toMatchObject({
      kind: 'gone',
      error: 'message_not_found',
    });
    slack.revoke(slack.team.botToken);
    expect(await chat.post(ops, message, marker)).toEqual({ kind: 'unauthorised', error: 'invalid_auth' });
  });

  it('to a Slack that is not there is uncertain', async () => {
    const nobody = createChat({ apiUrl: 'http://127.0.0.1:9/api/', tokenFor: async () => 'xoxb-x' });
    expect(await nobody.post(ops, message, marker)).toMatchObject({ kind: 'uncertain' });
    expect(await nobody.direct({ teamId: 'T0KTRDR', userId: 'U0ANNA' }, message, marker)).toMatchObject({
      kind: 'uncertain',
    });
  });
});

/** The `ts` of the marked post, which is looked for with those of all others; null when it isn't there. */
async function found(target: Parameters<Chat['findPosted']>[0], sinceMs = 0): Promise<string | null> {
  const outcome = await chat.findPosted(target, sinceMs);
  if (outcome.kind !== 'found') throw new Error(`The look ended as ${outcome.kind}.`);
  return outcome.posts.find((post) => post.requestId === marker.requestId && post.slot === marker.slot)?.ts ?? null;
}

describe('a post whose answer was lost', () => {
  it('is found behind hundreds of newer messages, on later pages of the channel', async () => {
    const sent = await chat.post(ops, message, marker);
    for (let count = 0; count < 450; count += 1) slack.as('U0BEN').say('C0OPS', 'chatter');
    expect(await found(ops, Date.now() - 60_000)).toBe(sent.kind === 'sent' ? sent.ts : 'not sent');
    expect(slack.calls('conversations.history').length).toBeGreaterThan(2);
  });

  it('is not looked for before it was started', async () => {
    await chat.post(ops, message, marker);
    expect(await found(ops, Date.now() + 3_600_000)).toBeNull();
  });

  it('is not begun when its time is over', async () => {
    expect(await chat.post(ops, message, marker, () => false)).toMatchObject({ kind: 'uncertain' });
    expect(slack.calls('chat.postMessage')).toEqual([]);
  });

  it.each(['thread', 'channel'])('is found again in the %s', async (where) => {
    const root = slack.as('U0ANNA').say('C0OPS', 'look');
    const target = { ...ops, threadTs: where === 'thread' ? root.ts : null };
    await chat.post(target, message, { ...marker, slot: 'fix' });
    await chat.post(target, message, { ...marker, requestId: 'request-2' });
    expect(await found(target)).toBeNull();
    slack.fault('chat.postMessage', { kind: 'status', status: 500, when: 'after' });
    expect(await chat.post(target, message, marker)).toMatchObject({ kind: 'uncertain' });
    const lost = slack.messages('C0OPS').at(-1);
    expect(await found(target)).toBe(lost?.ts);
  });

  it('is found at the end of a long thread', async () => {
    const root = slack.as('U0ANNA').say('C0OPS', 'look');
    const target = { ...ops, threadTs: root.ts };
    for (let count = 0; count < 450; count += 1) slack.as('U0BEN').say('C0OPS', 'yes', { threadTs: root.ts });
    const sent = await chat.post(target, message, marker);
    expect(await found(target)).toBe(sent.kind === 'sent' ? sent.ts : 'not sent');
  });

  it('counts as not posted where nothing can be read', async () => {
    expect(await found({ ...ops, channel: 'C0RANDOM', threadTs: '1.000001' })).toBeNull();
    expect(await found({ ...ops, channel: 'G0SECRET' })).toBeNull();
    slack.fault('conversations.history', error('missing_scope'));
    expect(await found(ops)).toBeNull();
  });

  it('is not taken for missing when Slack does not answer', async () => {
    slack.fault('conversations.history', { kind: 'status', status: 500, when: 'before' });
    expect(await chat.findPosted(ops, 0)).toMatchObject({ kind: 'uncertain' });
    slack.fault('conversations.history', { kind: 'rate-limited', retryAfterS: 7 });
    expect(await chat.findPosted(ops, 0)).toEqual({ kind: 'rate-limited', retryAfterMs: 7000 });
  });
});

describe('a direct message', () => {
  it('goes to the person, marked', async () => {
    const sent = await chat.direct({ teamId: 'T0KTRDR', userId: 'U0BEN' }, message, marker);
    expect(sent).toMatchObject({ kind: 'sent', channel: slack.as('U0BEN').dm().id });
    const { id } = slack.as('U0BEN').dm();
    expect(await found({ ...ops, channel: id })).toBe(sent.kind === 'sent' ? sent.ts : 'not sent');
  });

  it('to nobody is refused', async () => {
    expect(await chat.direct({ teamId: 'T0KTRDR', userId: 'U0NOBODY' }, message, marker)).toMatchObject({
      kind: 'no-access',
    });
    slack.fault('conversations.open', error('missing_scope'));
    expect(await chat.direct({ teamId: 'T0KTRDR', userId: 'U0BEN' }, message, marker)).toEqual({
      kind: 'unauthorised',
      error: 'missing_scope',
    });
  });
});

function chatOn({ apiUrl, team }: FakeSlack, timeoutMs?: number): Chat {
  return createChat({ apiUrl, tokenFor: async () => team.botToken, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

function error(code: string): Fault {
  return { kind: 'error', error: code };
}

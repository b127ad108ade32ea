import { type FakeSlack, isObject, type JsonObject, objectsOf, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOT_SCOPES } from '../../src/handlers/install/scopes.ts';
import { call } from './web-api.ts';

let slack: FakeSlack;
beforeEach(async () => {
  // Two methods that the bot has no use for are part of Slack all the same.
  const scopes = [...BOT_SCOPES, 'reactions:write', 'users:read'];
  slack = await startFakeSlack({ teams: [{ id: 'T0KTRDR', scopes }] });
});
afterEach(() => slack.close());

const post = (more: JsonObject) => call(slack, 'chat.postMessage', { channel: 'C0OPS', text: 'hello', ...more });
const tsOf = async (more: JsonObject = {}) => String((await post(more)).body['ts']);
const marker = { event_type: 'ktrdr_diagnosis', event_payload: { request: 'r1', slot: 'summary' } };

describe('who may call', () => {
  it('wants a bot token', async () => {
    expect((await call(slack, 'auth.test', {}, null)).error).toBe('not_authed');
    expect((await call(slack, 'auth.test', {}, 'xoxb-stranger')).error).toBe('invalid_auth');
    expect((await call(slack, 'auth.test', {}, slack.appToken)).error).toBe('not_allowed_token_type');
    expect((await call(slack, 'apps.connections.open', {})).error).toBe('not_allowed_token_type');
    expect((await call(slack, 'auth.test', {})).body).toMatchObject({
      ok: true,
      user_id: 'U0KTRDRBOT',
      bot_id: 'B0KTRDRBOT',
    });
    expect((await call(slack, 'chat.fancy', {})).error).toBe('unknown_method');
  });

  it('turns a revoked token away', async () => {
    slack.revoke(slack.team.botToken);
    expect((await post({})).error).toBe('invalid_auth');
  });

  it('names the scope that is missing', async () => {
    const narrow = await startFakeSlack({ teams: [{ id: 'T1', scopes: ['commands'] }] });
    const answer = await call(narrow, 'chat.postMessage', { channel: 'C0OPS', text: 'a' });
    expect(answer.body).toMatchObject({ error: 'missing_scope', needed: 'chat:write', provided: 'commands' });
    await narrow.close();
  });

  it('keeps workspaces apart', async () => {
    const two = await startFakeSlack({ teams: [{ id: 'T1' }, { id: 'T2' }] });
    const answer = await call(two, 'chat.postMessage', { channel: 'C0OPS', text: 'a' }, 'xoxb-fake-bot-token2');
    expect(answer.error).toBe('channel_not_found');
    await two.close();
  });
});

describe('where the bot may post', () => {
  it.each([
    ['C0RANDOM', 'not_in_channel'],
    ['G0SECRET', 'channel_not_found'],
    ['C0NOWHERE', 'channel_not_found'],
    ['#ktrdr-ops', 'channel_not_found'],
    ['C0OLD', 'is_archived'],
    ['G0TRADE', ''],
    ['U0ANNA', ''],
  ])('%s: "%s"', async (channel, error) => {
    expect((await post({ channel })).error).toBe(error);
  });

  it('into unjoined public channels with the scope for it', async () => {
    const scopes = [...slack.team.scopes, 'chat:write.public'];
    const open = await startFakeSlack({ teams: [{ id: 'T0KTRDR', scopes }] });
    expect((await call(open, 'chat.postMessage', { channel: 'C0RANDOM', text: 'a' })).error).toBe('');
    await open.close();
  });

  it('after an invitation', async () => {
    slack.as('U0ANNA').invite('C0RANDOM');
    expect((await post({ channel: 'C0RANDOM' })).error).toBe('');
  });

  it('opens a direct conversation once', async () => {
    const first = await call(slack, 'conversations.open', { users: 'U0BEN' });
    const second = await call(slack, 'conversations.open', { users: 'U0BEN' });
    expect(second.body['channel']).toEqual(first.body['channel']);
    expect((await call(slack, 'conversations.open', { users: 'U0NOBODY' })).error).toBe('user_not_found');
  });
});

describe('what a message holds', () => {
  it.each<[JsonObject, string]>([
    [{ text: '' }, 'no_text'],
    [{ text: 'a', markdown_text: 'b' }, 'markdown_text_conflict'],
    [{ metadata: 'x' }, 'invalid_metadata_format'],
    [{ metadata: { event_type: 'with blank', event_payload: {} } }, 'invalid_metadata_schema'],
    [{ metadata: { event_type: 'a', event_payload: { b: null } } }, 'invalid_metadata_schema'],
    [{ metadata: { event_type: 'a', event_payload: { b: ['c'] } } }, 'invalid_metadata_schema'],
    [{ metadata: { event_type: 'a', event_payload: { b: 'c'.repeat(9000) } } }, 'metadata_too_large'],
    [{ attachments: Array.from({ length: 101 }, () => ({ text: 'a' })) }, 'too_many_attachments'],
    [{ thread_ts: '1.000000' }, 'cannot_reply_to_message'],
  ])('%#: %o is %s', async (args, error) => {
    expect((await post(args)).error).toBe(error);
    expect(slack.messages('C0OPS')).toEqual([]);
  });

  it('records a missing text and a long one', async () => {
    const blocks = [{ type: 'divider' }];
    const silent = await call(slack, 'chat.postMessage', { channel: 'C0OPS', blocks });
    expect(silent.body['warning']).toBe('missing_text_in_message');
    await post({ text: 'x'.repeat(4001) });
    await post({ text: 'x'.repeat(40_001) });
    expect(slack.warnings()).toEqual(['missing_text_in_message', 'message_may_be_split', 'message_truncated']);
    expect(slack.messages('C0OPS').at(-1)?.text.length).toBe(40_000);
  });

  it('hangs replies on parents only', async () => {
    const parent = await tsOf();
    const reply = await tsOf({ thread_ts: parent });
    expect(reply).not.toBe('');
    expect((await post({ thread_ts: reply })).error).toBe('cannot_reply_to_message');
  });
});

describe('edits', () => {
  it('changes own messages, keeps the metadata and remembers the old content', async () => {
    const ts = await tsOf({ metadata: marker });
    expect((await call(slack, 'chat.update', { channel: 'C0OPS', ts, text: 'new' })).error).toBe('');
    expect(slack.message('C0OPS', ts)).toMatchObject({ text: 'new', metadata: marker, edits: [{ text: 'hello' }] });
  });

  it.each<[JsonObject, string]>([
    [{ ts: '1.000000', text: 'a' }, 'message_not_found'],
    [{ text: 'x'.repeat(4001) }, 'msg_too_long'],
    [{ text: '' }, 'no_text'],
    [{ channel: 'G0SECRET', text: 'a' }, 'channel_not_found'],
  ])('%# is %s', async (args, error) => {
    const ts = await tsOf();
    expect((await call(slack, 'chat.update', { channel: 'C0OPS', ts, ...args })).error).toBe(error);
  });

  it('leaves the messages of others alone', async () => {
    const { ts } = slack.as('U0ANNA').say('C0OPS', 'mine');
    const args = { channel: 'C0OPS', ts, text: 'yours' };
    expect((await call(slack, 'chat.update', args)).error).toBe('cant_update_message');
    expect((await call(slack, 'chat.delete', args)).error).toBe('cant_delete_message');
  });

  it('leaves a tombstone where replies hang', async () => {
    const ts = await tsOf();
    await tsOf({ thread_ts: ts });
    expect((await call(slack, 'chat.delete', { channel: 'C0OPS', ts })).error).toBe('');
    expect(slack.message('C0OPS', ts)?.subtype).toBe('tombstone');
    expect((await call(slack, 'chat.update', { channel: 'C0OPS', ts, text: 'a' })).error).toBe('message_not_found');
  });
});

describe('reading back', () => {
  it('finds own metadata in a thread', async () => {
    const ts = await tsOf();
    await tsOf({ thread_ts: ts, metadata: marker });
    await tsOf({ channel: 'C0OPS' });
    const plainRead = await call(slack, 'conversations.replies', { channel: 'C0OPS', ts });
    expect(JSON.stringify(plainRead.body)).not.toContain('ktrdr_diagnosis');
    const full = await call(slack, 'conversations.replies', { channel: 'C0OPS', ts, include_all_metadata: true });
    const messages = objectsOf(full.body['messages']);
    expect(messages.map((message) => message['thread_ts'])).toEqual([ts, ts]);
    expect(messages[1]?.['metadata']).toEqual(marker);
  });

  it('pages', async () => {
    const sent = [await tsOf(), await tsOf(), await tsOf()];
    const first = await call(slack, 'conversations.history', { channel: 'C0OPS', limit: 2 });
    expect(first.body['has_more']).toBe(true);
    const metadata = first.body['response_metadata'];
    const cursor = isObject(metadata) ? metadata['next_cursor'] : '';
    const second = await call(slack, 'conversations.history', { channel: 'C0OPS', limit: 2, cursor });
    const read = [first, second].flatMap(({ body }) => objectsOf(body['messages']).map((message) => message['ts']));
    expect(read).toEqual(sent.reverse());
    const later = await call(slack, 'conversations.history', { channel: 'C0OPS', oldest: sent[0] });
    expect(later.body['messages']).toEqual([]);
  });

  it('answers for strangers as Slack does', async () => {
    expect((await call(slack, 'conversations.replies', { channel: 'C0OPS', ts: '1.000000' })).error).toBe(
      'thread_not_found',
    );
    expect((await call(slack, 'conversations.history', { channel: 'C0RANDOM' })).error).toBe('not_in_channel');
    expect((await call(slack, 'conversations.info', { channel: 'G0SECRET' })).error).toBe('channel_not_found');
    expect((await call(slack, 'chat.getPermalink', { channel: 'C0OPS', message_ts: '1.0' })).error).toBe(
      'message_not_found',
    );
    expect((await call(slack, 'users.info', { user: 'U0NOBODY' })).error).toBe('user_not_found');
  });

  it('links to a reply by its thread', async () => {
    const ts = await tsOf();
    const reply = await tsOf({ thread_ts: ts });
    const answer = await call(slack, 'chat.getPermalink', { channel: 'C0OPS', message_ts: reply });
    const path = `https://ktrdr-local.slack.com/archives/C0OPS/p${reply.replace('.', '')}?thread_ts=${ts}&cid=C0OPS`;
    expect(answer.body['permalink']).toBe(path);
  });
});

describe('the small methods', () => {
  it('reacts once', async () => {
    const args = { channel: 'C0OPS', timestamp: await tsOf(), name: 'eyes' };
    expect((await call(slack, 'reactions.add', args)).error).toBe('');
    expect((await call(slack, 'reactions.add', args)).error).toBe('already_reacted');
    expect((await call(slack, 'reactions.add', { ...args, name: ':eyes:' })).error).toBe('invalid_name');
    expect((await call(slack, 'reactions.remove', args)).error).toBe('');
    expect((await call(slack, 'reactions.remove', args)).error).toBe('no_reaction');
  });

  it('shows ephemeral messages to members, and forgets them', async () => {
    const args = { channel: 'C0OPS', user: 'U0ANNA', text: 'psst' };
    const sent = await call(slack, 'chat.postEphemeral', args);
    expect(slack.messages('C0OPS')[0]).toMatchObject({ text: 'psst', ephemeralFor: 'U0ANNA' });
    const update = { channel: 'C0OPS', ts: sent.body['message_ts'], text: 'a' };
    expect((await call(slack, 'chat.update', update)).error).toBe('message_not_found');
    expect((await call(slack, 'chat.postEphemeral', { ...args, channel: 'G0TRADE', user: 'U0BEN' })).error).toBe(
      'user_not_in_channel',
    );
  });

  it('unfurls links that are there', async () => {
    const { ts } = slack.as('U0ANNA').say('C0OPS', 'see https://traces.example/1?a=1&b=2');
    const unfurls = { 'https://traces.example/1?a=1&b=2': { blocks: [{ type: 'divider' }] } };
    expect((await call(slack, 'chat.unfurl', { channel: 'C0OPS', ts, unfurls })).error).toBe('');
    expect(slack.message('C0OPS', ts)?.attachments[0]).toMatchObject({ is_app_unfurl: true });
    const other = { 'https://traces.example/2': {} };
    expect((await call(slack, 'chat.unfurl', { channel: 'C0OPS', ts, unfurls: other })).error).toBe(
      'cannot_unfurl_message',
    );
  });

  it('takes a file in three steps', async () => {
    const ticket = await call(slack, 'files.getUploadURLExternal', { filename: 'trace.png', length: '3' });
    const files = [{ id: ticket.body['file_id'], title: 'Trace' }];
    const share = { files, channel_id: 'C0OPS', initial_comment: 'Picture' };
    expect((await call(slack, 'files.completeUploadExternal', share)).error).toBe('file_not_found');
    const upload = (body: string) => fetch(String(ticket.body['upload_url']), { method: 'POST', body });
    expect((await upload('too long')).status).toBe(400);
    expect((await upload('png')).status).toBe(200);
    expect((await call(slack, 'files.completeUploadExternal', share)).error).toBe('');
    expect(slack.messages('C0OPS')[0]?.files[0]).toMatchObject({ name: 'trace.png', title: 'Trace' });
    // Both the address and the ticket are used up.
    expect((await upload('png')).status).toBe(404);
    expect((await call(slack, 'files.completeUploadExternal', share)).error).toBe('file_not_found');
  });

  it('shows a picture of the bot’s own in a block, once it has looked at it', async () => {
    const id = await uploaded('89504e470d0a1a0a');
    const notOne = await uploaded('00');
    const showing = (file: string) => post({ blocks: [{ type: 'image', alt_text: 'a', slack_file: { id: file } }] });
    for (const file of [id, notOne, 'F0NOWHERE']) {
      const refused = await showing(file);
      expect([refused.error, ...refused.messages]).toEqual([
        'invalid_blocks',
        '[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]',
      ]);
      if (file !== id) continue;
      expect((await call(slack, 'files.completeUploadExternal', { files: [{ id }, { id: notOne }] })).error).toBe('');
    }
    expect((await showing(id)).error).toBe('');
    expect(slack.messages('C0OPS')).toHaveLength(1);
  });

  async function uploaded(hex: string): Promise<string> {
    const args = { filename: 'trace.png', length: String(hex.length / 2) };
    const ticket = await call(slack, 'files.getUploadURLExternal', args);
    await fetch(String(ticket.body['upload_url']), { method: 'POST', body: Buffer.from(hex, 'hex') });
    return String(ticket.body['file_id']);
  }
});

import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { createLostPosts, type LostPosts } from '../../../src/jobs/deliver/lost-posts.ts';
import type { Chat, ChatTarget, Marker } from '../../../src/jobs/ports.ts';
import { messageOf } from '../answer/question-set.ts';

const START_MS = Date.parse('2026-05-12T12:00:00Z');
const MINUTE_MS = 60_000;

describe('the search for lost posts', () => {
  let slack: FakeSlack;
  let chat: Chat;
  let lostPosts: LostPosts;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = START_MS;
    const now = () => nowMs;
    const channels = ['C0OPS', 'C0DEV', 'C0NIGHT'].map((id) => ({ id, members: ['U0ANNA', 'U0KTRDRBOT'] }));
    // What Slack allows apps that are not of its Marketplace.
    const limited = { rateLimits: 'enforce', perMinute: { 'conversations.history': 1 }, mostPerPage: 15 } as const;
    slack = await startFakeSlack({ now, channels, ...limited });
    chat = createChat({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl, timeoutMs: 60_000 });
    lostPosts = createLostPosts(chat, now);
  });
  afterEach(() => slack.close());

  const target = (channel = 'C0OPS', threadTs: string | null = null): ChatTarget => ({
    teamId: 'T0KTRDR',
    channel,
    threadTs,
  });
  const marker = (requestId: string, slot = 'summary'): Marker => ({ requestId, slot });
  const looks = () => slack.calls('conversations.history').length;

  async function post(at: ChatTarget, mark: Marker): Promise<string> {
    const outcome = await chat.post(at, messageOf(`${mark.slot} of ${mark.requestId}`), mark);
    if (outcome.kind !== 'sent') throw new Error(`The fake Slack took no post: ${outcome.kind}.`);
    return outcome.ts;
  }

  it('finds all that is sought in a channel by one look', async () => {
    const first = await post(target(), marker('request-1'));
    const second = await post(target(), marker('request-2'));
    nowMs += MINUTE_MS;
    expect(await lostPosts.find(target(), marker('request-1'), START_MS)).toEqual({ kind: 'found', ts: first });
    expect(await lostPosts.find(target(), marker('request-2'), START_MS)).toEqual({ kind: 'found', ts: second });
    expect(await lostPosts.find(target(), marker('request-3'), START_MS)).toEqual({ kind: 'found', ts: null });
    expect(looks()).toBe(1);
  });

  it('looks again for a post that began later than a look, or could still have been under way', async () => {
    expect(await lostPosts.find(target(), marker('request-1'), START_MS)).toEqual({ kind: 'found', ts: null });
    nowMs += MINUTE_MS;
    const ts = await post(target(), marker('request-1'));
    expect(await lostPosts.find(target(), marker('request-1'), START_MS)).toEqual({ kind: 'found', ts });
    expect(looks()).toBe(2);
    nowMs += MINUTE_MS;
    const later = await post(target(), marker('request-2'));
    expect(await lostPosts.find(target(), marker('request-2'), nowMs)).toEqual({ kind: 'found', ts: later });
    expect(looks()).toBe(3);
  });

  it('looks again for a post that began earlier than what the last look went back to', async () => {
    const ts = await post(target(), marker('request-1'));
    nowMs += 10 * MINUTE_MS;
    expect(await lostPosts.find(target(), marker('request-2'), nowMs - MINUTE_MS)).toMatchObject({ ts: null });
    nowMs += MINUTE_MS;
    expect(await lostPosts.find(target(), marker('request-1'), START_MS)).toEqual({ kind: 'found', ts });
  });

  it('gives each channel a turn of its own after a 429, and asks Slack nothing before', async () => {
    const ts = await post(target('C0NIGHT'), marker('request-3'));
    const find = (channel: string, requestId: string) => lostPosts.find(target(channel), marker(requestId), START_MS);
    await find('C0OPS', 'request-1');
    const limited = await find('C0DEV', 'request-2');
    if (limited.kind !== 'rate-limited') throw new Error('The fake Slack has no limit.');
    const apartMs = limited.retryAfterMs;
    // It waits for the channel that was refused, and then for its own turn.
    expect(await find('C0NIGHT', 'request-3')).toEqual({ kind: 'rate-limited', retryAfterMs: 2 * apartMs });
    expect(await find('C0DEV', 'request-2')).toEqual({ kind: 'rate-limited', retryAfterMs: apartMs });
    expect(looks()).toBe(2);

    nowMs += apartMs;
    expect(await find('C0NIGHT', 'request-3')).toEqual({ kind: 'rate-limited', retryAfterMs: apartMs });
    expect(await find('C0DEV', 'request-2')).toEqual({ kind: 'found', ts: null });
    nowMs += apartMs;
    expect(await find('C0NIGHT', 'request-3')).toEqual({ kind: 'found', ts });
    expect(looks()).toBe(4);
  });

  it('does not wait with a thread for what limits channels', async () => {
    const root = await post(target(), marker('request-1'));
    const ts = await post(target('C0OPS', root), marker('request-1', 'why'));
    nowMs += MINUTE_MS;
    await lostPosts.find(target(), marker('request-1'), START_MS);
    expect(await lostPosts.find(target('C0DEV'), marker('request-2'), START_MS)).toMatchObject({
      kind: 'rate-limited',
    });
    const inThread = await lostPosts.find(target('C0OPS', root), marker('request-1', 'why'), START_MS);
    expect(inThread).toEqual({ kind: 'found', ts });
  });

  it('passes on what Slack says to a look', async () => {
    slack.fault('conversations.history', { kind: 'error', error: 'invalid_auth' });
    expect(await lostPosts.find(target(), marker('request-1'), START_MS)).toMatchObject({ kind: 'unauthorised' });
    slack.fault('conversations.history', { kind: 'status', status: 503, when: 'before' });
    nowMs += MINUTE_MS;
    expect(await lostPosts.find(target(), marker('request-1'), START_MS)).toMatchObject({ kind: 'uncertain' });
  });
});

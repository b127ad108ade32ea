import { createServer } from 'node:net';
import { type FakeSlack, type SlackFault, signature, startFakeSlack } from '@ktrdr-bot/local-slack';
import { type ErrorCode, WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHttpBot } from './bolt-app.ts';
import { call } from './web-api.ts';

let slack: FakeSlack;
let clockMs: number;
beforeEach(async () => {
  clockMs = Date.now();
  slack = await startFakeSlack({ now: () => clockMs, rateLimits: 'enforce' });
});
afterEach(() => slack.close());

const post = () => call(slack, 'chat.postMessage', { channel: 'C0OPS', text: 'hello' });

describe('faults', () => {
  it('lose the answer after the message was stored', async () => {
    slack.fault('chat.postMessage', { kind: 'status', status: 500, when: 'after' });
    expect((await post()).status).toBe(500);
    expect(slack.messages('C0OPS')).toHaveLength(1);
    expect((await post()).status).toBe(200);
  });

  it('break the connection before or after', async () => {
    slack.fault('chat.postMessage', { kind: 'reset', when: 'before' });
    slack.fault('chat.postMessage', { kind: 'reset', when: 'after' });
    await expect(post()).rejects.toThrow();
    expect(slack.messages('C0OPS')).toHaveLength(0);
    await expect(post()).rejects.toThrow();
    expect(slack.messages('C0OPS')).toHaveLength(1);
  });

  it('answer late, with an error, or for some calls only', async () => {
    slack.fault('*', { kind: 'slow', delayMs: 50 });
    expect((await post()).error).toBe('');
    slack.fault('*', { kind: 'slow', delayMs: 3_600_000 });
    let isAnswered = false;
    void post().then(
      () => (isAnswered = true),
      () => undefined,
    );
    await expect.poll(() => slack.messages('C0OPS')).toHaveLength(2);
    expect((await post()).error).toBe('');
    expect(isAnswered).toBe(false);
    slack.fault(
      'chat.postMessage',
      { kind: 'error', error: 'ratelimited' },
      { where: ({ channel }) => channel === 'G0TRADE' },
    );
    expect((await post()).error).toBe('');
    expect((await call(slack, 'chat.postMessage', { channel: 'G0TRADE', text: 'a' })).error).toBe('ratelimited');
  });

  it('are drawn anew for every call', async () => {
    const methods: string[] = [];
    const draw = (method: string): SlackFault | null => {
      methods.push(method);
      return methods.length % 2 === 0 ? { kind: 'error', error: 'internal_error' } : null;
    };
    slack.fault('*', draw, { times: Number.POSITIVE_INFINITY });
    slack.fault('chat.postMessage', { kind: 'error', error: 'is_archived' });
    const errors = [(await post()).error, (await post()).error, (await post()).error, (await post()).error];
    expect(errors).toEqual(['is_archived', 'internal_error', '', 'internal_error']);
    expect(methods).toEqual(Array(4).fill('chat.postMessage'));
  });

  it('let a call take effect only when its answer is late', async () => {
    let isTaken = false;
    slack.fault('chat.postMessage', () => {
      isTaken = true;
      return { kind: 'slow', delayMs: 2_000, when: 'before' };
    });
    const slow = call(slack, 'chat.postMessage', { channel: 'C0OPS', text: 'slow' });
    await expect.poll(() => isTaken).toBe(true);
    expect((await post()).error).toBe('');
    expect((await slow).error).toBe('');
    expect(slack.messages('C0OPS').map(({ text }) => text)).toEqual(['hello', 'slow']);
  });

  it('look to the SDK as those of Slack', async () => {
    const options = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };
    const client = new WebClient(slack.team.botToken, options);
    const codeOf = async (): Promise<unknown> =>
      client.chat.postMessage({ channel: 'C0OPS', text: 'a' }).then(
        () => 'sent',
        (error: { code: ErrorCode }) => error.code,
      );
    slack.fault('chat.postMessage', { kind: 'rate-limited', retryAfterS: 7 });
    slack.fault('chat.postMessage', { kind: 'status', status: 503, when: 'before' });
    slack.fault('chat.postMessage', { kind: 'reset', when: 'before' });
    expect([await codeOf(), await codeOf(), await codeOf(), await codeOf()]).toEqual([
      'slack_webapi_rate_limited_error',
      'slack_webapi_http_error',
      'slack_webapi_request_error',
      'sent',
    ]);
    const file = await client.filesUploadV2({ channel_id: 'C0OPS', filename: 'a.txt', content: 'text' });
    expect(file.ok).toBe(true);
    expect(new TextDecoder().decode(slack.messages('C0OPS').at(-1)?.files[0]?.bytes)).toBe('text');
  });
});

describe('rate limits', () => {
  it('let a burst through, then one message a second in a channel', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 6; index += 1) statuses.push((await post()).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect((await call(slack, 'chat.postMessage', { channel: 'G0TRADE', text: 'a' })).status).toBe(200);
    const refused = await post();
    expect(refused.headers.get('retry-after')).toBe('1');
    clockMs += 1000;
    expect((await post()).status).toBe(200);
    expect((await post()).status).toBe(429);
    expect(slack.postTimes('C0OPS')).toHaveLength(9);
  });
});

describe('limits of the caller', () => {
  beforeEach(async () => {
    await slack.close();
    slack = await startFakeSlack({
      now: () => clockMs,
      rateLimits: 'enforce',
      perMinute: { 'conversations.history': 1, 'chat.update': null },
      mostPerPage: 2,
      journalLength: 3,
    });
  });

  it('replace those of Slack', async () => {
    const { body } = await post();
    for (let count = 0; count < 60; count += 1) {
      expect((await call(slack, 'chat.update', { channel: 'C0OPS', ts: String(body['ts']), text: 'a' })).status).toBe(
        200,
      );
    }
    const history = () => call(slack, 'conversations.history', { channel: 'C0OPS', limit: 100 });
    expect((await history()).status).toBe(200);
    expect((await history()).headers.get('retry-after')).toBe('60');
  });

  it('make pages small and the journal short', async () => {
    for (let count = 0; count < 4; count += 1) await post();
    const { body } = await call(slack, 'conversations.history', { channel: 'C0OPS', limit: 100 });
    expect(body['messages']).toHaveLength(2);
    expect(body['has_more']).toBe(true);
    expect(slack.journal.map(({ method }) => method)).toEqual([
      'chat.postMessage',
      'chat.postMessage',
      'conversations.history',
    ]);
  });
});

describe('an app', () => {
  it('that listens nowhere is told apart from one that breaks off', async () => {
    const help = async () => (await slack.as('U0ANNA').command('/ktrdr', 'help', { channel: 'C0OPS' })).receipt;
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${port}/slack/events` });
    const failed = { outcome: 'failed', status: null, wantsNoRetry: false };
    expect(await help()).toEqual(failed);
    await new Promise((resolve) => server.close(resolve));
    expect(await help()).toEqual({ ...failed, isUnreachable: true });
  });
});

describe('response addresses', () => {
  async function issue(): Promise<string> {
    return String((await slack.as('U0ANNA').command('/ktrdr', 'help', { channel: 'G0SECRET' })).responseUrl);
  }
  const respond = async (url: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };

  it('work five times', async () => {
    const url = await issue();
    const statuses: number[] = [];
    for (let use = 0; use < 6; use += 1) statuses.push(await respond(url, { text: 'a' }));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    expect(slack.messages('G0SECRET').every((message) => message.ephemeralFor === 'U0ANNA')).toBe(true);
    expect(slack.messages('G0SECRET').every((message) => message.responseUrl === url)).toBe(true);
  });

  it('work for half an hour', async () => {
    const url = await issue();
    clockMs += 30 * 60_000;
    expect(await respond(url, { text: 'a' })).toBe(200);
    clockMs += 1;
    expect(await respond(url, { text: 'a' })).toBe(404);
    expect(await respond(`${url}x`, { text: 'a' })).toBe(404);
  });

  it('refuse bad content, but not long blocks', async () => {
    const url = await issue();
    const text = { type: 'mrkdwn', text: 'x'.repeat(2900) };
    expect(await respond(url, {})).toBe(400);
    expect(await respond(url, { blocks: [{ type: 'fancy' }] })).toBe(400);
    expect(await respond(url, { text: 'a', blocks: Array(5).fill({ type: 'section', text }) })).toBe(200);
  });

  it('answer in a thread, replace and delete', async () => {
    await post();
    const [message] = slack.messages('C0OPS');
    if (message === undefined) throw new Error('The post is missing.');
    const { responseUrl } = await slack.as('U0BEN').messageShortcut('diagnose_operation', message);
    const url = String(responseUrl);
    expect(await respond(url, { text: 'reply', thread_ts: message.ts })).toBe(200);
    expect(slack.thread('C0OPS', message.ts).at(-1)).toMatchObject({ text: 'reply', ephemeralFor: 'U0BEN' });
    expect(await respond(url, { text: 'new', replace_original: true })).toBe(200);
    expect(slack.message('C0OPS', message.ts)?.text).toBe('new');
    expect(await respond(url, { delete_original: true })).toBe(200);
    expect(slack.message('C0OPS', message.ts)).toBeNull();
    expect(await respond(url, { text: 'open', response_type: 'in_channel' })).toBe(200);
    expect(slack.messages('C0OPS').at(-1)).toMatchObject({ text: 'open', ephemeralFor: null });
  });
});

describe('signatures', () => {
  it("are those of Slack's documented example", () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const headers = signature(body, { secret: '8f742231b10e8888abcd99yyyzzz85a5', at: 1531420618_000 });
    expect(headers['x-slack-signature']).toBe('v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503');
  });

  it('are checked by the app', async () => {
    const bot = await startHttpBot(slack);
    expect(await slack.verifyUrl()).toMatchObject({ outcome: 'acknowledged' });
    await bot.stop();
    const stranger = await startFakeSlack({ signingSecret: 'another' });
    const other = await startHttpBot({ ...stranger, signingSecret: 'the right one' });
    const { error, receipt } = await stranger.as('U0ANNA').command('/ktrdr', 'help');
    expect(error).toBe('dispatch_failed');
    expect(receipt).toMatchObject({ outcome: 'failed', status: 401 });
    await other.stop();
    await stranger.close();
  });

  it('do not help when nothing listens', async () => {
    slack.connectBot({ kind: 'http', eventsUrl: 'http://127.0.0.1:9/slack/events' });
    expect((await slack.as('U0ANNA').command('/ktrdr', 'help')).error).toBe('dispatch_failed');
  });
});

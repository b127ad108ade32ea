import { createServer } from 'node:http';
import { type FakeSlack, signature, startFakeSlack } from '@ktrdr-bot/local-slack';
import type { Receiver } from '@slack/bolt';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpIntake } from '../../../src/handlers/intake/http.ts';
import { SafeApp } from '../../../src/handlers/intake/safe-app.ts';
import { createSocketIntake } from '../../../src/handlers/intake/socket.ts';
import { openWorkspace } from '../workspace.ts';

const ID = 'op_training_20260109_060025_4183136f';
const FORM = 'application/x-www-form-urlencoded';
const silent = pino({ level: 'silent' });

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('POST /slack/events', () => {
  const body = new URLSearchParams({ command: '/ktrdr', text: 'help', team_id: 'T0KTRDR', user_id: 'U1' }).toString();
  const minutes = (count: number) => Date.now() + count * 60_000;

  it.each([
    ['signed now', 0, {}, 200],
    ['signed four minutes ago', -4, {}, 200],
    ['signed by a clock that is four minutes ahead', 4, {}, 200],
    ['signed six minutes ago', -6, {}, 401],
    ['dated six minutes ahead', 6, {}, 401],
    ['with another signature', 0, { 'x-slack-signature': `v0=${'0'.repeat(64)}` }, 401],
    ['with a broken signature', 0, { 'x-slack-signature': 'x' }, 401],
    [
      'with another time than was signed',
      0,
      { 'x-slack-request-timestamp': String(Math.floor(minutes(1) / 1000)) },
      401,
    ],
    ['without a readable time', 0, { 'x-slack-request-timestamp': 'soon' }, 401],
  ])('%s', async (_what, ahead, headers, status) => {
    const { eventsUrl, slack } = await open();
    const signed = signature(body, { secret: slack.signingSecret, at: minutes(ahead) });
    expect(await post(eventsUrl, body, { ...signed, ...headers })).toBe(status);
  });

  it('needs a signature at all, except for the empty ssl check', async () => {
    const { eventsUrl } = await open();
    expect(await post(eventsUrl, body, {})).toBe(401);
    expect(await post(eventsUrl, '', {})).toBe(401);
  });

  it('refuses what is larger than any payload of Slack', async () => {
    const { eventsUrl, slack } = await open();
    const large = `text=${'x'.repeat(1_100_000)}`;
    expect(await post(eventsUrl, large, signature(large, { secret: slack.signingSecret }))).toBe(413);
  });

  it('answers Slack’s question for the address', async () => {
    const { slack } = await open();
    expect(await slack.verifyUrl()).toMatchObject({ outcome: 'acknowledged' });
  });

  it('is the only thing that is served', async () => {
    const { eventsUrl } = await open();
    expect((await fetch(eventsUrl)).status).toBe(405);
    expect((await fetch(new URL('/', eventsUrl), { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${new URL(eventsUrl).origin}//`)).status).toBe(404);
  });

  it('answers 500 to a listener that fails, and logs it once', async () => {
    const { slack, logged } = await open({ tokenFor: () => Promise.reject(new Error('no such workspace')) });
    const { receipt } = await slack.as('U0ANNA').command('/ktrdr', 'help');
    expect(receipt).toMatchObject({ outcome: 'failed', status: 500 });
    const errors = logged.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(errors).toHaveLength(1);
    expect(errors[0].err.message).toContain('no such workspace');
  });

  it('is not ready before the start and after the stop', async () => {
    const { app } = await open();
    expect([app.receiverKind, app.ready()]).toEqual(['http', true]);
    await app.stop();
    expect(app.ready()).toBe(false);
  });

  it('lets what was taken in be finished before it stops', async () => {
    const gate = signal();
    const taken = signal();
    const { slack, app } = await open({
      questions: {
        async diagnose() {
          taken.give();
          await gate.given;
          return { kind: 'taken' };
        },
      },
    });
    const interaction = slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`);
    await taken.given;
    const stopped = app.stop();
    gate.give();
    await stopped;
    expect(await interaction).toMatchObject({ error: null, reply: null });
  });
});

describe('an event whose listener fails', () => {
  it.each(['http', 'socket'] as const)('is delivered again over %s', async (transport) => {
    const slack = await startFakeSlack({ eventRetryDelaysMs: [0, 0, 0], ackTimeoutMs: 3000 });
    ends.push(() => slack.close());
    const app = transport === 'http' ? await overHttp(slack) : await overSocket(slack);
    let deliveries = 0;
    app.event('app_mention', async () => {
      deliveries += 1;
      if (deliveries < 3) throw new Error('the queue is away');
    });
    const event = { type: 'app_mention', channel: 'C0OPS', user: 'U0ANNA', text: 'x', ts: '1.1', event_ts: '1.1' };
    expect((await slack.sendEvent(event)).outcome).toBe('acknowledged');
    expect(deliveries).toBe(3);
  });
});

describe('a socket', () => {
  it('is ready while it is connected', async () => {
    const { app } = await open({}, 'socket');
    expect([app.receiverKind, app.listener, app.ready()]).toEqual(['socket', null, true]);
    await app.stop();
    expect(app.ready()).toBe(false);
  });

  it('comes back when Slack recycles the connection', async () => {
    const { slack, app, asked } = await open({}, 'socket');
    for (const round of [1, 2]) {
      slack.disconnectSockets('refresh_requested');
      await until(() => slack.calls('apps.connections.open').length === round + 1 && app.ready());
      await slack.socketConnected();
      await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`);
      expect(asked).toHaveLength(round);
    }
  });

  it('keeps trying while Slack cannot be reached', async () => {
    const { slack, app } = await open({}, 'socket');
    slack.fault('apps.connections.open', { kind: 'reset', when: 'before' });
    slack.fault('apps.connections.open', { kind: 'status', status: 503, when: 'before' });
    slack.disconnectSockets('warning');
    await until(() => slack.calls('apps.connections.open').length === 4 && app.ready());
    await slack.socketConnected();
  });

  it('starts while Slack cannot be reached, and connects later', async () => {
    const slack = await startFakeSlack();
    ends.push(() => slack.close());
    slack.fault('apps.connections.open', { kind: 'reset', when: 'before' });
    const intake = createSocketIntake(slack.appToken, slack.apiUrl, silent);
    ends.push(() => intake.stop());
    await intake.start();
    expect(intake.connected()).toBe(false);
    await until(intake.connected);
  });

  it('does not start with a token that Slack refuses', async () => {
    const slack = await startFakeSlack();
    ends.push(() => slack.close());
    const intake = createSocketIntake('xapp-wrong', slack.apiUrl, silent);
    await expect(intake.start()).rejects.toThrow('invalid_auth');
    await intake.stop();
  });

  it('stops in the middle of connecting', async () => {
    const slack = await startFakeSlack();
    ends.push(() => slack.close());
    slack.fault('apps.connections.open', { kind: 'slow', delayMs: 300 });
    const intake = createSocketIntake(slack.appToken, slack.apiUrl, silent);
    const started = intake.start();
    await intake.stop();
    await started;
    await slack.waitUntilQuiet();
    expect(intake.connected()).toBe(false);
  });
});

function signal(): { readonly given: Promise<void>; give(): void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

async function open(options: Parameters<typeof openWorkspace>[1] = {}, transport: 'http' | 'socket' = 'http') {
  const workspace = await openWorkspace(transport, options);
  ends.push(workspace.close);
  return workspace;
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': FORM, ...headers } });
  return response.status;
}

async function overHttp(slack: FakeSlack): Promise<SafeApp> {
  const { receiver, listener } = createHttpIntake(slack.signingSecret, silent);
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${port}/slack/events` });
  return safeApp(receiver);
}

async function overSocket(slack: FakeSlack): Promise<SafeApp> {
  const intake = createSocketIntake(slack.appToken, slack.apiUrl, silent);
  const app = safeApp(intake.receiver);
  await intake.start();
  ends.push(() => intake.stop());
  return app;
}

function safeApp(receiver: Receiver): SafeApp {
  const app = new SafeApp({ receiver, authorize: async () => ({ botToken: 'xoxb-x' }), convoStore: false });
  app.error(async (error) => {
    throw error;
  });
  return app;
}

async function until(isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue).toBe(true);
}

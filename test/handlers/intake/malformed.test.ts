import { signature, startFakeSlack } from '@ktrdr-bot/local-slack';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SafeApp } from '../../../src/handlers/intake/safe-app.ts';
import { createSocketIntake } from '../../../src/handlers/intake/socket.ts';
import { openWorkspace, type Transport, type Workspace } from '../workspace.ts';
import { ODD_VALUES, PAYLOADS, replaced } from './odd-payloads.ts';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

const rejections: unknown[] = [];
const noteRejection = (reason: unknown) => void rejections.push(reason);
beforeAll(() => void process.on('unhandledRejection', noteRejection));
afterAll(() => void process.off('unhandledRejection', noteRejection));
afterEach(() => expect(rejections.splice(0)).toEqual([]));

/** The bot still answers: a command and an event. */
async function expectGoodRequestsAnswered({ slack }: Workspace): Promise<void> {
  const { error, reply } = await slack.as('U0ANNA').command('/ktrdr', 'help', { channel: 'C0OPS' });
  expect([error, reply?.ephemeralFor]).toEqual([null, 'U0ANNA']);
  const receipt = await slack.deliver({ kind: 'event', payload: PAYLOADS.mention });
  expect(receipt.outcome).toBe('acknowledged');
}

function warningsIn({ logged }: Workspace): readonly string[] {
  return logged.map((line) => JSON.parse(line)).flatMap(({ level, msg }) => (level >= 40 ? [msg] : []));
}

describe('a signed body over HTTP', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await openWorkspace('http');
  });
  afterAll(() => workspace.close());

  async function post(body: string, type: string): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { 'content-type': type, ...signature(body, { secret: workspace.slack.signingSecret }) };
    const response = await fetch(workspace.eventsUrl, { method: 'POST', body, headers });
    return { status: response.status, text: await response.text() };
  }

  it.each([
    ['null', JSON_TYPE],
    ['42', JSON_TYPE],
    ['"x"', JSON_TYPE],
    ['[]', JSON_TYPE],
    ['[{"type":"event_callback"}]', JSON_TYPE],
    ['{}', JSON_TYPE],
    ['{"event":null}', JSON_TYPE],
    ['{"event":"x","type":"event_callback"}', JSON_TYPE],
    ['{"type":"event_callback"}', JSON_TYPE],
    ['{"type":["event_callback"],"event":{}}', JSON_TYPE],
    ['{"type":"event_callback","event":{"type":"function_executed"}}', JSON_TYPE],
    ['{"command":7}', JSON_TYPE],
    ['{"type":"block_actions","actions":[]}', JSON_TYPE],
    ['{"broken', JSON_TYPE],
    ['payload=null', FORM],
    ['payload=[]', FORM],
    ['payload=%22x%22', FORM],
    ['payload=1', FORM],
    ['payload=%7B%7D', FORM],
    ['payload=%7B', FORM],
    ['payload=%7B%7D&payload=%7B%7D', FORM],
    ['command=%2Fktrdr&text=a&text=b&team_id=T0KTRDR&user_id=U0ANNA&channel_id=C0OPS', FORM],
    ['command=%2Fktrdr&command=%2Fktrdr&text=help&team_id=T0KTRDR&user_id=U0ANNA', FORM],
    ['command=%2Fktrdr', FORM],
    ['a=b', FORM],
  ])('%s (%s) is answered with 400 and a sentence, and logged once', async (body, type) => {
    const before = warningsIn(workspace).length;
    const { status, text } = await post(body, type);
    expect(status).toBe(400);
    expect(text).toMatch(/^[A-Z].*\.$/);
    expect(warningsIn(workspace).slice(before)).toEqual(['malformed request']);
    await expectGoodRequestsAnswered(workspace);
  });

  it('neither log nor answer quotes what somebody wrote', async () => {
    const { text } = await post('{"text":"my secret", broken', JSON_TYPE);
    expect([text, ...workspace.logged].join('\n')).not.toContain('my secret');
  });
});

describe.each<Transport>(['http', 'socket'])('over %s', (transport) => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await openWorkspace(transport);
  });
  afterAll(() => workspace.close());

  it.each(Object.keys(PAYLOADS))(
    'a good payload %s is acknowledged, and none with an odd value stops the bot',
    async (name) => {
      const payload = PAYLOADS[name as keyof typeof PAYLOADS];
      const kind = 'event' in payload ? 'event' : 'command' in payload ? 'command' : 'interaction';
      // A command travels as a form over HTTP, in which every value is text.
      if (kind === 'command' && transport === 'http') return;
      const deliver = (odd: unknown) =>
        workspace.slack.deliver(kind === 'command' ? { kind, fields: odd as never } : { kind, payload: odd as never });
      expect(await deliver(payload)).toMatchObject({ outcome: 'acknowledged' });
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.constantFrom(...ODD_VALUES), async (place, value) => {
          const receipt = await deliver(replaced(payload, place, value));
          const isRefused = receipt.outcome === 'failed' && receipt.status === 400;
          expect([receipt.outcome, isRefused]).toEqual(isRefused ? ['failed', true] : ['acknowledged', false]);
        }),
        { numRuns: 60 },
      );
      await expectGoodRequestsAnswered(workspace);
    },
    60_000,
  );
});

it.each([
  'null',
  '7',
  '"x"',
  '[]',
  '{}',
  'no JSON',
  '{"type":null}',
  '{"type":"ws_message","payload":{}}',
  '{"type":"disconnected"}',
  '{"type":"events_api","envelope_id":"e1"}',
  '{"type":"events_api","envelope_id":"e1","payload":null}',
  '{"type":"events_api","envelope_id":"e1","payload":{"event":null}}',
  '{"type":"events_api","envelope_id":"e1","payload":{"event":{"type":"disconnected"}}}',
  '{"type":"events_api","envelope_id":7,"payload":{"event":{}}}',
  '{"type":"interactive","envelope_id":"e1","payload":null}',
  '{"type":"slash_commands","envelope_id":"e1"}',
])('the frame %s is logged once, and the socket goes on', async (frame) => {
  const slack = await startFakeSlack();
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  const intake = createSocketIntake(slack.appToken, slack.apiUrl, log);
  const app = new SafeApp({
    receiver: intake.receiver,
    authorize: async () => ({ botToken: 'xoxb-x' }),
    convoStore: false,
  });
  app.event('app_mention', async () => undefined);
  try {
    await intake.start();
    await slack.socketConnected();
    intake.receiver.client.emit('ws_message', frame, false);
    await expect.poll(() => logged.length).toBe(1);
    const receipt = await slack.deliver({ kind: 'event', payload: PAYLOADS.mention });
    expect(receipt.outcome).toBe('acknowledged');
    expect([logged.length, intake.connected()]).toEqual([1, true]);
    expect(logged[0]).toContain('malformed request');
  } finally {
    await intake.stop();
    await slack.close();
  }
});

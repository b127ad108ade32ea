import { signature, startFakeSlack } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createSocketIntake } from '../../../src/handlers/intake/socket.ts';
import { openWorkspace } from '../workspace.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const notice = (minute: number) => ({
  type: 'app_rate_limited',
  team_id: 'T0KTRDR',
  api_app_id: 'A0KTRDR',
  minute_rate_limited: minute,
});
const MINUTE = 1_518_467_820;
const WARNING = { level: 40, teamId: 'T0KTRDR', minute: '2018-02-12T20:37Z' };

function warningsIn(logged: readonly string[]) {
  return logged.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40);
}

describe('Slack’s notice that it dropped events', () => {
  it('is answered over HTTP, and logged once for each minute', async () => {
    const { eventsUrl, slack, logged, close } = await openWorkspace('http');
    ends.push(close);
    const statuses: number[] = [];
    for (const minute of [MINUTE, MINUTE, MINUTE + 60]) {
      const body = JSON.stringify(notice(minute));
      const headers = { 'content-type': 'application/json', ...signature(body, { secret: slack.signingSecret }) };
      statuses.push((await fetch(eventsUrl, { method: 'POST', body, headers })).status);
    }
    expect(statuses).toEqual([200, 200, 200]);
    expect(warningsIn(logged)).toMatchObject([WARNING, { ...WARNING, minute: '2018-02-12T20:38Z' }]);
  });

  it('needs a signature like everything else', async () => {
    const { eventsUrl, logged, close } = await openWorkspace('http');
    ends.push(close);
    const body = JSON.stringify(notice(MINUTE));
    const { status } = await fetch(eventsUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...signature(body, { secret: 'another' }) },
    });
    expect(status).toBe(401);
    expect(logged.filter((line) => line.includes('dropped'))).toEqual([]);
  });

  it('is acknowledged over a socket, which goes on, and logged', async () => {
    const slack = await startFakeSlack();
    ends.push(() => slack.close());
    const logged: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
    const intake = createSocketIntake(slack.appToken, slack.apiUrl, log);
    ends.push(intake.stop);
    await intake.start();
    await slack.socketConnected();
    const { client } = intake.receiver;
    const sent: string[] = [];
    const socket = client.websocket;
    if (socket === undefined) throw new Error('There is no socket.');
    const send = socket.send.bind(socket);
    socket.send = (data, callback) => {
      sent.push(String(data));
      return send(data, callback);
    };
    for (const id of ['e1', 'e2'])
      client.emit(
        'ws_message',
        JSON.stringify({ type: 'events_api', envelope_id: id, payload: notice(MINUTE) }),
        false,
      );
    await expect.poll(() => sent).toEqual(['{"envelope_id":"e1"}', '{"envelope_id":"e2"}']);
    expect(warningsIn(logged)).toMatchObject([WARNING]);
    expect(intake.connected()).toBe(true);
  });
});

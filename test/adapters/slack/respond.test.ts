import { type FakeSlack, type SlackFault as Fault, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import type { Message } from '../../../src/formatters/message.ts';
import type { Chat } from '../../../src/jobs/ports.ts';

const message: Message = {
  text: 'The training failed.',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*The training failed.*' } }],
};

let slack: FakeSlack;
let chat: Chat;

beforeEach(async () => {
  slack = await startFakeSlack();
  chat = chatOn(slack);
});
afterEach(() => slack.close());

describe('a response address', () => {
  it('reaches the asker only, also where the bot is not a member, five times', async () => {
    const { responseUrl } = await slack.as('U0ANNA').command('/ktrdr', 'help', { channel: 'C0RANDOM' });
    for (let count = 0; count < 5; count += 1) {
      expect(await chat.respond(responseUrl ?? '', message)).toEqual({ kind: 'sent', channel: '', ts: '' });
    }
    expect(await chat.respond(responseUrl ?? '', message)).toEqual({ kind: 'no-access', error: 'used_url' });
    const seen = slack.messages('C0RANDOM');
    expect(seen).toHaveLength(5);
    expect(seen[0]).toMatchObject({ text: message.text, blocks: message.blocks, ephemeralFor: 'U0ANNA' });
  });

  it('is not called outside Slack', async () => {
    for (const url of [
      'http://127.0.0.1:9/response/1',
      'https://hooks.slack.com.evil.example/x',
      'https://hooks.slack.com@evil.example/x',
      'http://hooks.slack.com/x',
      'https://evil.example/https://hooks.slack.com/',
      'file:///etc/passwd',
      'hooks.slack.com/x',
      '',
    ]) {
      expect(await chat.respond(url, message)).toEqual({ kind: 'no-access', error: 'response_url_not_from_slack' });
    }
    const ordinary = createChat({ tokenFor: async () => 'xoxb-x' });
    expect(await ordinary.respond(`${slack.url}/response/1`, message)).toMatchObject({ kind: 'no-access' });
    expect(slack.calls('response_url')).toEqual([]);
  });

  it.each<[Fault, object]>([
    [
      { kind: 'rate-limited', retryAfterS: 3 },
      { kind: 'rate-limited', retryAfterMs: 3000 },
    ],
    [{ kind: 'reset', when: 'before' }, { kind: 'uncertain' }],
    [
      { kind: 'slow', delayMs: 3000 },
      { kind: 'uncertain', reason: 'no response in time' },
    ],
    [{ kind: 'status', status: 502, when: 'before' }, { kind: 'uncertain' }],
    [error('invalid_blocks'), { kind: 'refused-content', error: 'invalid_blocks' }],
    [error('expired_url'), { kind: 'no-access', error: 'expired_url' }],
  ])('%j is %j', async (fault, outcome) => {
    const { responseUrl } = await slack.as('U0ANNA').command('/ktrdr', 'help');
    slack.fault('response_url', fault);
    const timeoutMs = fault.kind === 'slow' ? 500 : undefined;
    expect(await chatOn(slack, timeoutMs).respond(responseUrl ?? '', message)).toMatchObject(outcome);
  });
});

function chatOn({ apiUrl, team }: FakeSlack, timeoutMs?: number): Chat {
  return createChat({ apiUrl, tokenFor: async () => team.botToken, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

function error(code: string): Fault {
  return { kind: 'error', error: code };
}

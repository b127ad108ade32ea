/** Verdicts on ledgers that a local Slack wrote. */
import { type FakeSlack, type JsonObject, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Attempt, judge, type Question } from '../../chaos/judge.ts';
import { keepLedger, type Ledger } from '../../chaos/ledger.ts';
import { call } from '../local-slack/web-api.ts';

const OPERATION = 'op_training_20261123_063132_94660001';
const ANSWER = `Training \`${OPERATION}\`: failed. No worker was free.`;
const PARTS = [
  'Trace summary of the run',
  'Execution flow of the run',
  'Root cause: none registered',
  'Fix: start one',
];
const UNSURE = 'Redis is slow. If nothing appears here within a minute, try again.';
const REFUSAL = 'Couldn’t queue your request because ktrdr-bot can’t reach its queue. Try again in a minute.';
const LINK = 'The same request was made here a moment ago. The diagnosis will be in that message.';

let slack: FakeSlack;
let ledger: Ledger;
beforeEach(async () => {
  slack = await startFakeSlack();
  ledger = keepLedger(slack);
});
afterEach(async () => {
  ledger.stop();
  await slack.close();
});

async function post(text: string, more: JsonObject = {}): Promise<string> {
  const { body, error } = await call(slack, 'chat.postMessage', { channel: 'C0OPS', text, ...more });
  expect(error).toBe('');
  return String(body['ts']);
}

async function edit(ts: string, text: string): Promise<void> {
  expect((await call(slack, 'chat.update', { channel: 'C0OPS', ts, text })).error).toBe('');
}

/** As the bot answers: the placeholder, its edit, and the thread. */
async function answer(parts: readonly string[] = PARTS): Promise<string> {
  const ts = await post(`Queued: diagnosis of \`${OPERATION}\``);
  await edit(ts, `Reading traces of \`${OPERATION}\``);
  await edit(ts, ANSWER);
  for (const part of parts) await post(part, { thread_ts: ts });
  return ts;
}

/** A command without a bot to take it; what it is told is given instead. */
async function attempt(told: Attempt['told'] = 'taken', words = ''): Promise<Attempt> {
  const at = Date.now();
  const { responseUrl } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${OPERATION}`, { channel: 'C0OPS' });
  return { at, responseUrl, told, words };
}

async function respond({ responseUrl }: Attempt, text: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(responseUrl ?? '', { method: 'POST', headers, body: JSON.stringify({ text }) });
  expect(response.status).toBe(200);
}

function question(...attempts: readonly Attempt[]): Question {
  return { operationId: OPERATION, channel: 'C0OPS', userId: 'U0ANNA', attempts };
}

const verdict = (...attempts: readonly Attempt[]) => judge([question(...attempts)], ledger)[0];

describe('one result', () => {
  it('is an answer with its whole thread', async () => {
    const asked = await attempt();
    await answer();
    expect(verdict(asked)).toBe('answered');
  });

  it('is an answer to the person alone, in one message', async () => {
    const asked = await attempt();
    await respond(asked, [ANSWER, ...PARTS].join('\n'));
    expect(verdict(asked)).toBe('answered');
  });

  it('is an apology with a reference, in the channel or to the person', async () => {
    const asked = await attempt();
    const words = `Could not answer the request about \`${OPERATION}\`. Try again, or send the reference abc to your ktrdr-bot admin.`;
    await respond(asked, words);
    expect(verdict(asked)).toBe('apologised');
    const another = await attempt();
    const ts = await post(`Queued: diagnosis of \`${OPERATION}\``);
    await edit(ts, words);
    expect(verdict(another)).toBe('apologised');
  });

  it('is a refusal after which nothing comes, or Slack’s own words', async () => {
    expect(verdict(await attempt('refused', REFUSAL))).toBe('refused');
    expect(verdict(await attempt('unsure', 'dispatch_failed'))).toBe('refused');
    const toldLater = await attempt();
    await respond(toldLater, UNSURE);
    expect(verdict(toldLater)).toBe('refused');
  });

  it('may follow words that leave it open, and a refusal when asked again', async () => {
    const unsure = await attempt('unsure', UNSURE);
    const refused = await attempt('refused', REFUSAL);
    await answer();
    expect(verdict(unsure)).toBe('answered');
    expect(verdict(refused, await attempt())).toBe('answered though refused');
  });

  it('follows the second attempt when the first was refused', async () => {
    const refused = await attempt('refused', REFUSAL);
    const taken = await attempt();
    await answer();
    expect(verdict(refused, taken)).toBe('answered');
  });
});

describe('faults', () => {
  it('are a placeholder that stays, and nothing at all', async () => {
    const asked = await attempt();
    expect(verdict(asked)).toBe('lost');
    const ts = await post(`Queued: diagnosis of \`${OPERATION}\``);
    expect(verdict(asked)).toBe('stuck');
    await edit(ts, `Reading traces of \`${OPERATION}\``);
    expect(verdict(asked)).toBe('stuck');
  });

  it('are two answers, an answer beside a placeholder, and an answer to all beside one to the person', async () => {
    const asked = await attempt();
    await answer();
    const second = await post(`Queued: diagnosis of \`${OPERATION}\``);
    expect(verdict(asked)).toBe('twice');
    await edit(second, ANSWER);
    expect(verdict(asked)).toBe('twice');
    expect((await call(slack, 'chat.delete', { channel: 'C0OPS', ts: second })).error).toBe('');
    expect(verdict(asked)).toBe('answered');
    await respond(asked, [ANSWER, ...PARTS].join('\n'));
    expect(verdict(asked)).toBe('twice');
  });

  it('are a part of the thread that is missing or there twice', async () => {
    const asked = await attempt();
    const ts = await answer(PARTS.slice(0, 3));
    expect(verdict(asked)).toBe('thread incomplete');
    await post(PARTS[3] ?? '', { thread_ts: ts });
    expect(verdict(asked)).toBe('answered');
    await post(PARTS[0] ?? '', { thread_ts: ts });
    expect(verdict(asked)).toBe('twice');
  });

  it('are an answer after a refusal, in the acknowledgement or later', async () => {
    const refused = await attempt('refused', REFUSAL);
    const taken = await attempt();
    await answer();
    expect(verdict(refused)).toBe('answered though refused');
    await respond(taken, REFUSAL);
    expect(verdict(taken)).toBe('answered though refused');
  });

  it('are a link to the person’s own answer, but not for who asked twice', async () => {
    const asked = await attempt();
    await answer();
    await respond(asked, LINK);
    expect(verdict(asked)).toBe('linked to itself');
    expect(verdict(await attempt('unsure', UNSURE), asked)).not.toBe('linked to itself');
  });
});

describe('several who ask for the same', () => {
  it('get one answer and links to it', async () => {
    const [first, second, third] = [await attempt(), await attempt(), await attempt()];
    await answer();
    await respond(second, LINK);
    const ask = () => judge([question(first), question(second), question(third)], ledger);
    expect(ask()).toEqual(['answered', 'linked', 'lost']);
    await answer();
    expect(ask()).toEqual(['answered', 'twice', 'lost']);
  });
});

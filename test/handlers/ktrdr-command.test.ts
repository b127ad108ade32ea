import { afterEach, describe, expect, it } from 'vitest';
import { openWorkspace, type Workspace } from './workspace.ts';

const ID = 'op_training_20260109_060025_4183136f';
const OTHERS = ['a', 'b', 'c', 'd'].map(
  (letter) => `op_backtesting_20260109_06002${letter.charCodeAt(0) % 10}_${letter}183136f`,
);
const CHANNEL = 'C0OPS';

let workspace: Workspace | undefined;
afterEach(async () => {
  expect(workspace?.slack.warnings() ?? []).toEqual([]);
  await workspace?.close();
  workspace = undefined;
});

describe('the command', () => {
  it.each([
    ['', '/ktrdr understands: diagnose, '],
    ['help', 'watch, recent, explain, mute, status, help.'],
    ['diagnos x', 'Did you mean “/ktrdr diagnose”?'],
    ['hepl', 'Did you mean “/ktrdr help”?'],
    ['banana', 'There is no “/ktrdr banana”.'],
    ['diagnose', 'Say what to diagnose'],
    ['diagnose banana', 'no operation id'],
    ['diagnose last trainig', 'Did you mean “training”?'],
    ['<!channel> & <@U0BEN>', 'There is no'],
    ['x'.repeat(3000), 'There is no'],
  ])('%j is answered with help, and nothing is queued', async (text, words) => {
    const { slack, asked } = await open('http');
    const { error, complaints, reply } = await slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });
    expect([error, complaints]).toEqual([null, []]);
    expect(reply?.text).toContain(words);
    expect(reply?.text).not.toMatch(/<[!@#]/);
    expect(reply?.text).toContain('/ktrdr diagnose');
    expect(reply?.ephemeralFor).toBe('U0ANNA');
    expect(asked).toEqual([]);
  });

  it.each([
    [`DIAGNOSE ${ID}`, { kind: 'operation', operationId: ID }],
    [ID, { kind: 'operation', operationId: ID }],
    ['diagnose last backtest', { kind: 'last', type: 'backtesting' }],
    ['last backtest', { kind: 'last', type: 'backtesting' }],
    ['diagnose last', { kind: 'last', type: null }],
    ['help me, my training is stuck', { kind: 'last', type: 'training' }],
    ['status of my backtest?', { kind: 'last', type: 'backtesting' }],
    [`failed ${ID}?`, { kind: 'operation', operationId: ID }],
  ])('%j asks', async (text, subject) => {
    const { slack, asked } = await open('http');
    await slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });
    expect(asked.map((request) => request.subject)).toEqual([subject]);
  });

  it('takes three ids at once and names the rest', async () => {
    const { slack, asked } = await open('http');
    const { reply } = await slack
      .as('U0ANNA')
      .command('/ktrdr', `diagnose ${OTHERS.join(' ')} ${ID}`, { channel: CHANNEL });
    expect(asked.map(({ subject }) => subject)).toEqual(
      OTHERS.slice(0, 3).map((operationId) => ({ kind: 'operation', operationId })),
    );
    expect(new Set(asked.map(({ requestId }) => requestId)).size).toBe(3);
    expect(reply?.text).toContain(`ask again for “${OTHERS[3]}”, “${ID}”`);
  });

  it('is one request however often it is delivered, and another when it is given again', async () => {
    const { slack, asked } = await open('http');
    const anna = slack.as('U0ANNA');
    const { payload } = await anna.command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    const fields = Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]));
    await slack.deliver({ kind: 'command', fields });
    await anna.command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    const [first, second, third] = asked.map(({ requestId }) => requestId);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});

async function open(...args: Parameters<typeof openWorkspace>): Promise<Workspace> {
  workspace = await openWorkspace(...args);
  return workspace;
}

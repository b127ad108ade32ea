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
    ['', '/ktrdr commands: diagnose, '],
    ['?', '/ktrdr commands: diagnose, '],
    ['help', 'watch, recent, explain, mute, status, help.'],
    [':)', 'Hi. Send an operation ID'],
    ['hello', 'Hi. Send an operation ID'],
    ['diagnos x', 'Did you mean “/ktrdr diagnose”? For example: “/ktrdr diagnose last backtest”.'],
    ['hepl', 'Did you mean “/ktrdr help”?'],
    ['expl workers', 'Did you mean “/ktrdr explain”?'],
    ['serach failed', 'Did you mean “/ktrdr search”?'],
    ['version', 'Did you mean “/ktrdr status”?'],
    ['list', 'Did you mean “/ktrdr search”?'],
    ['banana', '“banana” isn’t a command. For example: “/ktrdr diagnose last training”.'],
    ['mute 0m', '“0m” is too short for a mute. Use “1m” to “30d”, for example “2h”.'],
    ['mute channel for 400d', '“400d” is too long for a mute. Use “1m” to “30d”, for example “2h”.'],
    ['diagnose', 'Enter what to diagnose'],
    ['diagnose banana', 'No operation ID'],
    ['diagnose last trainig', 'Did you mean “training”?'],
    ['<!channel> & <@U0BEN>', 'isn’t a command'],
    ['x'.repeat(3000), 'isn’t a command'],
  ])('%j is answered in words, and nothing is queued', async (text, words) => {
    const { slack, asked } = await open('http');
    const { error, complaints, reply } = await slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });
    expect([error, complaints]).toEqual([null, []]);
    expect(reply?.text).toContain(words);
    expect(reply?.text).not.toMatch(/<[!@#]/);
    expect(reply?.ephemeralFor).toBe('U0ANNA');
    expect(asked).toEqual([]);
    // Only help is longer than a line.
    const isHelp = ['', '?', 'help'].includes(text);
    expect((reply?.blocks.length ?? 0) > 1, 'more than one block').toBe(isHelp);
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

  it.each([
    [`diagnose ${ID} stuck and slow`, ['stuck', 'slow']],
    [`diagnose ${ID} slow, no workers`, ['slow', 'no-workers']],
    [`diagnose ${ID} slow slow`, 'slow'],
    [`diagnose ${ID} --slow`, 'slow'],
    ['my training is stuck and so slow', ['stuck', 'slow']],
    [ID, null],
  ])('%j asks about what people saw', async (text, symptom) => {
    const { slack, asked } = await open('http');
    await slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });
    expect(asked.map((request) => request.symptom)).toEqual([symptom]);
  });

  it.each([
    [`diagnose ${ID} --foo`, '“--foo” isn’t an option of diagnose. It takes “--private”.', 1],
    [`diagnose ${ID} \u2014foo=bar -x`, '“-foo”, “-x” aren’t options of diagnose.', 1],
    [`${ID} --foo`, '“--foo” isn’t an option of diagnose.', 1],
    ['diagnose --foo', 'isn’t an option of diagnose. It takes “--private”. Enter what to diagnose', 0],
    ['my training is stuck --verbose', '“--verbose” isn’t an option of diagnose.', 1],
    ['mute channel --force', '“--force” isn’t an option of mute. It takes none.', 0],
    ['recent --all', '“--all” isn’t an option of recent. It takes “--private”. Done.', 0],
    ['status --full', '“--full” isn’t an option of status. It takes none. Done.', 0],
    ['digest off --now', '“--now” isn’t an option of digest. It takes none.', 0],
    ['watch --help', '/ktrdr watch &lt;operation ID&gt;', 0],
  ])('%j names the option that it does not have, and answers what is clear', async (text, words, queued) => {
    const muted: unknown[] = [];
    const message = { text: 'Done.', blocks: [] };
    const keep = async () => {
      muted.push('done');
      return null;
    };
    const { slack, asked } = await open('http', {
      services: { mute: keep, digest: keep, recent: async () => message, status: async () => message },
    });
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });
    expect(reply?.text).toContain(words);
    expect([asked.length, muted]).toEqual([queued, []]);
  });

  it('is private when the option is mistyped: what is shown cannot be taken back', async () => {
    const { slack, asked } = await open('http');
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID} --privat`, { channel: CHANNEL });
    expect(asked.map(({ place }) => place.channel)).toEqual(['U0ANNA']);
  });

  it('thanks are answered in words where there is no message to react to', async () => {
    const { slack } = await open('http');
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', 'ty!', { channel: CHANNEL });
    expect([reply?.ephemeralFor, reply?.text]).toEqual(['U0ANNA', 'You’re welcome.']);
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
    expect(reply?.text).toContain(`send another request for “${OTHERS[3]}”, “${ID}”`);
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

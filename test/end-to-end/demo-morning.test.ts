/** The bad morning of the demo: the command in a process of its own, and its page's requests over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JsonObject, Message } from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { controlsOf } from './tools.ts';
import { wordsOf } from './world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PATIENCE = { timeout: 300_000, interval: 1000 };
const ME = 'U0ANNA';
const CHANNEL = 'C0OPS';

let child: ChildProcess;
let url = '';
const problems: string[] = [];

beforeAll(async () => {
  const program = ['--conditions=@ktrdr-bot/source', '--import', 'tsx', join('src', 'main.ts'), 'demo', '--port', '0'];
  const env = { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'warn' };
  child = spawn(process.execPath, program, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('It has no output.');
  createInterface({ input: stderr }).on('line', (line) => {
    if (/"level":[56]0/.test(line)) problems.push(line);
  });
  for await (const line of createInterface({ input: stdout })) {
    url = /open at (\S+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
}, 600_000);

afterAll(async () => {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  expect(problems).toEqual([]);
}, 120_000);

interface State {
  readonly messages: readonly Message[];
  readonly bot: { readonly state: string };
  readonly features: { readonly story: { readonly title: string } | null };
}

async function state(): Promise<State> {
  const response = await fetch(new URL('workspace/state', url));
  return (await response.json()) as State;
}

async function act(action: JsonObject): Promise<JsonObject> {
  const response = await fetch(new URL('workspace/act', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(action),
  });
  return (await response.json()) as JsonObject;
}

async function seen(isIt: (message: Message) => boolean): Promise<Message> {
  let found: Message | undefined;
  const look = async () => {
    found = (await state()).messages.find((message) => message.channel === CHANNEL && isIt(message));
    return found !== undefined;
  };
  await expect.poll(look, PATIENCE).toBe(true);
  return found as unknown as Message;
}

it('goes wrong, is told, and is well again after a button was pressed', async () => {
  await expect.poll(async () => (await state()).bot.state, PATIENCE).toBe('running');
  expect((await state()).features.story?.title).toBe('A bad morning');
  expect(await act({ act: 'play' })).toEqual({ channel: CHANNEL });
  expect(await act({ act: 'play' })).toEqual({ error: expect.stringContaining('already running') });

  const isAlert = ({ threadTs, ephemeralFor }: Message) => threadTs === null && ephemeralFor === null;
  const full = await seen((message) => isAlert(message) && message.text.includes('disk was full'));
  const offer = await seen(
    (message) =>
      message.ephemeralFor === ME &&
      controlsOf(message).includes('action_start_again') &&
      message.text.includes('op_training'),
  );
  expect(await act({ act: 'click', channel: CHANNEL, ts: offer.ts, id: 'action_start_again' })).toEqual({
    error: null,
  });
  const result = await seen(({ threadTs, text }) => threadTs === full.ts && text.includes('Started again'));
  expect(wordsOf(result)).toContain(ME);
  const lost = await seen((message) => isAlert(message) && message.text.includes('is lost'));
  for (const alert of [full, lost])
    await seen(({ ts, text }) => ts === alert.ts && /\*Over\* since .* has since completed/.test(text));

  const { messages } = await state();
  const alerts = messages.filter((message) => message.channel === CHANNEL && isAlert(message));
  // Those that the morning tells of, and nothing that the demo offers besides.
  expect(alerts.map(({ text }) => text)).toHaveLength(3);
  for (const message of alerts) {
    for (const [, day = '', time = ''] of message.text.matchAll(/op_[a-z_]+_(\d{8})_(\d{6})_/g)) {
      const iso = `${day}T${time}Z`.replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6');
      const newest = messages.reduce((latest, { ts }) => Math.max(latest, Number(ts)), 0);
      expect(Date.parse(iso) / 1000).toBeLessThanOrEqual(newest);
    }
  }
}, 900_000);

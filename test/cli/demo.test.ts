import { isObject } from '@ktrdr-bot/local-slack';
import { expect, it } from 'vitest';
import type { DemoBot } from '../../src/cli/demo/start-bot.ts';
import { serveDemo } from '../../src/cli/demo.ts';
import type { Io } from '../../src/cli/io.ts';
import { deferred } from '../support/deferred.ts';

interface Opened {
  /** Standard output and standard error. */
  readonly said: () => string;
  readonly botState: () => Promise<unknown>;
  readonly end: () => Promise<number>;
}

/** The command in this process, with its page open. */
async function openDemo(start: () => Promise<DemoBot>): Promise<Opened> {
  const stopping = new AbortController();
  let said = '';
  const say = (text: string) => {
    said += text;
  };
  const io: Io = {
    env: {},
    write: say,
    writeStyled: say,
    warn: say,
    stdout: { isTTY: false, columns: null },
    stderr: { isTTY: false },
    readEnvFile: () => null,
    readStdin: async () => '',
    signal: stopping.signal,
  };
  const served = serveDemo({ port: 0, startMs: Date.now(), io }, start);
  await expect.poll(() => said).toContain('open at http');
  const url = /open at (\S+)/.exec(said)?.[1];
  return {
    said: () => said,
    async botState() {
      const state: unknown = await (await fetch(`${url}workspace/state`)).json();
      return isObject(state) ? state['bot'] : undefined;
    },
    end() {
      stopping.abort();
      return served;
    },
  };
}

it('opens the page before the bot is up, and stops the bot in the end', async () => {
  const start = deferred<DemoBot>();
  const demo = await openDemo(() => start.promise);
  expect(await demo.botState()).toEqual({ state: 'starting' });
  let isStopped = false;
  start.resolve({
    port: 1,
    events: [],
    takeTrace: async () => ({ commands: [] }),
    beginMorning: () => undefined,
    async stop() {
      isStopped = true;
    },
  });
  await expect.poll(demo.said).toContain('ktrdr-bot is ready.');
  expect(await demo.botState()).toEqual({ state: 'running' });
  expect(await demo.end()).toBe(0);
  expect(isStopped).toBe(true);
});

it('says in the page and on standard error why the bot did not start', async () => {
  const demo = await openDemo(() => Promise.reject(new Error('no space left on device')));
  await expect.poll(demo.said).toContain("ktrdr-bot didn't start: Error: no space left on device");
  expect(await demo.botState()).toEqual({ state: 'failed', reason: 'no space left on device' });
  expect(await demo.end()).toBe(1);
});

/** The program as it is installed: the bundle starts, finds its files, and answers a typed command in the browser. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isBrowserMissing, startBrowser } from './local-slack/browser.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

test.skipIf(isBrowserMissing())('the built demo answers a typed command', async () => {
  expect(existsSync(MAIN), 'dist/main.js: npm ci or npm run build makes it').toBe(true);
  const demo = spawn(process.execPath, [MAIN, 'demo', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (text) => (said += text));
  try {
    await expect.poll(() => said).toMatch(/open at http:\S+/);
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(/open at (http:\S+)/.exec(said)?.[1] ?? '');
      const suggestion = page.locator('.incident', { hasText: 'A backtest that failed' });
      await suggestion.first().click();
      await page.locator('#composer').press('Enter');
      const answer = page.locator('#messages .message', { hasText: 'No data for AUDUSD 1h' });
      await answer.getByText('data load AUDUSD --timeframe 1h --mode full').waitFor({ timeout: 60_000 });
      await answer.getByRole('button', { name: /repl/ }).click();
      await page.locator('#thread .message', { hasText: 'Execution flow' }).first().waitFor({ timeout: 60_000 });
    } finally {
      await browser.close();
    }
  } finally {
    demo.kill('SIGTERM');
    const [code] = await once(demo, 'exit');
    expect(code, said).toBe(0);
  }
});

test.skipIf(!existsSync('/proc/self/cmdline'))(
  'the processes that compute get the options of Node, and end with the bot',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ktrdr-bot-built-'));
    // Nothing is posted there, and nothing may leave the machine.
    const nowhere = { SLACK_API_URL: 'http://127.0.0.1:9/api/', JAEGER_URL: 'http://127.0.0.1:9' };
    const slack = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'abc', HOST: '127.0.0.1', PORT: '0' };
    const bot = spawn(process.execPath, ['--dns-result-order=ipv6first', MAIN, 'start'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], DATA_DIR: join(folder, 'data'), ...nowhere, ...slack },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    bot.stderr.on('data', (text) => (said += text));
    try {
      await expect.poll(() => said).toContain('"msg":"started"');
      expect(commandsBelow(bot.pid)).toEqual([
        expect.stringMatching(/ --dns-result-order=ipv6first --max-old-space-size=\d+ .*computing-process[.]js/),
      ]);
    } finally {
      bot.kill('SIGTERM');
      const [code] = await once(bot, 'exit');
      rmSync(folder, { recursive: true, force: true });
      expect(code, said).toBe(0);
    }
    expect(commandsBelow(bot.pid)).toEqual([]);
  },
);

test('the programs of the benches import built files that exist', () => {
  const folder = new URL('../bench/programs/', import.meta.url);
  const imported = readdirSync(folder).flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([.][.]\/[^']*\/dist\/[^']+)'/g)].map(
      ([, path = '']) => path,
    ),
  );
  expect(imported.length).toBeGreaterThan(5);
  expect(imported.filter((path) => !existsSync(new URL(path, folder)))).toEqual([]);
});

/** The command lines of the processes that a process has started. */
function commandsBelow(parent: number | undefined): readonly string[] {
  return readdirSync('/proc').flatMap((id) => {
    try {
      const [, ppid] = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return Number(ppid) === parent ? [readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
    } catch {
      // It has ended, or is no process.
      return [];
    }
  });
}

/** `npm run answer-picture`: docs/answer.png, the answer to a recorded incident as the demo's workspace shows it. Needs `npm run build` and Chromium. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startBrowser } from '../test/local-slack/browser.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PICTURE = fileURLToPath(new URL('../docs/answer.png', import.meta.url));
/** Of the demo's suggestions, whose IDs are of the day. */
const SUGGESTION = 'A backtest that failed';

const demo = spawn(process.execPath, [MAIN, 'demo', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  await page.goto(await addressOf(createInterface(demo.stdout)));
  await page.getByText('ktrdr-bot is starting…').waitFor({ state: 'hidden', timeout: 120_000 });
  await page.locator('.incident', { hasText: SUGGESTION }).click();
  await page.locator('#composer').press('Enter');
  const answer = page.locator('#messages .message:not(.ephemeral)', { has: page.getByText('Open trace') });
  await answer.last().waitFor({ timeout: 120_000 });
  await answer.last().screenshot({ path: PICTURE });
  process.stdout.write(`Wrote ${PICTURE}, ${Math.ceil(statSync(PICTURE).size / 1000)} kB.\n`);
} finally {
  await browser.close();
  const ended = once(demo, 'exit');
  demo.kill('SIGTERM');
  await ended;
}

async function addressOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const [, address] = /open at (\S+)/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('The demo ended before it was ready.');
}

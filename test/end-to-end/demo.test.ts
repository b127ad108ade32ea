/** The demo as a visitor has it: the command in a process of its own, and a browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suggestions } from '../../src/cli/demo/suggestions.ts';
import { isBrowserMissing, startBrowser } from '../local-slack/browser.ts';
import { incidentNamed } from '../support/incident-named.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PATIENCE = { timeout: 300_000 };
const WIDE = { width: 1400, height: 900 };
const NARROW = { width: 390, height: 844 };
/** In the answer about the training run whose worker was killed. */
const STUCK = /The worker running this .* is lost/;

/** What each suggestion promises: the cause or verdict of a diagnosis, or words of another answer. */
const PROMISES: Readonly<Record<string, RegExp>> = {
  'A backtest that failed': /^data-missing\/not-cached \(certain\)/,
  'A training run that is stuck': /^worker-lost\/undetected \(likely\)/,
  'A rejected start': /^workers-unavailable\/none-capable /,
  'A download that timed out': /^ib-gateway\/unreachable /,
  'A download that failed immediately': /^service-unreachable\/ib-host /,
  'A backtest that ktrdr doesn’t know': /^database\/refused /,
  'A false alarm': /^worker-lost\/false-alarm /,
  'Cancelled without a request': /^worker-lost\/shutdown /,
  'Not stuck': /^still-running /,
  'Nothing wrong': /^healthy,/,
  'The runbook’s worked example': /^singleton-mismatch /,
  'The latest backtest': /^result-useless\/no-trades /,
  'A mistyped ID': /did you mean/i,
  'A request in plain words': /^still-running /,
  'What failed in the last day': /Failed operations, last 24 h: \d\d/,
  'A private diagnosis': /^data-missing\/not-cached \(certain\)/,
  'A pasted ID': /^ib-gateway\/unreachable /,
  'A link to a trace': /^workers-unavailable\/none-capable /,
  'Watch a running operation': /running, 4\.6%/,
  Status: /Jaeger/,
  Help: /diagnose/,
};

it('every suggestion of the demo promises something', () => {
  expect(Object.keys(PROMISES)).toEqual(suggestions([]).map(({ title }) => title));
});

describe.skipIf(isBrowserMissing())('the demo', () => {
  let child: ChildProcess;
  let url = '';
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    const program = [
      '--conditions=@ktrdr-bot/source',
      '--import',
      'tsx',
      join('src', 'main.ts'),
      'demo',
      '--port',
      '0',
    ];
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
    browser = await startBrowser();
    page = await open(WIDE, 'light');
    await page.getByText('ktrdr-bot is starting…').waitFor({ state: 'hidden', ...PATIENCE });
  }, 600_000);

  afterAll(async () => {
    await browser.close();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    expect(problems).toEqual([]);
  }, 120_000);

  async function open(viewport: typeof WIDE, colorScheme: 'light' | 'dark'): Promise<Page> {
    // Only for axe, which the page itself doesn't load.
    const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true });
    const opened = await context.newPage();
    opened.on('pageerror', (error) => problems.push(error.message));
    opened.on('request', (request) => {
      if (!request.url().startsWith(url)) problems.push(`asked for ${request.url()}`);
    });
    await opened.goto(url);
    await opened.locator('.message, .empty').first().waitFor();
    return opened;
  }

  async function press(title: string, place = page): Promise<void> {
    await place.locator('.incident', { has: place.locator('strong', { hasText: new RegExp(`^${title}$`) }) }).click();
    await place.locator('#composer').press('Enter');
  }

  /** What the rules found, as the panel beside the answer says it. */
  async function conclusionBeside(answer: Locator): Promise<string> {
    await answer.getByRole('button', { name: 'What just happened' }).click(PATIENCE);
    const rules = page.locator('#steps .part', { hasText: 'Rules' }).locator('li code').first();
    // The log of the answer comes a moment after the answer itself.
    while ((await rules.count()) === 0) {
      await page.getByRole('button', { name: 'Refresh' }).click();
      await page.waitForTimeout(200);
    }
    const said = (await rules.textContent()) ?? '';
    await page.keyboard.press('Escape');
    return said;
  }

  /** Answers of the bot in the conversation; notes for the asker alone aren't counted. */
  function answers(): Locator {
    return page.locator('#messages .message:not(.ephemeral)', {
      has: page.getByRole('button', { name: 'What just happened' }),
    });
  }

  /** Presses, and gives the next message among these. */
  async function next(title: string, among: Locator): Promise<Locator> {
    const before = await among.count();
    await press(title);
    return among.nth(before);
  }

  const inThreads: Readonly<Record<string, string>> = {
    'A pasted ID': 'the download is gone again',
    'A link to a trace': 'jaeger.example.com/trace',
    'A request in plain words': 'my training is stuck',
  };
  const direct = 'A private diagnosis';

  it.each(Object.entries(PROMISES).filter(([title]) => inThreads[title] === undefined && title !== direct))(
    'shows what “%s” promises',
    async (title, promise) => {
      if (promise.source.startsWith('^')) {
        expect(await conclusionBeside(await next(title, answers()))).toMatch(promise);
      } else {
        const answer = await next(title, page.locator('#messages .message', { hasText: promise }));
        await answer.waitFor(PATIENCE);
      }
    },
    400_000,
  );

  it.each(Object.entries(inThreads))(
    'answers “%s” in its thread',
    async (title, words) => {
      const question = await next(title, page.locator('#messages .message', { hasText: words }));
      await question.getByRole('button', { name: /^\d+ repl/ }).click(PATIENCE);
      expect(await conclusionBeside(page.locator('#thread .message').nth(1))).toMatch(PROMISES[title] ?? /never/);
    },
    400_000,
  );

  it('answers you alone in a direct message', async () => {
    await press(direct);
    await page.locator('#directs .unread').waitFor(PATIENCE);
    await page.locator('#directs button').click();
    expect(await conclusionBeside(answers().first())).toMatch(PROMISES[direct] ?? /never/);
    await page.locator('#channels button', { hasText: 'ktrdr-ops' }).click();
  }, 400_000);

  it('has one clock: what it answers about what runs is of now', async () => {
    // Asked for above; who asks again is pointed to the same message.
    const answer = answers().filter({ hasText: STUCK }).last();
    await answer.getByText(/nothing has run for 2 min \d+ s/).waitFor(PATIENCE);
    const said = (await answer
      .locator('time')
      .evaluateAll((times) => times.map((time) => time.getAttribute('datetime')))) as string[];
    const [posted = Number.NaN, ...named] = said.map((time) => Date.parse(time));
    expect(named.length).toBeGreaterThan(2);
    // From its start, three minutes ago, until ktrdr notices, in four.
    for (const time of named) expect(Math.abs(time - posted)).toBeLessThan(10 * 60_000);
    expect(await answer.textContent()).toMatch(/ktrdr should notice/);
    expect(Math.max(...named)).toBeGreaterThan(posted);
  }, 400_000);

  describe('a trace of one’s own', () => {
    const trace = (name: string, file: string) => readFileSync(join(incidentNamed(name).dir, file));

    async function give(name: string, content: Buffer): Promise<void> {
      await page.locator('details.trace summary').click();
      await page.locator('#trace-file').setInputFiles({ name, mimeType: 'application/json', buffer: content });
    }

    async function reopen(): Promise<void> {
      await page.reload();
      await page.locator('.incident').first().waitFor(PATIENCE);
    }

    it.each([
      ['Jaeger JSON', 'given.json', trace('05a-', 'legacy.json'), /^invalid-input\/model-not-found /],
      ['OTLP as gzip', 'given.json.gz', gzipSync(trace('07f-', 'v3.json')), /^data-missing\/insufficient /],
    ] as const)(
      'is diagnosed through the whole path: %s',
      async (_kind, name, content, cause) => {
        await reopen();
        await give(name, content);
        await page.getByText(`${name} is in the recorded Jaeger. Press Enter to ask about it.`).waitFor(PATIENCE);
        const before = await answers().count();
        await page.locator('#composer').press('Enter');
        expect(await conclusionBeside(answers().nth(before))).toMatch(cause);
        const steps = await stepsOf(answers().nth(before));
        expect(steps).toContain('Jaeger');
        expect(steps).not.toContain('ktrdr');
      },
      400_000,
    );

    async function stepsOf(answer: Locator): Promise<readonly (string | null)[]> {
      await answer.getByRole('button', { name: 'What just happened' }).click();
      await page.locator('#steps .part').first().waitFor();
      const parts = await page.locator('#steps .part summary strong').allTextContents();
      await page.keyboard.press('Escape');
      return parts;
    }

    it('can be dropped anywhere and pasted, and what is wrong is a sentence', async () => {
      await reopen();
      await page.evaluate(dropping('notes.txt', 'no trace at all'));
      await page.getByText('notes.txt: This isn’t a trace: it looks like plain text.').waitFor(PATIENCE);
      await page.evaluate(pasting('<html>'));
      await page.getByText('The pasted text: This isn’t a trace: it looks like a web page').waitFor(PATIENCE);
      await page.evaluate(droppingFile('large.json', 'new Uint8Array(21 * 1024 * 1024)'));
      await page.getByText('large.json is larger than 20 MB.').waitFor(PATIENCE);
      const direct = await fetch(`${url}workspace/trace`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Uint8Array(21 * 1024 * 1024),
      });
      expect([direct.status, await direct.json()]).toEqual([413, { sentence: 'The file is larger than 20 MB.' }]);
    }, 120_000);

    it('may have a hostile name and hostile contents', async () => {
      await reopen();
      const name = '<img src=x onerror="document.title=\'broken\'">.json';
      const hostile = trace('06a-', 'v3.json').toString().replaceAll('backtest.data_loading', '<b onclick=x>&amp;*x*');
      await page.evaluate(dropping(name, hostile));
      await page.getByText(`${name} is in the recorded Jaeger.`).waitFor(PATIENCE);
      const before = await answers().count();
      await page.locator('#composer').press('Enter');
      expect(await conclusionBeside(answers().nth(before))).toMatch(/^data-missing/);
      expect(await page.title()).not.toBe('broken');
      expect(await page.locator('b, img[src="x"], [onclick], [onerror]').count()).toBe(0);
    }, 400_000);
  });

  describe.each([
    ['wide', WIDE],
    ['narrow', NARROW],
  ] as const)('on a %s window', (size, viewport) => {
    it.each(['light', 'dark'] as const)(
      'has no violation that axe knows, in the %s theme',
      async (theme) => {
        const opened = await open(viewport, theme);
        const isClean = async (what: string) => {
          await opened.evaluate(`${axe.source};0`);
          const found: unknown = await opened.evaluate(
            'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes.map(({ target }) => target).join(" ")))',
          );
          expect(found, what).toEqual([]);
        };
        await isClean('conversation');
        if (size === 'narrow') await opened.getByRole('button', { name: 'Try these' }).click();
        await opened.locator('details.trace summary').click();
        await isClean('suggestions');
        if (size === 'narrow') await opened.locator('#side-close').click();
        const answer = opened.locator('#messages .message', { hasText: STUCK }).last();
        await answer.getByRole('button', { name: 'What just happened' }).click();
        for (const part of await opened.locator('#steps summary').all()) await part.press('Enter');
        await isClean('steps');
        await opened.locator('#side-close').click();
        await answer.getByRole('button', { name: /repl/ }).click();
        await isClean('thread');
        await opened.locator('#side-close').click();
        await opened.locator('#directs button').click();
        await opened.getByRole('tab', { name: 'Home' }).click();
        await opened.locator('#home .block').first().waitFor(PATIENCE);
        await isClean('Home');
        await opened.context().close();
      },
      400_000,
    );
  });

  it('shows the names of channels and the whole placeholder on a narrow window', async () => {
    const opened = await open(NARROW, 'light');
    const isFit = 'document.documentElement.scrollWidth <= innerWidth';
    expect(await opened.evaluate(isFit)).toBe(true);
    const names = await opened.locator('.sidebar nav button .label').all();
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      await name.scrollIntoViewIfNeeded();
      const box = (await name.boundingBox()) ?? expect.fail('It is not shown.');
      expect(box.width).toBeGreaterThan(20);
      expect(box.x >= 0 && box.x + box.width <= NARROW.width).toBe(true);
    }
    const placeholder = `(() => {
      const box = document.querySelector('#composer');
      const style = getComputedStyle(box);
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = style.font;
      return pen.measureText(box.placeholder).width + parseFloat(style.paddingLeft) + parseFloat(style.paddingRight) <= box.clientWidth;
    })()`;
    expect(await opened.evaluate(placeholder)).toBe(true);
    await opened.context().close();
  });

  it('opens “What just happened” by keyboard, and closes it', async () => {
    const answer = page.locator('#messages .message', { hasText: STUCK }).last();
    await answer.getByRole('button', { name: 'What just happened' }).focus();
    await page.keyboard.press('Enter');
    const jaeger = page.locator('#steps .part', { hasText: /^Jaeger/ });
    await jaeger.locator('summary').focus();
    expect(await jaeger.locator('li').first().isVisible()).toBe(false);
    await page.keyboard.press('Enter');
    expect(await jaeger.locator('li').first().isVisible()).toBe(true);
    expect(await page.locator('#steps .part summary strong').allTextContents()).toEqual([
      'Handler',
      'Queue',
      'Jaeger',
      'ktrdr',
      'Rules',
      'Slack',
      'Log',
    ]);
    await page.keyboard.press('Escape');
    await page.locator('#incidents').waitFor();
  });
});

function dropping(name: string, content: string): string {
  return droppingFile(name, JSON.stringify(content));
}

/** `content` is an expression. */
function droppingFile(name: string, content: string): string {
  return `(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([${content}], ${JSON.stringify(name)}));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  })()`;
}

function pasting(text: string): string {
  return `(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', ${JSON.stringify(text)});
    document.querySelector('#trace-text').dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  })()`;
}

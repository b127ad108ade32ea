/** The report in a real browser: what it shows, by mouse and by keyboard, in both themes, whatever the spans contain. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Case } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { micros, type Span } from '../../../src/diagnosis/trace.ts';
import { traceViewOf } from '../../../src/diagnosis/trace-view.ts';
import { formatHtml } from '../../../src/formatters/html/page.ts';
import { isBrowserMissing, startBrowser } from '../../local-slack/browser.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import { caseOf } from '../../support/incidents.ts';
import { SECRETS, TRICKS } from '../hostile.ts';

const NO_DATA = caseOf(incidentNamed('06a-'), 'v3', { api: true });
const KILLED = caseOf(incidentNamed('10a-'), 'v3', { api: true });

describe.skipIf(isBrowserMissing())('a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ktrdr-report-'));
  let browser: Browser;
  let page: Page;
  /** Errors, refused requests, and dialogs. */
  let incidents: string[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    await page.context().close();
    expect(incidents).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(kase: Case, options: BrowserContextOptions = {}): Promise<void> {
    const diagnosis = diagnose(kase, { deployment: 'local', apiUrl: null });
    const path = join(folder, 'report.html');
    writeFileSync(path, formatHtml(diagnosis, { now: kase.now, view: traceViewOf(kase, new Set()) }));
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    page = await context.newPage();
    incidents = [];
    page.on('pageerror', (error) => incidents.push(error.message));
    page.on('console', (message) => incidents.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) incidents.push(request.url());
    });
    page.on('dialog', async (dialog) => {
      incidents.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    await page.goto(pathToFileURL(path).href);
  }

  const item = (name: string | RegExp) => page.getByRole('treeitem', { name });
  const details = () => page.getByRole('region', { name: 'Span details' });
  const attribute = (name: string) => page.evaluate<string | null>(`document.activeElement.getAttribute('${name}')`);
  /** The span with the focus. */
  const focused = () =>
    page.evaluate<string>(
      "document.activeElement.matches('[role=treeitem]') ? document.activeElement.querySelector('.title').textContent : ''",
    );
  /** The rows that a reader sees, from the first to the last, and whether the one with the focus is among them. */
  const seen = () =>
    page.evaluate<{ readonly rows: number; readonly hole: number; readonly hasFocus: boolean }>(`(() => {
      const box = document.querySelector('.scroller').getBoundingClientRect();
      const top = document.querySelector('.axis').getBoundingClientRect().bottom;
      const inside = [...document.querySelectorAll('.row')].filter((row) => {
        const { y, bottom } = row.getBoundingClientRect();
        return bottom > top + 1 && y < box.bottom - 1;
      });
      const last = inside.at(-1)?.getBoundingClientRect().bottom ?? top;
      const first = inside[0]?.getBoundingClientRect().y ?? box.bottom;
      const hole = Math.max(0, first - top) + Math.max(0, box.bottom - last);
      return { rows: inside.length, hole, hasFocus: inside.includes(document.activeElement) };
    })()`);
  const found = () => page.getByRole('status').textContent();

  it('begins with the answer', async () => {
    await open(NO_DATA);
    expect(await page.locator('main > :first-child').textContent()).toContain('No data for AUDUSD 1h');
    const commands = await page.locator('pre.command').allTextContents();
    expect(commands[0]).toBe('ktrdr data load AUDUSD --timeframe 1h --mode full');
    expect(new Set(commands).size).toBe(commands.length);
  });

  it('leads from a piece of evidence to its span, opened and with the focus', async () => {
    await open(NO_DATA);
    await page.getByRole('button', { name: 'Collapse all' }).click();
    expect(await item(/^backtest\.data_loading/).count()).toBe(0);
    const links = page.getByRole('link', { name: 'show span' });
    await links.last().click();
    await expect.poll(focused).toBe('backtest.data_loading');
    expect(await details().textContent()).toMatch(/Evidence.*Attributes.*data\.symbolAUDUSD.*exception/s);
    expect(await seen()).toMatchObject({ hasFocus: true });
    // Once more, from elsewhere.
    await page.getByRole('button', { name: 'Collapse all' }).click();
    await links.last().click();
    await expect.poll(focused).toBe('backtest.data_loading');
  });

  it('marks the critical path, failed spans, and the time without spans, in words too', async () => {
    await open(KILLED);
    expect(await item(/critical path/).count()).toBeGreaterThan(3);
    expect(await item(/^No spans for 2 min 3\d s.*a time without spans/).count()).toBe(1);
    await open(NO_DATA);
    expect(await item(/failed/).count()).toBe(2);
    expect(await item(/^backtest\.data_loading .* failed, here it went wrong/).count()).toBe(1);
  });

  it('finds spans by name, service, attribute, and error', async () => {
    await open(NO_DATA);
    const all = (await found())?.match(/\d+/)?.[0];
    for (const [text, matches] of [
      ['DATA_LOADING', 1],
      ['data.symbol=audusd', 2],
      ['data.symbol=eurusd', 0],
      ['nowhere', 0],
    ] as const) {
      await page.getByLabel('Search').fill(text);
      await expect.poll(found).toBe(`${matches} of ${all} spans`);
      expect(await page.locator('.row.found').count()).toBe(matches);
    }
    await page.getByLabel('Search').fill('');
    await page.getByLabel('Failed only').check();
    await expect.poll(found).toBe(`2 of ${all} spans`);
    await page.getByLabel('Failed only').uncheck();
    await expect.poll(found).toBe(`${all} spans`);
  });

  it('is used by keyboard alone, as a tree is', async () => {
    await open(NO_DATA);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the spans');
    await page.keyboard.press('Enter');
    for (let i = 0; i < 6 && !(await focused()).startsWith('POST /api'); i += 1) await page.keyboard.press('Tab');
    const root = await focused();
    expect(root).toContain('/backtests/start');
    const expanded = () => attribute('aria-expanded');
    await page.keyboard.press('ArrowLeft');
    expect(await expanded()).toBe('false');
    expect(await page.getByRole('treeitem').count()).toBe(1);
    await page.keyboard.press('ArrowRight');
    expect(await expanded()).toBe('true');
    await page.keyboard.press('ArrowRight');
    const child = await focused();
    expect(child).not.toBe(root);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe(child);
    await page.keyboard.press('ArrowLeft');
    expect(await focused()).toBe(root);
    await page.keyboard.press('End');
    const last = await focused();
    await page.keyboard.press('Home');
    expect(await focused()).toBe(root);
    expect(last).not.toBe(root);
    await page.keyboard.type('backtest.d');
    expect(await focused()).toBe('backtest.data_loading');
    await page.keyboard.press('Enter');
    expect(await details().isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await details().isVisible()).toBe(false);
    expect(await focused()).toBe('backtest.data_loading');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('*');
    expect(await page.getByRole('treeitem', { expanded: false }).count()).toBe(0);
    expect(await page.locator('[role=treeitem][tabindex="0"]').count()).toBe(1);
  });

  it('shows what spans contain as text, without secrets, and runs nothing of it', async () => {
    const hostile = TRICKS.filter((text) => text !== '' && text.length < 1000);
    const script = '</script><script>alert(1)</script><!--<script>';
    const changed = (span: Span, i: number): Span => ({
      ...span,
      name: i === 0 ? script : span.name,
      attributes: {
        ...span.attributes,
        'html.value': `<img src=x onerror=alert(2)>${hostile[i % hostile.length]}`,
        [script]: 'javascript:alert(3)',
        'db.password': 'correct-horse-battery',
      },
      events: [...span.events, { name: script, time: span.start, attributes: { token: script, all: hostile } }],
      resource: { ...span.resource, 'host.name': '"><svg onload=alert(4)>' },
    });
    const traces = NO_DATA.traces.map((trace) => ({ ...trace, spans: trace.spans.map(changed), warnings: [script] }));
    await open({ ...NO_DATA, traces });
    const rows = await page.getByRole('treeitem').all();
    expect(rows.length).toBe(traces.flatMap(({ spans }) => spans).length);
    let shown = '';
    for (const row of rows) {
      await row.click();
      shown += await details().textContent();
    }
    expect(await item(script).count()).toBe(1);
    expect(shown).toContain('<img src=x onerror=alert(2)>');
    expect(shown).toContain('"><svg onload=alert(4)>');
    expect(await page.locator('img, svg, iframe, [onerror], [onload]').count()).toBe(0);
    const source = await page.content();
    for (const secret of [...SECRETS, 'correct-horse-battery']) {
      expect(shown).not.toContain(secret);
      expect(source).not.toContain(secret);
    }
  });

  it('stays quick with ten thousand spans, of which few are drawn', async () => {
    const [trace] = NO_DATA.traces;
    const first = trace?.spans[0];
    if (trace === undefined || first === undefined) throw new Error('The incident has no span.');
    const more = Array.from({ length: 10_000 }, (_, i): Span => {
      const spanId = `eeee${i.toString(16).padStart(12, '0')}`;
      return {
        ...first,
        spanId,
        parentId: first.spanId,
        name: `work ${i}`,
        start: micros(first.start + i),
        events: [],
      };
    });
    await open({ ...NO_DATA, traces: [{ ...trace, spans: [...trace.spans, ...more] }] });
    await page.getByRole('button', { name: 'Expand all' }).click();
    expect(await page.getByRole('treeitem').count()).toBeLessThan(100);
    await page.locator('[role=treeitem][tabindex="0"]').focus();
    await page.keyboard.press('End');
    await expect.poll(focused).not.toBe('');
    const position = await attribute('aria-posinset');
    expect(Number(position)).toBeGreaterThan(10_000);
    expect(await seen()).toMatchObject({ hole: expect.closeTo(0, -1), hasFocus: true });
    for (const key of ['PageUp', 'PageUp', 'ArrowUp', 'Home', 'PageDown', 'ArrowDown']) {
      await page.keyboard.press(key);
      expect([key, await seen()]).toMatchObject([key, { hole: expect.closeTo(0, -1), hasFocus: true }]);
    }
    for (const share of [0.3, 0.99, 0.5]) {
      await page.locator('.scroller').evaluate((box, at) => box.scrollTo(0, at * box.scrollHeight), share);
      await expect.poll(async () => (await seen()).hole).toBeLessThan(5);
    }
    await page.keyboard.press('End');
    // The row with the focus stays an element while another part is in view.
    await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo(0, 0));
    await expect.poll(() => item(/^POST \/api/).count()).toBeGreaterThan(0);
    expect(await focused()).not.toBe('');
    await page.getByLabel('Search').fill('work 9876');
    await page.getByLabel('Search').press('Enter');
    expect(await focused()).toBe('work 9876');
  });

  it('is text without scripts, and all rows on paper', async () => {
    await open(NO_DATA, { javaScriptEnabled: false });
    expect(await page.locator('noscript').textContent()).toContain('backtest.data_loading');
    await open(NO_DATA);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.tools').isVisible()).toBe(false);
    const rows = await page.getByRole('treeitem').all();
    const heights = await Promise.all(rows.map(async (row) => (await row.boundingBox())?.y ?? 0));
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
    expect(new Set(heights).size).toBe(rows.length);
  });

  describe.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('in the %s theme, %d pixels wide', (colorScheme, width) => {
    it.each(['system', 'chosen'])('has no violation that axe finds (theme: %s)', async (theme) => {
      const system = theme === 'system' ? colorScheme : colorScheme === 'dark' ? 'light' : 'dark';
      await open(KILLED, { colorScheme: system, viewport: { width, height: 800 } });
      const toggle = page.getByRole('button', { name: /theme$/ });
      if (theme === 'chosen') await toggle.click();
      expect(await toggle.textContent()).toBe(colorScheme === 'dark' ? 'Light theme' : 'Dark theme');
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(colorScheme === 'dark' ? 'rgb(26, 29, 33)' : 'rgb(255, 255, 255)');
      await page.getByLabel('Search').fill('training');
      await expect.poll(found).toContain(' of ');
      await page.getByRole('treeitem').nth(1).click();
      // What is wider scrolls within itself.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      // The policy of the page lets a tester in, and nothing else.
      const results = await page.evaluate(`(() => { ${axe.source}; return axe.run(); })()`);
      const { violations } = results as {
        readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
      };
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)])).toEqual([]);
    });
  });
});

it('has a policy that lets only its own style and script in', () => {
  const diagnosis = diagnose(NO_DATA, { deployment: 'local', apiUrl: null });
  const page = formatHtml(diagnosis, { now: NO_DATA.now, view: traceViewOf(NO_DATA, new Set()) });
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '';
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']{44}'; script-src 'sha256-[^']{44}'; base-uri 'none'; form-action 'none'$/,
  );
  expect(page.match(/<script[ >]/g)).toHaveLength(2);
  const markup = page.slice(0, page.indexOf('<script'));
  expect(/<link|<img|@import|url\(|\ssrc=|\son\w+=|\sstyle=/.exec(markup)).toBeNull();
});

import { get } from 'node:http';
import { startWorkspace, type Workspace } from '@ktrdr-bot/local-slack';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deferred } from '../support/deferred.ts';
import { startHttpBot, type TestBot } from './bolt-app.ts';
import { isBrowserMissing, startBrowser } from './browser.ts';
import { call } from './web-api.ts';

const HOSTILE = '<img src=x onerror="document.title=\'broken\'"> *b* `c` </script> & <https://evil.example|trust me>';

/** A PNG of one pixel. */
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

async function openWorkspace(): Promise<Workspace> {
  return startWorkspace({
    port: 0,
    commands: [
      {
        command: '/ktrdr',
        about: 'Diagnose operations',
        usages: [{ text: 'diagnose <op-id>', about: 'why it failed' }],
      },
    ],
    shortcuts: [{ type: 'global', callbackId: 'open_form', name: 'Diagnose an operation' }],
    incidents: [{ title: 'No worker', command: '/ktrdr diagnose op-7', about: 'A training was refused.' }],
  });
}

describe('the local workspace', () => {
  it('serves the page and nothing else from the disk', async () => {
    const workspace = await openWorkspace();
    const statusOf = async (path: string) => (await fetch(new URL(path, workspace.url))).status;
    expect(await statusOf('/')).toBe(200);
    expect(await statusOf('/main.js')).toBe(200);
    expect(await statusOf('/..%2fworkspace.ts')).toBe(404);
    expect(await statusOf('/%2e%2e/workspace.ts')).toBe(404);
    const page = await fetch(workspace.url);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).not.toMatch(/https?:\/\//);
    await workspace.close();
  });

  it('takes wishes from its own page only, and says what is wrong with them', async () => {
    const workspace = await openWorkspace();
    const wish = (type: string, body: string) =>
      fetch(`${workspace.url}workspace/act`, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await wish('text/plain', '{"act":"say"}')).status).toBe(400);
    const odd = await wish('application/json', '{"act":"dance"}');
    expect([odd.status, await odd.json()]).toEqual([422, { error: 'The page cannot ask for "dance".' }]);
    await workspace.close();
  });

  it('answers under names of this machine only, so that no page elsewhere can read it', async () => {
    const workspace = await openWorkspace();
    const { port } = new URL(workspace.url);
    const statusFor = (host: string, path: string) =>
      new Promise((resolve, reject) => {
        const request = get({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject);
      });
    for (const path of ['/', '/workspace/state', '/workspace/events', '/api/auth.test']) {
      expect(await statusFor('attacker.example', path)).toBe(403);
      expect(await statusFor(`localhost.attacker.example:${port}`, path)).toBe(403);
    }
    for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect(await statusFor(host, '/workspace/state')).toBe(200);
    }
    await workspace.close();
  });

  it('shows a person only what that person may see', async () => {
    const workspace = await openWorkspace();
    const { slack } = workspace;
    await call(slack, 'chat.postEphemeral', { channel: 'C0OPS', user: 'U0BEN', text: 'for Ben' });
    await call(slack, 'chat.postEphemeral', { channel: 'C0OPS', user: 'U0ANNA', text: 'for Anna' });
    const state = await (await fetch(`${workspace.url}workspace/state`)).text();
    expect(state).toContain('for Anna');
    expect(state).not.toContain('for Ben');
    expect(state).not.toContain(slack.team.botToken);
    await workspace.close();
  });
});

describe('the start of the bot', () => {
  const stateOf = async (workspace: Workspace) => (await fetch(`${workspace.url}workspace/state`)).json();
  const say = (workspace: Workspace, text: string) =>
    fetch(`${workspace.url}workspace/act`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ act: 'say', channel: 'C0OPS', text }),
    });

  it('is waited for by what people do meanwhile', async () => {
    const workspace = await openWorkspace();
    expect(await stateOf(workspace)).toMatchObject({ bot: { state: 'running' } });
    const start = deferred<void>();
    workspace.followStart(start.promise);
    expect(await stateOf(workspace)).toMatchObject({ bot: { state: 'starting' } });
    const said = say(workspace, 'early');
    expect(await stateOf(workspace)).toMatchObject({ messages: [] });
    start.resolve(undefined);
    expect((await said).status).toBe(200);
    expect(await stateOf(workspace)).toMatchObject({ bot: { state: 'running' }, messages: [{ text: 'early' }] });
    await workspace.close();
  });

  it('is told with its reason when it failed', async () => {
    const workspace = await openWorkspace();
    workspace.followStart(Promise.reject(new Error('no space left on device')));
    const answer = await say(workspace, 'early');
    expect([answer.status, await answer.json()]).toEqual([
      422,
      { error: 'The bot did not start: no space left on device' },
    ]);
    expect(await stateOf(workspace)).toMatchObject({ bot: { state: 'failed', reason: 'no space left on device' } });
    await workspace.close();
  });

  it.skipIf(isBrowserMissing())('is shown in the page', async () => {
    const workspace = await openWorkspace();
    const browser = await startBrowser();
    try {
      const start = deferred<void>();
      workspace.followStart(start.promise);
      const page = await browser.newPage();
      await page.goto(workspace.url);
      await page.getByText('ktrdr-bot is starting…').waitFor();
      await page.locator('#composer').fill('sent while it starts');
      await page.locator('#composer').press('Enter');
      start.resolve(undefined);
      await page.getByText('ktrdr-bot is starting…').waitFor({ state: 'hidden' });
      await page.locator('#messages .message', { hasText: 'sent while it starts' }).waitFor();
      workspace.followStart(Promise.reject(new Error('no space left on device')));
      await page.getByText('ktrdr-bot didn’t start: no space left on device').waitFor();
      await page.reload();
      await page.getByText('ktrdr-bot didn’t start: no space left on device').waitFor();
    } finally {
      await browser.close();
      await workspace.close();
    }
  });
});

describe.skipIf(isBrowserMissing())('the page of the workspace', () => {
  let browser: Browser;
  let workspace: Workspace;
  let bot: TestBot;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    workspace = await openWorkspace();
    bot = await startHttpBot(workspace.slack);
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(workspace.url)) problems.push(`asked for ${request.url()}`);
    });
    await page.goto(workspace.url);
  });

  afterAll(async () => {
    await browser.close();
    await bot.stop();
    await workspace.close();
    expect(problems).toEqual([]);
  });

  it('sends a typed command and shows the answer, edited in place, with its thread', async () => {
    await page.locator('#composer').fill('/ktrdr diagnose op-1');
    await page.locator('#composer').press('Enter');
    const answer = page.locator('#messages .message', { hasText: 'Answer' });
    await answer.getByText('(edited)').waitFor();
    expect(await answer.locator('strong', { hasText: 'Answer' }).count()).toBe(1);
    await answer.getByRole('button', { name: '1 reply' }).click();
    await page.locator('#thread .message', { hasText: 'Details' }).waitFor();
    await answer.getByRole('button', { name: 'Again' }).click();
    await page.locator('#messages .message', { hasText: 'Answer, again' }).waitFor();
    expect(bot.actions).toEqual(['op-1']);
    await page.keyboard.press('Escape');
  });

  it('completes commands by keyboard and puts an incident into the message box', async () => {
    const composer = page.locator('#composer');
    await composer.fill('/kt');
    await composer.press('ArrowDown');
    await composer.press('Tab');
    expect(await composer.inputValue()).toBe('/ktrdr diagnose <op-id>');
    await page.getByRole('button', { name: 'No worker' }).click();
    expect(await composer.inputValue()).toBe('/ktrdr diagnose op-7');
    await composer.fill('/unknown');
    await composer.press('Enter');
    await page.getByText('/unknown is not a valid command.').waitFor();
    await composer.fill('');
  });

  it('shows an answer to the asker as visible to nobody else', async () => {
    await page.locator('#composer').fill('/ktrdr help');
    await page.locator('#composer').press('Enter');
    const answer = page.locator('.message.ephemeral', { hasText: 'Usage:' });
    await answer.getByText('Only visible to you').waitFor();
    expect(await answer.locator('code').textContent()).toBe('/ktrdr diagnose <id>');
  });

  it('fills in a form, with the complaint at its field', async () => {
    await page.getByRole('button', { name: 'Diagnose an operation' }).click();
    await page.getByLabel('Operation id').fill('nonsense');
    await page.getByRole('button', { name: 'Go' }).click();
    await page.getByText('Not an id.').waitFor();
    await page.getByLabel('Operation id').fill('op_9');
    await page.getByRole('button', { name: 'Go' }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(bot.actions).toContain('op_9');
  });

  it('shows text from anywhere as text', async () => {
    const escaped = HOSTILE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const literal = { type: 'rich_text_preformatted', elements: [{ type: 'text', text: HOSTILE }] };
    const blocks = [
      { type: 'section', text: { type: 'mrkdwn', text: `mrkdwn: ${escaped}` } },
      { type: 'section', text: { type: 'plain_text', text: HOSTILE } },
      { type: 'rich_text', elements: [literal] },
    ];
    await call(workspace.slack, 'chat.postMessage', { channel: 'C0OPS', text: 'hostile', blocks });
    const message = page.locator('#messages .message', { hasText: 'mrkdwn:' });
    await message.waitFor();
    expect(await message.locator('img, script').count()).toBe(0);
    expect(await message.locator('a').count()).toBe(0);
    expect(await message.locator('pre').textContent()).toBe(HOSTILE);
    expect(await message.locator('.block').nth(1).textContent()).toBe(HOSTILE);
    expect(await page.title()).not.toBe('broken');
  });

  it('shows a picture that the bot uploaded, with its description', async () => {
    const { slack } = workspace;
    const args = { filename: 'dot.png', length: String(DOT.length) };
    const { body } = await call(slack, 'files.getUploadURLExternal', args);
    await fetch(String(body['upload_url']), { method: 'POST', body: DOT });
    const id = String(body['file_id']);
    await call(slack, 'files.completeUploadExternal', { files: [{ id }] });
    const blocks = [{ type: 'image', alt_text: 'One black dot.', slack_file: { id } }];
    await call(slack, 'chat.postMessage', { channel: 'C0OPS', text: 'A picture', blocks });
    await page.getByAltText('One black dot.').waitFor();
    const width = 'document.querySelector("img[alt=\'One black dot.\']").naturalWidth';
    await expect.poll(() => page.evaluate(width)).toBe(1);
  });

  it('reads the markup of Slack, with dates in the zone of the reader', async () => {
    const tokyo = await browser.newPage({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
    await tokyo.goto(workspace.url);
    const text =
      '*bold* _it_ ~no~ `a_b` <https://jaeger.example/?a=1&amp;b=2|trace> <@U0BEN> <!date^1767938400^{date_num} {time}|then>\n&gt; quoted';
    await call(workspace.slack, 'chat.postMessage', { channel: 'C0OPS', text });
    const message = tokyo.locator('#messages .message', { hasText: 'quoted' });
    await message.waitFor();
    expect(await message.locator('.body strong').textContent()).toBe('bold');
    expect(await message.locator('.body em').textContent()).toBe('it');
    expect(await message.locator('.body del').textContent()).toBe('no');
    expect(await message.locator('.body code').textContent()).toBe('a_b');
    expect(await message.locator('.body a').getAttribute('href')).toBe('https://jaeger.example/?a=1&b=2');
    expect(await message.locator('.mention').textContent()).toBe('@ben');
    expect(await message.locator('.body time').textContent()).toBe('09/01/2026 15:00');
    expect(await message.locator('blockquote').textContent()).toBe('quoted');
    await tokyo.close();
  });

  it('changes between light and dark, and remembers it', async () => {
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const before = await ground();
    await page.locator('#theme').click();
    expect(await ground()).not.toBe(before);
    await page.reload();
    await page.locator('.message').first().waitFor();
    expect(await ground()).not.toBe(before);
  });

  it('follows a permalink into the thread', async () => {
    const answer = await workspace.slack.waitForMessage((message) => message.text === 'Answer, again');
    const link = await call(workspace.slack, 'chat.getPermalink', { channel: 'C0OPS', message_ts: answer.ts });
    await page.goto(String(link.body['permalink']));
    await page.locator('#thread .message', { hasText: 'Details' }).waitFor();
  });
});

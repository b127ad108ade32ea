import { createServer, type Server } from 'node:http';
import type { Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { JAEGER, latest, lintedProblems, repliesOf, replyIn, toldTo } from './tools.ts';
import { isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';

describe.skipIf(isWithoutRedis())('a watch', () => {
  let world: World;
  let ktrdr: Server;
  let url: string;
  /** What ktrdr says of every running operation. */
  let hasEnded = false;
  const { operationId } = incidentNamed('21a');
  beforeAll(async () => {
    world = await openWorld({}, ['21a']);
    ktrdr = createServer(async (request, response) => {
      const answer = await fetch(new URL(request.url ?? '/', world.ktrdr.url));
      const body = await answer.text();
      const now = hasEnded ? body.replaceAll(/"status":\s*"running"/gi, '"status": "completed"') : body;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(now);
    });
    await new Promise<void>((resolve) => ktrdr.listen(0, '127.0.0.1', resolve));
    const address = ktrdr.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(async () => {
    ktrdr.closeAllConnections();
    ktrdr.close();
    await world.close();
  });
  afterEach(() => {
    hasEnded = false;
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  function watching(channel: string): Promise<Message> {
    return world.slack.waitForMessage(
      (message) => message.channel === channel && message.threadTs === null && /^Watching .*running/.test(message.text),
    );
  }

  it('edits its message while the operation runs, survives a restart, and tells the watcher once when it ends', async () => {
    const { slack } = world;
    const env = { KTRDR_API_URL: url, JAEGER_PUBLIC_URL: JAEGER };
    const first = await world.startBot('http', env);
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', `watch ${operationId}`, { channel: CHANNEL });
    expect(reply).toBeNull();
    const message = await watching(CHANNEL);
    expect(wordsOf(message)).toContain('you’ll get one notification when it ends');
    const again = await slack.as('U0ANNA').command('/ktrdr', `watch ${operationId}`, { channel: CHANNEL });
    expect(again.reply?.text).toContain('You’re already watching');
    first.kill('SIGKILL');
    await first.ended();

    hasEnded = true;
    await world.startBot('http', env);
    const told = await replyIn(slack, message, 'has ended: completed');
    expect(told.text).toContain('<@U0ANNA>');
    expect(latest(slack, message).text).toMatch(/^Watched .* until it ended: completed/);
    await world.settled();
    expect(repliesOf(slack, message)).toHaveLength(1);
  });

  it('begins by the button of a running operation, is shown on the Home tab, and stops only for the watcher', async () => {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    await anna.command('/ktrdr', `diagnose ${operationId}`, { channel: 'C0OPS' });
    const answer = await slack.waitForMessage(
      (message) => message.channel === CHANNEL && JSON.stringify(message.blocks).includes('"action_id":"watch"'),
    );
    await anna.click(answer, 'watch');
    const message = await replyIn(slack, answer, 'Next check');
    expect(message.text).toContain('Watching');

    anna.openHome();
    await expect.poll(() => JSON.stringify(anna.home()?.definition ?? null)).toContain('stop_watch');
    await slack.as('U0BEN').click(latest(slack, message), 'stop_watch');
    await toldTo(slack, 'U0BEN', 'Only the person who started this watch');
    expect(wordsOf(latest(slack, message))).toContain('stop_watch');
    await anna.click(latest(slack, message), 'stop_watch');
    await slack.waitForMessage(({ ts, text }) => ts === message.ts && text.startsWith('No longer watching'));
    await world.settled();
  });

  it('of what has ended is one line for the one who asked, and a running operation has one message for all', async () => {
    const { slack } = world;
    const roots = () =>
      postsIn(slack, CHANNEL).filter(({ threadTs, text }) => threadTs === null && text.includes(operationId));
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${operationId}`, { channel: CHANNEL });
    await world.settled();
    const before = roots().map(({ ts }) => ts);
    await slack.as('U0BEN').command('/ktrdr', `diagnose ${operationId}`, { channel: CHANNEL });
    const told = await toldTo(slack, 'U0BEN', /since <!date/);
    await world.settled();
    expect(roots().map(({ ts }) => ts)).toEqual(before);
    const shown = roots().find(({ ts }) => wordsOf(told).includes(`/p${ts.replace('.', '')}`));

    hasEnded = true;
    await slack.as('U0BEN').command('/ktrdr', `diagnose ${operationId}`, { channel: CHANNEL });
    await toldTo(slack, 'U0BEN', /^Changed since .*status: running → completed/);
    await slack.waitForMessage(({ ts, text }) => ts === shown?.ts && text.includes('completed'));

    const count = postsIn(slack, CHANNEL).length;
    expect((await slack.as('U0BEN').command('/ktrdr', `watch ${operationId}`, { channel: CHANNEL })).reply).toBeNull();
    await toldTo(slack, 'U0BEN', /^Nothing to watch: `op_\w+` has ended \(completed/);
    await world.settled();
    expect(postsIn(slack, CHANNEL)).toHaveLength(count);
  });
});

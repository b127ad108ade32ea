/** When the bad morning can be played. What happens in it is in `end-to-end/demo-morning.test.ts`. */
import { createServer } from 'node:http';
import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MORNING_MS } from '../../../src/cli/demo/morning.ts';
import { createStory } from '../../../src/cli/demo/play-morning.ts';
import type { DemoBot } from '../../../src/cli/demo/start-bot.ts';

const commands = createServer((request, response) => request.resume().on('end', () => response.end()));
let slack: FakeSlack;

beforeEach(async () => {
  await new Promise<void>((resolve) => commands.listen(0, '127.0.0.1', resolve));
  const address = commands.address();
  if (address === null || typeof address === 'string') throw new Error('The bot has no port.');
  slack = await startFakeSlack({ commands: ['/ktrdr'] });
  slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${address.port}` });
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
});
afterEach(async () => {
  vi.useRealTimers();
  commands.closeAllConnections();
  commands.close();
  await slack.close();
});

it('not before the bot runs, not twice at once, and again when it is over', async () => {
  let isRunning = false;
  const beginMorning = vi.fn();
  const bot = { beginMorning } as unknown as DemoBot;
  const story = createStory({ slack: () => slack, bot: () => (isRunning ? bot : null) });
  await expect(story.play()).rejects.toThrow('hasn’t started');
  isRunning = true;
  await story.play();
  await expect(story.play()).rejects.toThrow('is already running');
  vi.setSystemTime(Date.now() + MORNING_MS + 120_000);
  await story.play();
  expect(beginMorning).toHaveBeenCalledTimes(2);
  story.end();
});

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FakeSlack } from '@ktrdr-bot/local-slack';
import { type Options, optionsCommand } from './command.ts';
import { COMMANDS, JAEGER_HOST, SHORTCUTS } from './demo/commands.ts';
import { type RecordedIncident, readIncidents } from './demo/incidents.ts';
import { createStory } from './demo/play-morning.ts';
import { type DemoBot, startDemoBot } from './demo/start-bot.ts';
import { suggestions } from './demo/suggestions.ts';
import { whatHappened } from './demo/what-happened.ts';
import { EXIT, type Io, wrongUsage } from './io.ts';

const HELP = `Usage: ktrdr-bot demo [--port 3080]

Starts the whole bot with a local Slack workspace in the browser and recorded incidents to try. Nothing leaves this machine.
`;

const DEFAULT_PORT = 3080;
const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));

export const demo = optionsCommand({ name: 'demo', help: HELP, options: { port: 'value' } }, runDemo);

async function runDemo(options: Options, io: Io): Promise<number> {
  const port = Number(options.value('port') ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return wrongUsage(io, '--port must be a number from 0 to 65535.');

  const dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-bot-demo-'));
  const logLevel = io.env['LOG_LEVEL'] ?? 'warn';
  const startMs = Date.now();
  try {
    return await serveDemo({ port, startMs, io }, ({ team: { botToken }, signingSecret, apiUrl }, incidents) =>
      startDemoBot({ botToken, signingSecret, apiUrl, incidents, startMs, dataDir, logLevel }),
    );
  } catch (error) {
    if (isWithoutWorkspace(error)) {
      io.warn("The demo needs a checkout of the repository: its local Slack workspace isn't installed here.\n");
    } else if (codeOf(error) === 'EADDRINUSE') {
      io.warn(
        `Port ${port} is in use by another program. Set another one: ktrdr-bot demo --port 0 uses any free port.\n`,
      );
    } else {
      throw error;
    }
    return EXIT.unanswered;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Serving {
  readonly port: number;
  /** The time to which the recordings are moved, in milliseconds. */
  readonly startMs: number;
  readonly io: Io;
}

/** Ends when the signal of `io` aborts. The page opens before the bot is ready and shows that it is starting. */
export async function serveDemo(
  { port, startMs, io }: Serving,
  start: (slack: FakeSlack, incidents: readonly RecordedIncident[]) => Promise<DemoBot>,
): Promise<number> {
  const [{ startWorkspace }, incidents] = await Promise.all([
    import('@ktrdr-bot/local-slack'),
    readIncidents(FIXTURES, startMs),
  ]);
  let bot: DemoBot | null = null;
  const story = createStory({ slack: () => workspace.slack, bot: () => bot });
  const workspace = await startWorkspace({
    port,
    commands: COMMANDS,
    shortcuts: SHORTCUTS,
    incidents: suggestions(incidents),
    unfurlDomains: [JAEGER_HOST],
    story,
    whatHappened: (message) => whatHappened(message, workspace.slack.journal, bot?.events ?? []),
    async takeTrace(bytes) {
      const taken = await bot?.takeTrace(bytes);
      return taken ?? { sentence: 'ktrdr-bot hasn’t started.' };
    },
  });
  try {
    const starting = start(workspace.slack, incidents).then((started) => {
      bot = started;
      workspace.slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${started.port}/slack/events` });
      return started;
    });
    workspace.followStart(starting);
    io.write(`The workspace is open at ${workspace.url}\n`);
    io.warn('Starting the queue and the recorded servers (the first start can take a few seconds)…\n');
    const started = await starting.catch((error: unknown) => {
      io.warn(
        `ktrdr-bot didn't start: ${error instanceof Error ? error.stack : String(error)}\nCtrl-C ends the demo.\n`,
      );
      return null;
    });
    if (started !== null) io.warn('ktrdr-bot is ready.\n');
    if (!io.signal.aborted) await once(io.signal, 'abort');
    await started?.stop();
    return started === null ? EXIT.unanswered : EXIT.answered;
  } finally {
    story.end();
    await workspace.close();
  }
}

/** Whether the package of the local workspace is missing; only a checkout has it. */
function isWithoutWorkspace(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === 'ERR_MODULE_NOT_FOUND' && error.message.includes('local-slack');
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

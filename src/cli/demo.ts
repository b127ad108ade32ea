import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startDemo } from '../demo/demo.ts';
import { EXIT, type Io, wrongUsage } from './io.ts';
import { parseOptions } from './options.ts';

export const HELP = `Usage: ktrdr-bot demo [--port 3080]

Starts the whole bot beside a local Slack workspace in the browser, with recorded incidents to try. Nothing leaves this machine.
`;

const DEFAULT_PORT = 3080;

export async function demo(args: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(args, { port: 'value' });
  if (!options.ok) return wrongUsage(io, options.problem);
  const [word] = options.value.words;
  if (word !== undefined) return wrongUsage(io, `demo takes no "${word}".`);
  if (options.value.has('help')) {
    io.write(HELP);
    return EXIT.answered;
  }
  const port = Number(options.value.value('port') ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return wrongUsage(io, '--port takes a number from 0 to 65535.');

  const dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-bot-demo-'));
  const log = pino({ level: io.env['LOG_LEVEL'] ?? 'warn' }, pino.destination(2));
  try {
    io.warn('Starting the queue and the recorded servers (the first start can take some seconds)…\n');
    const running = await startDemo({ port, dataDir, log });
    io.write(`The workspace is open at ${running.url}\n`);
    if (!io.signal.aborted) await once(io.signal, 'abort');
    await running.stop();
    return EXIT.answered;
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    io.warn(`Port ${port} is taken by another program. Choose another: ktrdr-bot demo --port 0 takes any free one.\n`);
    return EXIT.unanswered;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

import { once } from 'node:events';
import { format } from 'node:util';
import type { Logger } from 'pino';
import { optionsCommand } from './command.ts';
import { EXIT, type Io } from './io.ts';

const HELP = `Usage: ktrdr-bot start

Runs the parts of the bot in ROLES until SIGTERM. Then it accepts no more work, finishes running jobs or returns them to
the queue, and exits with 0 within SHUTDOWN_TIMEOUT. A second signal stops it immediately.
`;

const EXIT_MS = 300;

export const start = optionsCommand({ name: 'start', help: HELP, options: {} }, runBot);

async function runBot(_options: unknown, io: Io): Promise<number> {
  const { loadSettings } = await import('../app/settings.ts');
  const config = await loadSettings(io.env);
  // For everything that this process and its libraries write, core dumps included.
  process.umask(0o077);
  const [{ openLogStream }, { createLog }, { startApp }] = await Promise.all([
    import('../app/log-stream.ts'),
    import('../app/log.ts'),
    import('../app/roles.ts'),
  ]);
  const log = createLog(config.logLevel, openLogStream(), config.redact);
  sendConsoleTo(log);
  exitInTime(io.signal, config.shutdownMs, log);
  const app = await startApp(config, log, { signal: io.signal }).catch((err: unknown) => {
    // Immediately, because what is still opening may keep the process busy. The files of the embedded queue stand this at any time.
    if (io.signal.aborted && err === io.signal.reason) {
      log.info('stopped before everything had started');
      process.exit(EXIT.answered);
    }
    if (err instanceof Error && err.name === 'ConfigError') throw err;
    log.fatal({ err }, `could not start: ${err instanceof Error ? err.message : String(err)}`);
    return null;
  });
  if (app === null) return EXIT.unanswered;
  const isFaulty = await untilEnd(AbortSignal.any([io.signal, app.unusable]), log);
  await app.stop();
  app.unusable.throwIfAborted();
  // What was left behind, such as a connection to a queue that is away, must not keep the process alive.
  setTimeout(() => process.exit(), EXIT_MS).unref();
  return isFaulty ? EXIT.unanswered : EXIT.answered;
}

/** For a signal during a slow start: once everything has started, stopping has its own, shorter limit. */
function exitInTime(signal: AbortSignal, limitMs: number, log: Logger): void {
  const exit = () => {
    log.warn('SHUTDOWN_TIMEOUT is over: stopped before everything had ended');
    process.exit(EXIT.answered);
  };
  signal.addEventListener('abort', () => setTimeout(exit, limitMs).unref(), { once: true });
}

/**
 * Waits for the signal to stop, or for a rejection that nothing handled; true after the latter.
 *
 * Every request, page, and job handles its own errors, so such a rejection is a bug, and the part that it ended, such as the
 * loop that keeps the socket to Slack open, may be missing while all health pages look healthy. Therefore the process doesn't
 * continue: it logs the error, exits gracefully, and leaves the restart to its supervisor. The queue keeps what was requested.
 */
async function untilEnd(signal: AbortSignal, log: Logger): Promise<boolean> {
  const fault = new AbortController();
  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'unhandled rejection: stopping');
    fault.abort();
  });
  const end = AbortSignal.any([signal, fault.signal]);
  if (!end.aborted) await once(end, 'abort');
  return fault.signal.aborted;
}

/** Libraries warn on the console, in lines that aren't JSON and that some repeat at every connection. */
function sendConsoleTo(log: Logger): void {
  const said = new Set<string>();
  const send = (...parts: unknown[]) => {
    const [line = ''] = format(...parts).split('\n', 1);
    if (!said.has(line)) log.warn(line);
    said.add(line);
  };
  Object.assign(console, { log: send, info: send, warn: send, error: send });
}

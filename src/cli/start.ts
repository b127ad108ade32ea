import { once } from 'node:events';
import { loadConfig } from '../config.ts';
import { EXIT, type Io, wrongUsage } from './io.ts';
import { parseOptions } from './options.ts';

export const HELP = `Usage: ktrdr-bot start

Runs the parts of the bot that ROLES names until SIGTERM; then takes nothing more, ends what runs, and exits with 0.
`;

export async function start(args: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(args, {});
  if (!options.ok) return wrongUsage(io, options.problem);
  const [word] = options.value.words;
  if (word !== undefined) return wrongUsage(io, `start takes no "${word}".`);
  if (options.value.has('help')) {
    io.write(HELP);
    return EXIT.answered;
  }
  const config = loadConfig(io.env, true);
  const [{ pino }, { startApp }] = await Promise.all([import('pino'), import('../app-roles.ts')]);
  const log = pino({ level: config.logLevel }, pino.destination(2));
  const app = await startApp(config, log).catch((err: unknown) => {
    if (err instanceof Error && err.name === 'ConfigError') throw err;
    log.fatal({ err }, 'could not start');
    return null;
  });
  if (app === null) return EXIT.unanswered;
  if (!io.signal.aborted) await once(io.signal, 'abort');
  await app.stop();
  return EXIT.answered;
}

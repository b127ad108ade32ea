/** Finds the command and loads only that: `--help` must not cost more than starting Node. */
import { parseEnv } from 'node:util';
import { type Command, EXIT, type Io, wrongUsage } from './io.ts';
import { terminalSafe } from './terminal.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  start: {
    summary: 'run the bot: the roles in ROLES, until SIGTERM',
    load: async () => (await import('./start.ts')).start,
  },
  diagnose: {
    summary: 'diagnose an operation by its ID, a trace ID, a Jaeger URL, or "last [training|backtest|download|agent]"',
    load: async () => (await import('./diagnose.ts')).diagnose,
  },
  doctor: {
    summary: 'check every dependency: what was tried, what responded, what to change',
    load: async () => (await import('./doctor/doctor.ts')).doctor,
  },
  init: {
    summary: 'ask for tokens and addresses, check each, and write .env',
    load: async () => (await import('./init/init.ts')).init,
  },
  search: {
    summary: 'operations by type, status, error, symbol, worker, time, or attribute, newest first',
    load: async () => (await import('./search.ts')).search,
  },
  digest: {
    summary: 'failed operations of the last hours grouped by cause',
    load: async () => (await import('./digest.ts')).digest,
  },
  explain: {
    summary: 'all causes, one of them, or what a span attribute means',
    load: async () => (await import('./explain.ts')).explain,
  },
  feedback: {
    summary: 'feedback on diagnoses by cause; --export writes the wrong diagnoses as cases',
    load: async () => (await import('./feedback.ts')).feedback,
  },
  mcp: {
    summary: 'diagnose, search, digest, and explain as tools for coding agents: MCP on standard input and output',
    load: async () => (await import('./mcp.ts')).mcp,
  },
  demo: {
    summary: 'try everything in a local Slack workspace in the browser',
    load: async () => (await import('./demo.ts')).demo,
  },
};

/** These commands report problems with `CAUSES_FILE` themselves, among others. */
const CHECKS_CAUSES_ITSELF = ['doctor', 'init', 'start'];

/** Exit status of the process. */
export async function run(args: readonly string[], raw: Io): Promise<number> {
  const io = terminalSafe(raw);
  const [name, ...rest] = args;
  if (name === undefined) return wrongUsage(io, `Which command?\n\n${help()}`);
  if (name === '--help' || name === '-h' || name === 'help') {
    const [about] = name === 'help' ? rest : [];
    if (about !== undefined && !about.startsWith('-')) return run([about, '--help'], raw);
    io.write(`${help()}\n`);
    return EXIT.answered;
  }
  if (name === '--version' || name === '-v') {
    const { readVersion } = await import('../config/version.ts');
    io.write(`${await readVersion()}\n`);
    return EXIT.answered;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) return wrongUsage(io, await unknownCommand(name));
  try {
    const env = withEnvFile(io);
    if (env === null) return wrongUsage(io, "The file .env in this folder can't be read.");
    const needsCauses = !CHECKS_CAUSES_ITSELF.includes(name) && !rest.includes('--help');
    if (needsCauses) await readOwnCauses(env);
    const command = await entry.load();
    return await command(rest, { ...io, env });
  } catch (error) {
    return failed(error, io);
  }
}

async function readOwnCauses(env: Io['env']): Promise<void> {
  if ((env['CAUSES_FILE'] ?? '').trim() === '') return;
  const [{ useOwnCauses }, { ownCausesOf }] = await Promise.all([
    import('../diagnosis/catalogue.ts'),
    import('../config/causes-file.ts'),
  ]);
  try {
    useOwnCauses(ownCausesOf(env));
  } catch (error) {
    const { ConfigError } = await import('../config/config-error.ts');
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...error.problems, ...(await otherProblems(env))]);
  }
}

/** Someone who fixes one setting wants to know about all of them. */
async function otherProblems(env: Io['env']): Promise<readonly string[]> {
  const [{ loadConfig }, { ConfigError }] = await Promise.all([
    import('../config/environment.ts'),
    import('../config/config-error.ts'),
  ]);
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The process environment takes precedence over the file `.env`. Null if that file can't be read. */
function withEnvFile({ env, readEnvFile }: Io): Io['env'] | null {
  let text: string | null;
  try {
    text = readEnvFile();
  } catch {
    return null;
  }
  return text === null ? env : { ...parseEnv(text.replace(/^\uFEFF/, '')), ...env };
}

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'Usage: ktrdr-bot <command> [arguments]',
    '',
    ...lines,
    '',
    '"ktrdr-bot <command> --help" shows the options of a command. Settings come from the environment and from the file .env',
    'in the current folder; .env.example documents them.',
    'Exit status: 0 answered, 1 no answer, 2 wrong usage or unreadable input.',
  ].join('\n');
}

async function unknownCommand(name: string): Promise<string> {
  const { nearest } = await import('../language/nearest.ts');
  const meant = nearest(name, Object.keys(COMMANDS));
  const hint = meant === null ? '"ktrdr-bot --help" lists the commands.' : `Did you mean "${meant}"?`;
  return `Unknown command "${name}". ${hint}`;
}

/** An invalid environment prints sentences, because the admin can fix it; any other error is a bug and prints its stack. */
function failed(error: unknown, io: Io): number {
  if (error instanceof Error && error.name === 'ConfigError') return wrongUsage(io, error.message);
  if (io.signal.aborted) {
    io.warn('Stopped before the result was ready.\n');
    return EXIT.unanswered;
  }
  io.warn(
    `Internal error. This is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.unanswered;
}

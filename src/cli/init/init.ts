/** Asks for what the bot needs, tests each answer, and writes `.env` after each, so that it can be stopped and run again. */
import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { ConfigError } from '../../config/config-error.ts';
import { VARIABLES } from '../../config/defaults.ts';
import { type Config, loadConfig } from '../../config/environment.ts';
import { type Options, optionsCommand } from '../command.ts';
import type { Report } from '../doctor/report.ts';
import { ENV_FILE, isWritable, withVariables, writeEnvFile } from '../env-file.ts';
import { EXIT, type Io } from '../io.ts';
import { readManifest } from '../manifest.ts';
import { manifestFor, type Transport } from './manifest-variant.ts';
import { openPrompt, type Prompt } from './prompt.ts';
import {
  ADDRESSES,
  APP_TOKEN,
  BOT_TOKEN,
  checkPort,
  isPrivateHost,
  PORT,
  PUBLIC_URL,
  type Question,
  SIGNING_SECRET,
} from './questions.ts';

const HELP = `Usage: ktrdr-bot init [--force]

Prompts for addresses and tokens, checks each, prints the manifest of the Slack app, and writes .env in this folder, which every
command reads. Existing settings are checked and kept; use --force to enter them again. Other lines of .env stay unchanged.
Answers can also be piped in, one per line. If you stop early, your answers are kept, and the next run continues from there.
`;

export const init = optionsCommand({ name: 'init', help: HELP, options: { force: 'flag' } }, runInit);

/** The input ended, or someone pressed Ctrl-C. */
class Stopped extends Error {}

interface Session {
  readonly io: Io;
  readonly prompt: Prompt;
  readonly isForced: boolean;
  /** What commands see: the environment with the answers. */
  readonly env: Record<string, string | undefined>;
  /** The answers that are in the file, or will be written to it. */
  readonly answers: Map<string, string>;
  /** The file as it was, and its variables. */
  readonly text: string;
  readonly written: ReadonlySet<string>;
}

async function runInit(options: Options, io: Io): Promise<number> {
  const text = await readFile(ENV_FILE, 'utf8').catch(ignoreMissing);
  const session: Session = {
    io,
    prompt: openPrompt(io.signal),
    isForced: options.has('force'),
    env: withoutUnreadable(io.env),
    answers: new Map(),
    text,
    written: new Set(Object.keys(parseEnv(text))),
  };
  try {
    await askAll(session);
    io.write(
      `\n.env is complete. Next: "npx ktrdr-bot doctor" checks everything, "npx ktrdr-bot start" runs the bot.\n`,
    );
    return EXIT.answered;
  } catch (thrown) {
    if (!(thrown instanceof Stopped)) throw thrown;
    const kept = session.answers.size === 0 ? 'Nothing was written' : 'Your answers so far are in .env';
    io.warn(`Stopped. ${kept}; to continue, run npx ktrdr-bot init.\n`);
    return EXIT.unanswered;
  } finally {
    session.prompt.close();
  }
}

async function askAll(session: Session): Promise<void> {
  const { io, env } = session;
  io.write(
    'Each answer is checked and then written to .env in this folder. Enter accepts the value in brackets; Ctrl-C stops.\n',
  );
  // Tokens belong to the Slack that they were tested with.
  if (env['SLACK_API_URL']?.trim()) await save(session, 'SLACK_API_URL', env['SLACK_API_URL']);
  for (const question of ADDRESSES) await settle(session, question);
  const transport = await askTransport(session);
  if (transport === 'http') await settle(session, PUBLIC_URL);
  if (session.isForced || !env['SLACK_BOT_TOKEN']?.trim()) await showManifest(session, transport);
  await settle(session, BOT_TOKEN);
  await settle(session, transport === 'socket' ? APP_TOKEN : SIGNING_SECRET);
  // The other variable would decide how Slack is reached.
  if (transport === 'http' && env['SLACK_APP_TOKEN']) await save(session, 'SLACK_APP_TOKEN', '');
  const port = await checkPort(configOf(session));
  if (port !== null) {
    say(session, port);
    await ask({ ...session, env: { ...env, PORT: '' } }, PORT);
  }
}

async function askTransport(session: Session): Promise<Transport> {
  const { env, isForced, prompt, io } = session;
  if (!isForced && env['SLACK_APP_TOKEN']?.trim()) return 'socket';
  if (!isForced && env['SLACK_SIGNING_SECRET']?.trim()) return 'http';
  io.write(
    '\nHow Slack reaches the bot: over a connection that the bot opens (socket), or at a public address (http).\n',
  );
  for (;;) {
    const answer = await lineOf(prompt.ask('socket or http [socket]: ', { isSecret: false }));
    const word = answer.toLowerCase();
    if (word === '' || word === 'socket') return 'socket';
    if (word === 'http') return 'http';
    io.write('  Enter "socket" or "http".\n');
  }
}

async function showManifest({ io, env }: Session, transport: Transport): Promise<void> {
  const jaeger = env['JAEGER_PUBLIC_URL']?.trim() || env['JAEGER_URL']?.trim() || '';
  const isPublic = URL.canParse(jaeger) && !isPrivateHost(jaeger);
  const manifest = manifestFor(await readManifest(), {
    transport,
    publicUrl: env['PUBLIC_URL']?.trim() ?? null,
    jaegerHost: isPublic ? new URL(jaeger).hostname : null,
  });
  const how =
    'The Slack app: https://api.slack.com/apps → Create New App → From a manifest → YAML, and paste what is between the lines.';
  io.write(`\n${how}\n${LINE}\n${manifest}${LINE}\n`);
}

const LINE = '─'.repeat(60);

/** Keeps what is set and works, and asks for the rest. */
async function settle(session: Session, question: Question): Promise<void> {
  const { io, env, isForced, written } = session;
  const { variable, isAsked, check, usual } = question;
  const config = configOf(session);
  if (isAsked?.(config) === false) return;
  const present = env[variable]?.trim() ?? '';
  const isAnswered = present !== '' || (written.has(variable) && usual(config) === '');
  if (isForced || !isAnswered) return ask(session, question);
  const report = present === '' ? null : ((await check?.(config, io.signal)) ?? null);
  io.write(`\n${variable} is ${present === '' ? 'unset' : 'set'}, as before.\n`);
  if (report === null || say(session, report)) return save(session, variable, present);
  await ask(session, question);
}

async function ask(session: Session, question: Question): Promise<void> {
  const { io, env, prompt } = session;
  const { variable, about, isSecret = false, check } = question;
  const present = env[variable]?.trim() || null;
  const usual = present ?? question.usual(configOf(session));
  const shown = usual === null ? '' : usual === '' ? ' [none]' : isSecret ? ' [as before]' : ` [${usual}]`;
  io.write(`\n${about}\n`);
  let last: string | null = null;
  for (;;) {
    const hint = last === null ? shown : ' (another, or "keep")';
    const typed = await lineOf(prompt.ask(`${variable}${hint}: `, { isSecret }));
    if (typed.toLowerCase() === 'keep' && last !== null) return save(session, variable, last);
    const value = typed === '' ? usual : typed.toLowerCase() === 'none' && !isSecret ? '' : typed;
    if (value === null) {
      io.write(`  ${variable} is required.\n`);
      continue;
    }
    const problem = problemWith(session, variable, value);
    if (problem !== null) {
      io.write(`  ${problem}\n`);
      continue;
    }
    const report = value === '' ? null : ((await check?.(configOf(session, { [variable]: value }), io.signal)) ?? null);
    if (report === null || say(session, report)) return save(session, variable, value);
    last = value;
  }
}

/** Prints what was found; true when it works. */
function say({ io }: Session, { state, detail, problems }: Report): boolean {
  const texts = problems.map(({ text }) => text);
  const works = state !== 'unavailable' && problems.every(({ severity }) => severity !== 'error');
  for (const text of texts.some((one) => one.startsWith(detail)) ? texts : [detail, ...texts]) io.write(`  ${text}\n`);
  return works;
}

/** Writes immediately, so that answers survive a Ctrl-C. An empty value counts as unset, and as answered. */
async function save({ env, answers, text }: Session, variable: string, value: string): Promise<void> {
  env[variable] = value;
  answers.set(variable, value);
  await writeEnvFile(withVariables(text, answers));
}

/** What is wrong with the notation of a value, in a sentence without it. */
function problemWith(session: Session, variable: string, value: string): string | null {
  if (!isWritable(value)) return `${variable} has too many kinds of quotes for an .env file.`;
  try {
    configOf(session, { [variable]: value });
    return null;
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.join(' ');
    throw thrown;
  }
}

function configOf({ env }: Pick<Session, 'env'>, more: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ ...env, ...more });
}

/** Without the variables that can't be read and are asked for. Throws a `ConfigError` when others can't be read either. */
function withoutUnreadable(env: Io['env']): Record<string, string | undefined> {
  const asked = [...ADDRESSES, PUBLIC_URL, BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, PORT].map(({ variable }) => variable);
  try {
    loadConfig(env);
    return { ...env };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const unreadable = VARIABLES.filter((name) => thrown.problems.some((text) => text.startsWith(`${name} `)));
    if (!unreadable.every((name) => asked.includes(name))) throw thrown;
    const left = Object.fromEntries(Object.entries(env).filter(([name]) => !unreadable.includes(name)));
    loadConfig(left);
    return left;
  }
}

async function lineOf(asked: Promise<string | null>): Promise<string> {
  const line = await asked;
  if (line === null) throw new Stopped();
  return line;
}

function ignoreMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** Settings that contradict each other or this machine: everything that can be checked without another server. */
import { readFile, stat } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { ownCausesOf } from '../../config/causes-file.ts';
import { ConfigError } from '../../config/config-error.ts';
import { VARIABLES } from '../../config/defaults.ts';
import { type Config, loadConfig } from '../../config/environment.ts';
import { drawPng } from '../../formatters/picture/png.ts';
import { planConfigured } from '../../jobs/digest/schedules.ts';
import { isLoopback } from '../../language/hosts.ts';
import { editDistance } from '../../language/nearest.ts';
import type { Io } from '../io.ts';
import { portProblems } from './port.ts';
import { error, type Problem, type Report, timed, warning } from './report.ts';

const NAME = /[A-Z][A-Z_]*[A-Z]/;

/** Whether this installation is meant to serve Slack, and not only the command line. */
export function isServing(env: Io['env']): boolean {
  return Object.keys(env).some((name) => name.startsWith('SLACK_') && name !== 'SLACK_API_URL' && env[name]?.trim());
}

/** `.env` in this folder, and the file of causes; null when there is nothing to say. */
export async function checkFiles(env: Io['env']): Promise<Report | null> {
  const report = await timed(async () => {
    const problems = [...(await fileProblems(env)), ...causesProblems(env)];
    return { name: 'settings', state: 'partial', detail: 'Settings files.', problems };
  });
  return report.problems.length === 0 ? null : report;
}

function causesProblems(env: Io['env']): readonly Problem[] {
  try {
    ownCausesOf(env);
    return [];
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.map((text) => error('CAUSES_FILE', text));
    throw thrown;
  }
}

/** What on this machine keeps Slack from reaching the bot. */
export async function servingProblems(config: Config, env: Io['env']): Promise<readonly Problem[]> {
  if (!isServing(env)) return [];
  return [
    ...startProblems(env).map((text) => error(NAME.exec(text)?.[0] ?? null, text)),
    ...(await portProblems(config)),
    ...publicUrlProblems(config),
    ...planConfigured(config.digests, '').problems.map((text) => error('DIGESTS', text)),
    ...(await fontProblems()),
  ];
}

/** What `start` would reject. */
function startProblems(env: Io['env']): readonly string[] {
  try {
    loadConfig(env, true);
    return [];
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
}

/** Permissions of group and others. */
const OTHERS = 0o077;
/** How many letters may differ in a typo; with more, it is another word. */
const MOST_SLIPS = 2;

/** `.env` in this folder. It was read before the command started. */
async function fileProblems(env: Io['env']): Promise<readonly Problem[]> {
  const text = await readFile('.env', 'utf8').catch(() => null);
  if (text === null) return [];
  const problems: Problem[] = [];
  const { mode } = await stat('.env');
  const written = parseEnv(text);
  if ((mode & OTHERS) !== 0 && isServing(written))
    problems.push(warning(null, 'Other users of this machine can read the tokens in .env: chmod 600 .env'));
  for (const [name, value] of Object.entries(written)) {
    const meant = VARIABLES.find((known) => editDistance(name, known) <= MOST_SLIPS);
    if (!VARIABLES.includes(name) && meant !== undefined)
      problems.push(error(meant, `.env has ${name}, which isn't a known setting: use ${meant}.`));
    if (VARIABLES.includes(name) && (env[name] ?? '') !== value)
      problems.push(
        warning(name, `${name} in .env isn't used: the environment has a different value, which takes precedence.`),
      );
  }
  return problems;
}

function publicUrlProblems({ http: { publicUrl }, slack }: Config): readonly Problem[] {
  if (slack.oauth === null || publicUrl === null) return [];
  const { hostname, protocol } = new URL(publicUrl);
  if (isLoopback(hostname))
    return [warning('PUBLIC_URL', 'PUBLIC_URL points to this machine, so no one else can use it to install the app.')];
  if (protocol === 'https:') return [];
  return [error('PUBLIC_URL', 'PUBLIC_URL must start with https://: the installation cookie is sent only over HTTPS.')];
}

async function fontProblems(): Promise<readonly Problem[]> {
  const { hasText } = await drawPng({ title: '', footer: '', steps: [] });
  if (hasText) return [];
  return [warning(null, 'No font is installed, so pictures of traces have no text: apt-get install fonts-dejavu-core')];
}

import { buildSources, clockFrom } from '../app/sources.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import type { SourceReport } from '../diagnosis/case.ts';
import { KTRDR_API_OFF } from '../jobs/gather/source-log.ts';
import { configFrom, type Options, optionsCommand } from './command.ts';
import { EXIT, type Io, writeJson } from './io.ts';

interface Report extends Pick<SourceReport, 'detail' | 'tookMs'> {
  readonly name: SourceReport['name'] | 'queue' | 'slack';
  /** `off` is a dependency that isn't configured, which is never a failure. */
  readonly state: 'ok' | 'partial' | 'unavailable' | 'off';
  /** When it isn't what usually has to be changed. */
  readonly change?: string;
}

interface Check extends Omit<Report, 'change'> {
  /** What to change; null when nothing has to be. */
  readonly change: string | null;
}

const HELP = `Usage: ktrdr-bot doctor [--json]

One line for each dependency: what was tried, what answered, what to change.
Exit status 1 when something that is configured does not work.
`;

export const doctor = optionsCommand({ name: 'doctor', help: HELP, options: { json: 'flag' } }, runChecks);

async function runChecks(options: Options, io: Io): Promise<number> {
  const config = await configFrom(io.env);
  const checks = await checkAll(config, io.signal);
  if (options.has('json')) writeJson(io, checks);
  else io.write(`${checks.map(line).join('\n')}\n`);
  return checks.some((check) => check.state === 'unavailable') ? EXIT.unanswered : EXIT.answered;
}

const CHANGES: Readonly<Partial<Record<Report['name'], string>>> = {
  jaeger: 'Check JAEGER_URL, JAEGER_API and JAEGER_HEADERS.',
  'ktrdr-api': 'Check KTRDR_API_URL and whether the backend runs.',
  queue: 'Check REDIS_URL and whether Redis runs.',
  slack: 'Check SLACK_BOT_TOKEN: it stands on the app’s page “OAuth & Permissions”.',
};

async function checkAll(config: Config, signal: AbortSignal): Promise<readonly Check[]> {
  const { traces, ktrdr } = await buildSources(config, clockFrom(null));
  const reports: readonly Report[] = await Promise.all([
    traces.probe(signal),
    ktrdr?.probe(signal) ?? KTRDR_API_OFF,
    checkQueue(config),
    checkSlack(config, signal),
  ]);
  return reports.map((report) => {
    const isWell = report.state === 'ok' || report.state === 'off';
    return { ...report, change: isWell ? null : (report.change ?? CHANGES[report.name] ?? null) };
  });
}

function off(name: Report['name'], detail: string): Report {
  return { name, state: 'off', detail, tookMs: 0 };
}

const SLACK_TIMEOUT_MS = 3000;

async function checkQueue(config: Config): Promise<Report> {
  if (config.queue.redisUrl === null)
    return off('queue', 'REDIS_URL is not set: the embedded queue in DATA_DIR is used.');
  const startedAt = performance.now();
  // The queue is opened as the bot opens it, so the check finds what the bot would. `doctor --help` doesn't load it.
  const [{ pino }, { openQueue }] = await Promise.all([import('pino'), import('../app/queue.ts')]);
  const backend = await openQueue(config, pino({ level: 'silent' })).catch((error: unknown) => {
    if (error instanceof ConfigError) return error;
    throw error;
  });
  if (backend instanceof ConfigError) {
    const tookMs = Math.round(performance.now() - startedAt);
    return { name: 'queue', state: 'unavailable', detail: backend.problems.join(' '), tookMs };
  }
  const { ok, problems, queues } = await backend.health();
  await backend.close();
  const answers = Object.keys(queues).length > 0;
  return {
    name: 'queue',
    state: ok && problems.length === 0 ? 'ok' : answers ? 'partial' : 'unavailable',
    detail: [backend.describe(), ...problems].join(' '),
    tookMs: Math.round(performance.now() - startedAt),
  };
}

async function checkSlack({ slack }: Config, signal: AbortSignal): Promise<Report> {
  if (slack.botToken === null) return off('slack', 'SLACK_BOT_TOKEN is not set: only the command line works.');
  const { host } = new URL(slack.apiUrl);
  const startedAt = performance.now();
  const report = (state: Report['state'], detail: string): Report => ({
    name: 'slack',
    state,
    detail,
    tookMs: Math.round(performance.now() - startedAt),
  });
  try {
    const response = await fetch(new URL('auth.test', slack.apiUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(SLACK_TIMEOUT_MS)]),
    });
    const answer = fieldsOf(await response.json());
    if (answer['ok'] === true) return report('ok', `auth.test at ${host}: ${answer['user']} in ${answer['team']}`);
    return report('unavailable', `auth.test at ${host} answered ${answer['error'] ?? `HTTP ${response.status}`}`);
  } catch (error) {
    // Whatever fetch and JSON.parse throw here is a fault of the network or of the other server.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const detail = `Slack did not answer at ${host} (${cause instanceof Error ? cause.message : cause})`;
    return { ...report('unavailable', detail), change: 'Check the network, and SLACK_API_URL if it is set.' };
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function line({ name, state, detail, change }: Check): string {
  const sentence = /[.!?]$/.test(detail) ? detail : `${detail}.`;
  // Most failures name the variable themselves.
  const rest = change === null || /[A-Z]_[A-Z]/.test(detail) ? '' : ` ${change}`;
  return `${name.padEnd(9)}  ${state.padEnd(11)}  ${sentence}${rest}`;
}

import { buildSources, clockFrom } from '../app/sources.ts';
import type { Config } from '../config/environment.ts';
import { KTRDR_API_OFF } from '../jobs/gather/source-log.ts';
import { configFrom } from './environment.ts';
import { EXIT, type Io, wrongUsage } from './io.ts';
import { parseOptions } from './options.ts';

/** `off` is what is not configured; it is never a failure. */
interface Check {
  readonly name: string;
  readonly state: 'ok' | 'partial' | 'unavailable' | 'off';
  readonly detail: string;
  /** What to change; null when nothing has to be. */
  readonly change: string | null;
  readonly tookMs: number;
}

export const HELP = `Usage: ktrdr-bot doctor [--json]

One line for each dependency: what was tried, what answered, what to change.
Exit status 1 when something that is configured does not work.
`;

export async function doctor(args: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(args, { json: 'flag' });
  if (!options.ok) return wrongUsage(io, options.problem);
  const [word] = options.value.words;
  if (word !== undefined) return wrongUsage(io, `doctor takes no "${word}".`);
  if (options.value.has('help')) {
    io.write(HELP);
    return EXIT.answered;
  }
  const config = await configFrom(io.env);
  const checks = await checkAll(config, io.signal);
  io.write(options.value.has('json') ? `${JSON.stringify(checks, null, 2)}\n` : `${checks.map(line).join('\n')}\n`);
  return checks.some((check) => check.state === 'unavailable') ? EXIT.unanswered : EXIT.answered;
}

async function checkAll(config: Config, signal: AbortSignal): Promise<readonly Check[]> {
  const sources = await buildSources(config, clockFrom(null));
  const { checkQueue, checkSlack } = await import('./doctor-checks.ts');
  return Promise.all([
    sources.traces
      .probe(signal)
      .then((report) => withChange(report, 'Check JAEGER_URL, JAEGER_API and JAEGER_HEADERS.')),
    sources.ktrdr === null
      ? { ...KTRDR_API_OFF, change: null }
      : sources.ktrdr
          .probe(signal)
          .then((report) => withChange(report, 'Check KTRDR_API_URL and whether the backend runs.')),
    checkQueue(config).then((report) => withChange(report, 'Check REDIS_URL and whether Redis runs.')),
    checkSlack(config, signal).then((report) =>
      withChange(report, 'Check SLACK_BOT_TOKEN: it stands on the app’s page “OAuth & Permissions”.'),
    ),
  ]);
}

function withChange(report: Omit<Check, 'change'>, change: string): Check {
  const isWell = report.state === 'ok' || report.state === 'off';
  return { ...report, change: isWell ? null : change };
}

function line({ name, state, detail, change }: Check): string {
  const sentence = /[.!?]$/.test(detail) ? detail : `${detail}.`;
  return `${name.padEnd(9)}  ${state.padEnd(11)}  ${sentence}${change === null ? '' : ` ${change}`}`;
}

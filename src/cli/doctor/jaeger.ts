/** Checks Jaeger, and whether it has the traces that the bot needs. */
import { buildSources, clockFrom, type Sources } from '../../app/sources.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/environment.ts';
import { micros } from '../../diagnosis/trace.ts';
import { formatDuration } from '../../language/durations.ts';
import { isLoopback } from '../../language/hosts.ts';
import { error, type Problem, type Report, timed, warning } from './report.ts';

type TraceSource = Sources['traces'];
type Options = Pick<Config, 'jaeger' | 'lookbackMs' | 'redact' | 'ktrdr'>;

export async function checkJaeger(config: Options, isServing: boolean, signal: AbortSignal): Promise<Report> {
  return timed(async () => {
    const links = isServing ? linkProblems(config.jaeger) : [];
    try {
      const traces = await sourceOf(config);
      const { state, detail } = await traces.probe(signal);
      const ofApi = await apiProblem(config, state !== 'unavailable', signal);
      if (ofApi !== null || state === 'unavailable')
        return {
          name: 'jaeger',
          state: 'unavailable',
          detail,
          problems: [ofApi ?? error('JAEGER_URL', detail), ...links],
        };
      const found = [...versionProblems(detail), ...(await contentProblems(traces, config, signal))];
      return { name: 'jaeger', state, detail, problems: [...found, ...links] };
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      const detail = thrown.problems.join(' ');
      return { name: 'jaeger', state: 'unavailable', detail, problems: [] };
    }
  });
}

async function sourceOf(config: Options): Promise<TraceSource> {
  const withoutKtrdr = { ...config, ktrdr: { ...config.ktrdr, apiUrl: null } };
  return (await buildSources(withoutKtrdr, clockFrom(null))).traces;
}

/** A Jaeger that speaks another API than the one that was set looks like no Jaeger, or like an empty one. */
async function apiProblem(config: Options, isReached: boolean, signal: AbortSignal): Promise<Problem | null> {
  const { api } = config.jaeger;
  // A Jaeger with both APIs is queried through the newer one, and v1 is fine too if it responds.
  if (api === 'auto' || (api === 'v1' && isReached)) return null;
  const traces = await sourceOf({ ...config, jaeger: { ...config.jaeger, api: 'auto' } });
  const { state, detail } = await traces.probe(signal);
  if (state !== 'ok' || detail.includes(` speaks ${api} `)) return null;
  return error('JAEGER_API', `JAEGER_API is ${api}, but ${detail} Set it to auto.`);
}

/** Versions of Jaeger 1; every version 2 is newer. */
const OLDEST_TRIED = 53;

function versionProblems(detail: string): readonly Problem[] {
  const minor = Number(/^Jaeger v1\.(\d+)\./.exec(detail)?.[1] ?? OLDEST_TRIED);
  if (minor >= OLDEST_TRIED) return [];
  const tried = `1.${OLDEST_TRIED} is the oldest tested version`;
  return [warning('JAEGER_URL', `The Jaeger at JAEGER_URL is version 1.${minor}; ${tried}.`)];
}

async function contentProblems(traces: TraceSource, config: Options, signal: AbortSignal): Promise<readonly Problem[]> {
  const listed = await traces.services(signal);
  if (listed.kind === 'unavailable') return [];
  const { services } = listed;
  const wanted = config.jaeger.services.filter((name) => !services.includes(name));
  const problems: Problem[] = [];
  if (wanted.length > 0)
    problems.push(
      warning('JAEGER_SERVICES', `JAEGER_SERVICES has services that Jaeger doesn't list: ${wanted.join(', ')}.`),
    );
  const ktrdr = services.filter((name) => /ktrdr|training|backtest|agent/i.test(name));
  if (services.length === 0) {
    const text = 'Nothing has been exported to this Jaeger yet, or ktrdr exports to a different one than JAEGER_URL.';
    problems.push(warning('JAEGER_URL', text));
  } else if (ktrdr.length === 0) {
    const some = services.slice(0, 3).join(', ');
    problems.push(
      warning('JAEGER_URL', `The Jaeger at JAEGER_URL has no ktrdr services, only ${some}: check that it is ktrdr's.`),
    );
  } else {
    problems.push(...(await retentionProblems(traces, ktrdr, { config, signal })));
  }
  return problems;
}

const HALVINGS = 6;

/** The oldest traces that exist, found by bisection, because Jaeger doesn't say how long it keeps them. */
async function retentionProblems(
  traces: TraceSource,
  services: readonly string[],
  { config, signal }: { readonly config: Options; readonly signal: AbortSignal },
): Promise<readonly Problem[]> {
  const { lookbackMs } = config;
  const now = Date.now();
  const service = services.find((name) => name === 'ktrdr-api') ?? services[0] ?? '';
  const at = (agoMs: number) => micros(Math.round((now - agoMs) * 1000));
  for (let halved = 0; halved < HALVINGS; halved += 1) {
    const oldestMs = lookbackMs / 2 ** halved;
    const window = { from: at(oldestMs), to: at(halved === HALVINGS - 1 ? 0 : oldestMs / 2) };
    const answer = await traces.search({ service, window, limit: 1 }, signal);
    if (answer.kind === 'unavailable') return [];
    if (answer.traces.length === 0) continue;
    if (halved === 0) return [];
    const text = `LOOKBACK is ${formatDuration(lookbackMs)}, but the oldest trace of ${service} is newer than ${formatDuration(oldestMs)}: Jaeger keeps traces for a shorter time (in memory until it restarts), or ktrdr was idle before. Increase Jaeger's retention, or lower LOOKBACK.`;
    return [warning('LOOKBACK', text)];
  }
  const text = `${service} has no traces from the last ${formatDuration(lookbackMs)}: ktrdr exports none, or exports to another Jaeger. LOOKBACK sets how far back to search.`;
  return [warning('LOOKBACK', text)];
}

function linkProblems({ url, publicUrl }: Options['jaeger']): readonly Problem[] {
  const { hostname } = new URL(publicUrl);
  const variable = publicUrl === url ? `JAEGER_PUBLIC_URL is not set, and JAEGER_URL` : 'JAEGER_PUBLIC_URL';
  const set = 'Set JAEGER_PUBLIC_URL to the address that people use for Jaeger.';
  if (isLoopback(hostname))
    return [
      warning('JAEGER_PUBLIC_URL', `${variable} points to this machine, so diagnoses get no links to traces. ${set}`),
    ];
  if (/[.:]/.test(hostname)) return [];
  const text = `${variable} has the host name ${hostname}, which people's browsers probably can't resolve. ${set}`;
  return [warning('JAEGER_PUBLIC_URL', text)];
}

/**
 * Builds the data source adapters and the parts that depend on them. These load lazily, because the commands use this file too.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pace } from '../adapters/http/pace.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import type { Case, Subject, Symptoms } from '../diagnosis/case.ts';
import { cleanText } from '../diagnosis/clean.ts';
import { type DiagnoseOptions, diagnose } from '../diagnosis/diagnose.ts';
import type { Diagnosis } from '../diagnosis/finding.ts';
import { type Micros, micros } from '../diagnosis/trace.ts';
import type { SavedAnswers } from '../jobs/gather/documents.ts';
import { type GatherPhase, gatherCase } from '../jobs/gather/gather.ts';
import type { Clock, KtrdrApi, TraceSource } from '../jobs/ports.ts';

type Ask<Answer> = (
  subject: Subject,
  symptom: Symptoms | null,
  signal: AbortSignal,
  onPhase?: (phase: GatherPhase) => void,
) => Promise<Answer>;

type Gatherer = Ask<Case>;
export type Diagnoser = Ask<Diagnosis>;

export interface Sources {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
  readonly wait: typeof wait;
}

/** Enough for one slow request of each kind and the waits between them. People don't wait longer for an answer. */
const DEADLINE_MS = 45_000;
const KTRDR_TIMEOUT_MS = 8_000;

/** The part of the configuration that the sources and the diagnosis need. Plain data, because other processes get a copy. */
export type SourceConfig = Pick<Config, 'jaeger' | 'ktrdr' | 'lookbackMs' | 'redact'>;

export interface SourceOptions {
  /** The largest Jaeger response that is read here, in bytes. A larger one within the configured limit throws `BodyTooLarge`. */
  readonly mostBytes?: number;
  /** Default: a rate limit for this process alone. */
  readonly pace?: Pace | null;
}

export async function buildSources(config: SourceConfig, clock: Clock, options: SourceOptions = {}): Promise<Sources> {
  const { createJaegerSource } = await import('../adapters/jaeger/source.ts');
  const { url, api, headers, services, timeoutMs, maxBytes, caFile } = config.jaeger;
  const { mostBytes = maxBytes, pace = await ownPace(config.jaeger) } = options;
  const traces = createJaegerSource({
    url,
    api,
    headers,
    timeoutMs,
    maxBytes: Math.min(mostBytes, maxBytes),
    throwsWhenTooLarge: mostBytes < maxBytes,
    caFile: await readPemFile('JAEGER_CA_FILE', caFile),
    preferredServices: services,
    now: clock,
    pace,
  });
  if (config.ktrdr.apiUrl === null) return { traces, ktrdr: null, wait };
  const { createKtrdrApi } = await import('../adapters/ktrdr/api.ts');
  const ktrdr = createKtrdrApi({
    url: config.ktrdr.apiUrl,
    headers: config.ktrdr.headers,
    caFile: await readPemFile('KTRDR_API_CA_FILE', config.ktrdr.caFile),
    timeoutMs: KTRDR_TIMEOUT_MS,
    clock,
  });
  return { traces, ktrdr, wait };
}

async function ownPace({ requestsPerSecond }: Config['jaeger']): Promise<Pace | null> {
  if (requestsPerSecond === null) return null;
  const { createLocalPace } = await import('../adapters/http/pace.ts');
  return createLocalPace({ requestsPerSecond });
}

interface GathererOptions {
  /** The time to use as the current one, such as that of a recording. */
  readonly now?: Micros | null;
  /** Responses to use instead of the ktrdr API. */
  readonly saved?: SavedAnswers | null;
  /** Sources to share with other callers. */
  readonly sources?: Sources;
}

export async function buildGatherer(config: SourceConfig, options: GathererOptions = {}): Promise<Gatherer> {
  const clock = clockFrom(options.now ?? null);
  const { traces, ktrdr } = options.sources ?? (await buildSources(config, clock));
  const deps = {
    traces,
    ktrdr: options.saved ?? ktrdr,
    clock,
    lookbackMs: config.lookbackMs,
    deadlineMs: DEADLINE_MS,
    wait,
  };
  return (subject, symptom, signal, onPhase) => gatherCase({ subject, symptom }, deps, signal, onPhase);
}

export async function buildDiagnoser(config: SourceConfig, sources?: Sources): Promise<Diagnoser> {
  const gather = await buildGatherer(config, sources === undefined ? {} : { sources });
  return async (...question) => diagnose(await gather(...question), diagnoseOptions(config));
}

export function diagnoseOptions(config: Pick<Config, 'ktrdr' | 'redact'>): DiagnoseOptions {
  const { deployment, composeProject, publicUrl } = config.ktrdr;
  return {
    deployment,
    project: composeProject,
    apiUrl: publicUrl,
    redact: config.redact,
    clockMs: () => performance.now(),
  };
}

export function clockFrom(now: Micros | null): Clock {
  const offset = now === null ? 0 : now - Date.now() * 1000;
  return () => micros(Date.now() * 1000 + offset);
}

/** The dependencies of actions besides the queue and Slack; null when actions are disabled. */
export async function buildActions(config: Pick<Config, 'actions' | 'ktrdr' | 'redact' | 'grafanaUrl'>) {
  const { actions, ktrdr, redact, grafanaUrl } = config;
  if (actions === null || ktrdr.apiUrl === null) return null;
  const { createKtrdrActions } = await import('../adapters/ktrdr/actions.ts');
  const { apiUrl: url, headers, caFile } = ktrdr;
  return {
    ktrdr: createKtrdrActions({ url, headers, caFile: await readPemFile('KTRDR_API_CA_FILE', caFile) }),
    rules: actions,
    grafanaUrl,
    clean: (text: string) => cleanText(text, redact),
    wait,
    now: Date.now,
  };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Throws a `ConfigError` when the file of a given path can't be read. */
export async function readPemFile(variable: string, path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new ConfigError([`${variable} is a file that can't be read.`]);
  }
}

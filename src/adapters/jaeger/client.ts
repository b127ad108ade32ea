/** Single requests to Jaeger. Failures are values. */
import type { Trace } from '../../diagnosis/trace.ts';
import type { SourceFailure } from '../../jobs/ports.ts';
import { parseJson } from '../../language/json.ts';
import type { Http, Reply } from '../http/client.ts';
import { errorIn, readTraceBody, refusalOf, repeatsKey, servicesIn, strangeAnswer } from './answer.ts';
import { type Dialect, detect, V1_PROBE, V3_PROBE } from './dialect.ts';
import { SERVICES_PATH } from './paths.ts';
import { normaliseTraceId } from './wire/ids.ts';
import { isObject, numberOf } from './wire/values.ts';

/** `strange`: the response has a shape that this dialect never has, so Jaeger may have been upgraded. */
export interface Failed {
  readonly kind: 'failed';
  readonly failure: SourceFailure;
  readonly strange: boolean;
}

/** An error in Jaeger's own words. */
export interface ReportedError {
  readonly kind: 'error';
  readonly httpStatus: number;
  readonly message: string;
}

export interface TracesFound {
  readonly kind: 'traces';
  readonly traces: readonly Trace[];
  readonly remarks: readonly string[];
}

interface Summary {
  readonly traceId: string;
  /** Nanoseconds since the epoch, rounded as a double does: good enough to order by. */
  readonly startNanos: number;
}

export interface SummariesFound {
  readonly kind: 'summaries';
  readonly summaries: readonly Summary[];
}

export interface ServicesFound {
  readonly kind: 'services';
  readonly services: readonly string[];
}

export interface Client {
  readonly host: string;
  detect(signal: AbortSignal): Promise<{ readonly kind: 'dialect'; readonly dialect: Dialect } | Failed>;
  services(api: Dialect['api'], signal: AbortSignal): Promise<ServicesFound | Failed>;
  /** A 404 with Jaeger's own message resolves to an empty list. */
  traces(path: string, signal: AbortSignal): Promise<TracesFound | ReportedError | Failed>;
  summaries(path: string, signal: AbortSignal): Promise<SummariesFound | ReportedError | Failed>;
  /** Read from Jaeger's web page, e.g. `v2.20.0`; null when the page doesn't show it, which is common. */
  version(signal: AbortSignal): Promise<string | null>;
}

export function createClient(http: Http): Client {
  const { host } = http;
  return {
    host,

    async detect(signal) {
      const [v3, v1] = await Promise.all([http.get(V3_PROBE, signal), http.get(V1_PROBE, signal)]);
      if (v3.kind === 'failed') return failed(v3.failure);
      if (v1.kind === 'failed') return failed(v1.failure);
      const detected = detect(v3.reply, v1.reply, host);
      return detected.kind === 'failed' ? failed(detected.failure) : detected;
    },

    async services(api, signal) {
      const answer = await getJson(http, SERVICES_PATH[api], signal);
      if (answer.kind === 'failed') return answer;
      if (answer.kind === 'error') return errorFailure(host, answer);
      const services = servicesIn(answer.json);
      return services === null ? strange(host, answer.reply) : { kind: 'services', services };
    },

    traces: (path, signal) => getTraces(http, path, signal),

    async summaries(path, signal) {
      const answer = await getJson(http, path, signal);
      if (answer.kind === 'failed') return answer;
      if (answer.kind === 'error') return answer.httpStatus === 404 ? { kind: 'summaries', summaries: [] } : answer;
      const { json, reply } = answer;
      if (!isObject(json) || !Array.isArray(json['summaries'])) return strange(host, reply);
      return { kind: 'summaries', summaries: json['summaries'].flatMap(readSummary) };
    },

    async version(signal) {
      const outcome = await http.get('', signal);
      if (outcome.kind === 'failed') return null;
      const page = outcome.reply.body.toString('utf8');
      return /JAEGER_VERSION\s*=\s*\{[^{}]*"gitVersion":\s*"([\w.+-]{1,40})"/.exec(page)?.[1] ?? null;
    },
  };
}

async function get(http: Http, path: string, signal: AbortSignal): Promise<{ kind: 'reply'; reply: Reply } | Failed> {
  const outcome = await http.get(path, signal);
  if (outcome.kind === 'failed') return failed(outcome.failure);
  const refusal = refusalOf(outcome.reply, http.host);
  return refusal === null ? outcome : failed(refusal);
}

async function getJson(
  http: Http,
  path: string,
  signal: AbortSignal,
): Promise<{ kind: 'json'; json: unknown; reply: Reply } | ReportedError | Failed> {
  const outcome = await get(http, path, signal);
  if (outcome.kind === 'failed') return outcome;
  const { reply } = outcome;
  const text = reply.body.toString('utf8');
  const parsed = parseJson(text);
  const isHidden = (servicesIn(parsed)?.length ?? 0) === 0 && repeatsKey(text);
  const json = isHidden ? undefined : parsed;
  const message = errorIn(json);
  return message === null ? { kind: 'json', json, reply } : { kind: 'error', httpStatus: reply.status, message };
}

async function getTraces(http: Http, path: string, signal: AbortSignal): Promise<TracesFound | ReportedError | Failed> {
  const { host } = http;
  const outcome = await get(http, path, signal);
  if (outcome.kind === 'failed') return outcome;
  const { status: httpStatus, body } = outcome.reply;
  const read = readTraceBody(body.toString('utf8'));
  if (read.kind === 'strange') return strange(host, outcome.reply);
  if (read.kind === 'traces') return read;
  return httpStatus === 404 ? { kind: 'traces', traces: [], remarks: [] } : { ...read, httpStatus };
}

/** The caller stopped waiting; `started` is a time of `performance.now()`. */
export function stopped(host: string, started: number): Failed {
  return failed({ code: 'timed-out', host, afterMs: Math.round(performance.now() - started) });
}

export function isFailed(reply: { readonly kind: string }): reply is Failed {
  return reply.kind === 'failed';
}

export function errorFailure(host: string, { httpStatus, message }: ReportedError): Failed {
  const reason = `"${message.replace(/\s+/g, ' ').slice(0, 200)}"`;
  return failed({ code: 'refused', host, httpStatus, reason });
}

function strange(host: string, reply: Reply): Failed {
  return { kind: 'failed', failure: strangeAnswer(reply, host), strange: true };
}

function failed(failure: SourceFailure): Failed {
  return { kind: 'failed', failure, strange: false };
}

function readSummary(wire: unknown): readonly Summary[] {
  if (!isObject(wire)) return [];
  const traceId = normaliseTraceId(wire['traceId']);
  return traceId === null ? [] : [{ traceId, startNanos: numberOf(wire['minStartTimeUnixNano']) ?? 0 }];
}

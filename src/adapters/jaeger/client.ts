/** Single requests to Jaeger, each answer judged and turned into a value. */
import type { Trace } from '../../diagnosis/trace.ts';
import type { SourceFailure } from '../../jobs/ports.ts';
import type { Http, Reply } from '../http/client.ts';
import { parseJson } from '../http/reply.ts';
import { errorIn, servicesIn } from './answer.ts';
import { readBody } from './body.ts';
import { type Dialect, detect, V1_PROBE, V3_PROBE } from './dialect.ts';
import { refusalOf, strangeAnswer } from './failure.ts';
import { normaliseTraceId } from './ids.ts';
import { SERVICES_PATH } from './paths.ts';
import { isObject, listOf, numberOf } from './wire.ts';

/** `strange` says that the answer has a shape this dialect never has, so the dialect may have changed. */
export interface Failed {
  readonly kind: 'failed';
  readonly failure: SourceFailure;
  readonly strange: boolean;
}

export type TracesReply =
  | { readonly kind: 'traces'; readonly traces: readonly Trace[]; readonly remarks: readonly string[] }
  | { readonly kind: 'error'; readonly httpStatus: number; readonly message: string }
  | Failed;

export interface Summary {
  readonly traceId: string;
  /** Nanoseconds since the epoch, rounded as a double does: good enough to order by. */
  readonly startNanos: number;
}

type SummariesReply =
  | { readonly kind: 'summaries'; readonly summaries: readonly Summary[] }
  | { readonly kind: 'error'; readonly httpStatus: number; readonly message: string }
  | Failed;

type ServicesReply = { readonly kind: 'services'; readonly services: readonly string[] } | Failed;

export interface Client {
  readonly host: string;
  detect(signal: AbortSignal): Promise<{ readonly kind: 'dialect'; readonly dialect: Dialect } | Failed>;
  services(api: Dialect['api'], signal: AbortSignal): Promise<ServicesReply>;
  /** 404 with Jaeger's own words is an empty list. */
  traces(path: string, signal: AbortSignal): Promise<TracesReply>;
  summaries(path: string, signal: AbortSignal): Promise<SummariesReply>;
  /** As the web page of Jaeger says it, e.g. `v2.20.0`; often it does not. */
  version(signal: AbortSignal): Promise<string | null>;
}

export function createClient(http: Http): Client {
  const { host } = http;

  async function get(path: string, signal: AbortSignal): Promise<{ kind: 'reply'; reply: Reply } | Failed> {
    const outcome = await http.get(path, signal);
    if (outcome.kind === 'failed') return failed(outcome.failure);
    const refusal = refusalOf(outcome.reply, host);
    return refusal === null ? outcome : failed(refusal);
  }

  function strange(reply: Reply): Failed {
    return { kind: 'failed', failure: strangeAnswer(reply, host), strange: true };
  }

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
      const outcome = await get(SERVICES_PATH[api], signal);
      if (outcome.kind === 'failed') return outcome;
      const json = parseJson(outcome.reply.body.toString('utf8'));
      const message = errorIn(json);
      if (message !== null) return errorFailure(host, outcome.reply.status, message);
      const services = servicesIn(json);
      return services === null ? strange(outcome.reply) : { kind: 'services', services };
    },

    async traces(path, signal) {
      const started = performance.now();
      const outcome = await get(path, signal);
      if (outcome.kind === 'failed') return outcome;
      const { status: httpStatus, body } = outcome.reply;
      const read = await readBody(body, signal);
      if (read === 'too-large') return failed({ code: 'too-large', host, limitBytes: body.length });
      if (read === 'stopped')
        return failed({ code: 'timed-out', host, afterMs: Math.round(performance.now() - started) });
      if (read.kind === 'strange') return strange(outcome.reply);
      if (read.kind === 'traces') return read;
      return httpStatus === 404 ? { kind: 'traces', traces: [], remarks: [] } : { ...read, httpStatus };
    },

    async summaries(path, signal) {
      const outcome = await get(path, signal);
      if (outcome.kind === 'failed') return outcome;
      const { status: httpStatus, body } = outcome.reply;
      const json = parseJson(body.toString('utf8'));
      const message = errorIn(json);
      if (message !== null)
        return httpStatus === 404 ? { kind: 'summaries', summaries: [] } : { kind: 'error', httpStatus, message };
      if (!isObject(json) || !Array.isArray(json['summaries'])) return strange(outcome.reply);
      return { kind: 'summaries', summaries: listOf(json['summaries']).flatMap(readSummary) };
    },

    async version(signal) {
      const outcome = await http.get('', signal);
      if (outcome.kind === 'failed') return null;
      return (
        /JAEGER_VERSION\s*=\s*\{[^{}]*"gitVersion":\s*"([\w.+-]{1,40})"/.exec(
          outcome.reply.body.toString('utf8'),
        )?.[1] ?? null
      );
    },
  };
}

export function isFailed(reply: { readonly kind: string }): reply is Failed {
  return reply.kind === 'failed';
}

export function errorFailure(host: string, httpStatus: number, message: string): Failed {
  const reason = `"${message.replace(/\s+/g, ' ').slice(0, 200)}"`;
  return failed({ code: 'refused', host, httpStatus, reason });
}

function failed(failure: SourceFailure): Failed {
  return { kind: 'failed', failure, strange: false };
}

function readSummary(wire: unknown): readonly Summary[] {
  if (!isObject(wire)) return [];
  const traceId = normaliseTraceId(wire['traceId']);
  return traceId === null ? [] : [{ traceId, startNanos: numberOf(wire['minStartTimeUnixNano']) ?? 0 }];
}

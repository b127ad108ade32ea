import { createJaegerSource, type JaegerOptions } from '../../../src/adapters/jaeger/source.ts';
import { micros, type Trace } from '../../../src/diagnosis/trace.ts';
import type { SourceFailure, TimeWindow, TraceAnswer, TraceSource } from '../../../src/jobs/ports.ts';

export function sourceAt(url: string, options: Partial<JaegerOptions> = {}): TraceSource {
  return createJaegerSource({
    url,
    api: 'auto',
    headers: {},
    caFile: null,
    preferredServices: [],
    timeoutMs: 60_000,
    maxBytes: 64 * 1024 * 1024,
    now: () => micros(Date.now() * 1000),
    ...options,
  });
}

export function signal(): AbortSignal {
  return AbortSignal.timeout(120_000);
}

/** Wide enough for every recording. */
export const EVER: TimeWindow = { from: micros(0), to: micros(Date.parse('2030-01-01') * 1000) };

export function tracesOf(answer: TraceAnswer): readonly Trace[] {
  if (answer.kind === 'unavailable') throw new Error(JSON.stringify(answer.failure));
  return answer.traces.toSorted((a, b) => (a.traceId < b.traceId ? -1 : 1));
}

export function gapsOf(answer: TraceAnswer): readonly string[] {
  return answer.kind === 'traces' ? answer.gaps : [JSON.stringify(answer.failure)];
}

export function failureOf(answer: TraceAnswer): SourceFailure {
  if (answer.kind === 'traces') throw new Error(`${answer.traces.length} traces instead of a failure`);
  return answer.failure;
}

export interface OtlpSpanFields {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly error?: boolean;
}

const START = 1_795_417_200_000_000_000n;

/** One document of v3 with spans of the given fields, one second each. */
export function otlpDocument(spans: readonly OtlpSpanFields[]): object {
  const resourceSpans = spans.map(({ traceId, spanId, service, attributes = {}, error }) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [
      {
        scope: { name: 'test' },
        spans: [
          {
            traceId,
            spanId,
            name: 'work',
            kind: 1,
            startTimeUnixNano: String(START),
            endTimeUnixNano: String(START + 1_000_000_000n),
            attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: otlpValue(value) })),
            status: error === true ? { code: 2 } : { code: 1 },
          },
        ],
      },
    ],
  }));
  return { resourceSpans };
}

function otlpValue(value: string | number): object {
  if (typeof value === 'string') return { stringValue: value };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

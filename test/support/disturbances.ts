/** Changes to a case that must not change its explanation. */
import type { Case } from '../../src/diagnosis/case.ts';
import {
  type Attributes,
  type Micros,
  micros,
  type Span,
  type SpanKind,
  type Trace,
} from '../../src/diagnosis/trace.ts';
import { caseFromDocuments } from '../../src/jobs/gather/documents.ts';

/** The case with other traces, sorted into own ones and neighbours again. */
export function withTraces(kase: Case, traces: readonly Trace[]): Case {
  const { subject, symptom, now, operation, workers } = kase;
  return caseFromDocuments(subject, symptom, now, {
    traces,
    operation,
    workers,
    detail: 'recorded answers',
    remarks: [],
  });
}

export function allTraces({ traces, neighbours }: Case): readonly Trace[] {
  return [...traces, ...neighbours];
}

interface Idle {
  readonly name: string;
  readonly service: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly failed?: boolean;
}

const OK = { 'http.status_code': 200 };

/** What goes on in every system all the time, and what other systems do. */
export const IDLE: readonly Idle[] = [
  {
    name: 'GET',
    service: 'ktrdr-api',
    kind: 'client',
    attributes: { 'http.method': 'GET', 'http.url': 'http://training-worker-1:5005/health', ...OK },
  },
  {
    name: 'GET /health',
    service: 'ktrdr-training-worker-0f0f0f0f',
    kind: 'server',
    attributes: { 'http.method': 'GET', 'http.target': '/health', ...OK },
  },
  {
    name: 'GET /metrics',
    service: 'ktrdr-api',
    kind: 'server',
    attributes: { 'http.method': 'GET', 'http.target': '/metrics', ...OK },
  },
  {
    name: 'operations.list',
    service: 'ktrdr-api',
    kind: 'internal',
    attributes: { 'service.method': 'operations.list' },
  },
  { name: 'workers.list', service: 'ktrdr-api', kind: 'internal', attributes: { 'service.method': 'workers.list' } },
  {
    name: 'GET /api/v1/operations http send',
    service: 'ktrdr-api',
    kind: 'internal',
    attributes: { 'http.status_code': 500 },
    failed: true,
  },
  { name: 'redis GET', service: 'session-cache', kind: 'client', attributes: { 'db.system': 'redis' } },
];

/**
 * At the start of some span: as its child, or as a trace of its own. As a child it is made by the same process or by one that
 * has nothing to do with ktrdr, because a span of another ktrdr process tells that the context got there.
 */
export function withIdleSpan(kase: Case, idle: Idle, which: number, mayBeInside: boolean): Case {
  const traces = allTraces(kase);
  const host = traces[which % traces.length];
  const parent = host?.spans[which % host.spans.length];
  if (host === undefined || parent === undefined) return kase;
  const isForeign = !idle.service.startsWith('ktrdr');
  const isInside = mayBeInside && idle.kind !== 'server' && !(isForeign && answersWouldShow(parent));
  const spanId = (0xabcdef00000000n + BigInt(which % 0xffff)).toString(16).padStart(16, '0');
  const traceId = isInside ? host.traceId : spanId.padStart(32, 'f');
  const span: Span = {
    traceId,
    spanId,
    parentId: isInside ? parent.spanId : null,
    followsFrom: false,
    name: idle.name,
    service: isInside && !isForeign ? parent.service : idle.service,
    kind: idle.kind,
    start: parent.start,
    duration: micros(Math.min(parent.duration, 900)),
    status: { code: idle.failed === true ? 'error' : 'unset', message: null },
    attributes: idle.attributes,
    events: [],
    resource: {},
  };
  if (!isInside) return withTraces(kase, [...traces, { traceId, spans: [span], warnings: [] }]);
  return withTraces(
    kase,
    traces.map((trace) => (trace === host ? { ...trace, spans: inOrder([...trace.spans, span]) } : trace)),
  );
}

/** Below a request or a command, a span of any other process is an answer to it. */
function answersWouldShow({ kind, service }: Span): boolean {
  return kind === 'client' || service === 'ktrdr-cli';
}

/** Workers take a random id at every start: the end of their service's name, and another one in the registry. */
export function withWorkersRenamed(kase: Case, seed: string): Case {
  const texts = [
    ...allTraces(kase).flatMap(({ spans }) =>
      spans.flatMap(({ service, attributes }) => [service, ...Object.values(attributes)]),
    ),
    ...(kase.workers ?? []).map(({ workerId }) => workerId),
    kase.operation?.kind === 'record' ? kase.operation.record.workerId : null,
  ];
  const ids = texts.flatMap((text) => /worker-([0-9a-f]{6,12})$/.exec(String(text))?.[1] ?? []);
  let json = JSON.stringify(kase);
  for (const [index, id] of [...new Set(ids)].entries()) {
    const renamed = (seed + index.toString(16).padStart(4, '0')).slice(-id.length);
    json = json.replaceAll(`worker-${id}`, `worker-${renamed}`);
  }
  return JSON.parse(json);
}

const TIMES = new Set(
  'start time now at readAt createdAt startedAt completedAt lastHealthCheck lastHealthyAt lastSelected'.split(' '),
);

/** All clocks, and the times that ktrdr writes into ids and attributes. */
export function shifted(kase: Case, seconds: number): Case {
  return JSON.parse(JSON.stringify(kase), (key, value: unknown) => {
    if (typeof value === 'number' && TIMES.has(key)) return value + seconds * 1_000_000;
    if (typeof value === 'number' && key === 'progress.updated_at') return value + seconds;
    if (typeof value !== 'string') return value;
    return value.replace(/_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_/g, (_, ...parts: string[]) => {
      const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
      const moved = new Date(Date.UTC(year, month - 1, day, hour, minute, second + seconds)).toISOString();
      return `_${moved.slice(0, 10).replaceAll('-', '')}_${moved.slice(11, 19).replaceAll(':', '')}_`;
    });
  });
}

/** Another deployment's names: its own words before and after ktrdr's, some letters in capitals. */
export function withServicesRenamed(kase: Case, renamed: (service: string) => string): Case {
  return withTraces(
    kase,
    allTraces(kase).map((trace) => ({
      ...trace,
      spans: trace.spans.map((span) => ({ ...span, service: renamed(span.service) })),
    })),
  );
}

export function servicesIn(kase: Case): readonly string[] {
  return [...new Set(allTraces(kase).flatMap(({ spans }) => spans.map(({ service }) => service)))].sort();
}

/** One machine's clock is off. */
export function withClockOff(kase: Case, service: string | undefined, offset: Micros): Case {
  const traces = allTraces(kase);
  const moved = (at: Micros) => micros(at + offset);
  return withTraces(
    kase,
    traces.map((trace) => ({
      ...trace,
      spans: inOrder(
        trace.spans.map((span) =>
          span.service === service
            ? {
                ...span,
                start: moved(span.start),
                events: span.events.map((event) => ({ ...event, time: moved(event.time) })),
              }
            : span,
        ),
      ),
    })),
  );
}

function inOrder(spans: readonly Span[]): readonly Span[] {
  return spans.toSorted((a, b) => a.start - b.start || (a.spanId < b.spanId ? -1 : 1));
}

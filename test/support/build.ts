/**
 * Cases for tests, told like a story: spans nest by being arguments of their parent, moments are milliseconds after the
 * story begins, and everything that a story does not mention has an ordinary value.
 */
import type { Case, OperationAnswer, OperationRecord, Subject, WorkerRecord } from '../../src/diagnosis/case.ts';
import {
  type Attributes,
  type Micros,
  micros,
  type Span,
  type SpanEvent,
  type SpanKind,
  type Trace,
} from '../../src/diagnosis/trace.ts';

/** When every story begins. */
const BEGIN_MS = Date.UTC(2026, 4, 12, 9, 30, 0);

/** The moment `ms` after the story began. */
export function moment(ms: number): Micros {
  return micros((BEGIN_MS + ms) * 1000);
}

/** A span before it has ids. */
export interface Draft {
  readonly name: string;
  readonly telling: Telling;
  readonly children: readonly Draft[];
}

export interface Telling {
  /** Inherited from the parent when it is not told. */
  readonly service?: string;
  readonly kind?: SpanKind;
  /** Start; by default just after the parent's. */
  readonly at?: number;
  readonly took?: number;
  readonly attributes?: Attributes;
  readonly status?: 'unset' | 'ok' | 'error';
  readonly description?: string;
  /** Type and message; recorded twice, as ktrdr's helpers do, and the span is in error. */
  readonly raises?: readonly [type: string, message: string, raisedFrom?: string];
  /** Recorded, and dealt with inside the span, which is no error then. */
  readonly caught?: boolean;
  /** Names a parent that was never delivered. */
  readonly lostParent?: boolean;
}

export function span(name: string, telling: Telling = {}, ...children: readonly Draft[]): Draft {
  return { name, telling, children };
}

/** Each root with all below it; several roots share the trace id, as after a lost parent. */
export function trace(...roots: readonly Draft[]): Trace {
  const traceId = nextId(32);
  const spans: Span[] = [];
  const waiting = roots.map((draft) => ({ draft, parent: null as Span | null }));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const made = materialise(next.draft, next.parent, traceId);
    spans.push(made);
    waiting.push(...next.draft.children.map((draft) => ({ draft, parent: made })));
  }
  spans.sort((a, b) => a.start - b.start || (a.spanId < b.spanId ? -1 : 1));
  return { traceId, spans, warnings: [] };
}

/** A request as its receiver sees it; 5xx is an error, 4xx is not. */
export function server(
  route: string,
  service: string,
  http: number,
  telling: Telling,
  ...children: readonly Draft[]
): Draft {
  const [method = 'GET', path = '/'] = route.split(' ');
  return span(
    route,
    {
      service,
      kind: 'server',
      status: http >= 500 ? 'error' : 'unset',
      ...telling,
      attributes: {
        'http.method': method,
        'http.route': path,
        'http.target': path,
        'http.status_code': http,
        ...telling.attributes,
      },
    },
    ...children,
    span(`${route} http send`, { took: 0.1, attributes: { 'asgi.event.type': 'http.response.start' } }),
  );
}

/** A request as its sender sees it: `http` null means that no answer came. */
export function call(
  method: string,
  url: string,
  http: number | null,
  telling: Telling,
  ...children: readonly Draft[]
): Draft {
  const failed = http === null || http >= 400;
  return span(
    method,
    {
      kind: 'client',
      status: failed ? 'error' : 'unset',
      ...telling,
      attributes: {
        'http.method': method,
        'http.url': url,
        ...(http === null ? {} : { 'http.status_code': http }),
        ...telling.attributes,
      },
    },
    ...children,
  );
}

export const NO_CONNECTION = ['httpx.ConnectError', 'All connection attempts failed'] as const;
export const NO_ANSWER = ['httpx.ReadTimeout', ''] as const;

export interface Story {
  readonly subject?: Subject;
  readonly id?: string;
  readonly symptom?: Case['symptom'];
  /** When the question is asked. */
  readonly now: number;
  readonly traces?: readonly Trace[];
  readonly neighbours?: readonly Trace[];
  readonly operation?: OperationAnswer | OperationRecord | null;
  readonly later?: OperationRecord | null;
  readonly workers?: readonly WorkerRecord[] | null;
  readonly others?: readonly OperationRecord[];
  readonly baseline?: readonly Trace[];
  readonly services?: readonly string[] | null;
  readonly sources?: Case['sources'];
}

export function caseOf(story: Story): Case {
  const { now, traces = [], operation = null } = story;
  const traceId = traces[0]?.traceId ?? '';
  return {
    subject:
      story.subject ??
      (story.id === undefined ? { kind: 'trace', traceId } : { kind: 'operation', operationId: story.id }),
    symptom: story.symptom ?? null,
    now: moment(now),
    traces,
    neighbours: story.neighbours ?? [],
    operation:
      operation === null || 'kind' in operation
        ? operation
        : { kind: 'record', record: operation, readAt: moment(now) },
    operationLater: story.later == null ? null : { kind: 'record', record: story.later, readAt: moment(now + 2000) },
    workers: story.workers ?? null,
    otherOperations: story.others ?? [],
    window: null,
    baseline: story.baseline ?? [],
    services: story.services ?? null,
    sources: story.sources ?? [{ name: 'jaeger', state: 'ok', detail: '7 services on Jaeger', tookMs: 5 }],
  };
}

/** The same case as its asker would have it without the ktrdr API. */
export function withoutApi(kase: Case): Case {
  return { ...kase, operation: null, operationLater: null, workers: null, otherOperations: [] };
}

export interface RecordTelling
  extends Partial<Omit<OperationRecord, 'createdAt' | 'startedAt' | 'completedAt' | 'epochs'>> {
  readonly started?: number | null;
  readonly ended?: number | null;
  /** Ends of finished epochs. */
  readonly epochsAt?: readonly number[];
  readonly percentage?: number;
  readonly step?: string | null;
  readonly steps?: readonly [done: number, total: number];
}

export function record(
  operationId: string,
  status: OperationRecord['status'],
  telling: RecordTelling = {},
): OperationRecord {
  const { started = 100, ended = null, epochsAt = [], percentage, step, steps, ...rest } = telling;
  return {
    operationId,
    parentOperationId: null,
    operationType: /^op_([a-z_]+?)_\d/.exec(operationId)?.[1] ?? null,
    status,
    createdAt: started === null ? null : moment(started - 50),
    startedAt: started === null ? null : moment(started),
    completedAt: ended === null ? null : moment(ended),
    progress: {
      percentage: percentage ?? (status === 'completed' ? 100 : 0),
      currentStep: step ?? null,
      stepsCompleted: steps?.[0] ?? null,
      stepsTotal: steps?.[1] ?? null,
    },
    symbol: null,
    timeframe: null,
    startDate: null,
    endDate: null,
    workerId: null,
    errorMessage: null,
    warnings: [],
    resultSummary: {},
    epochs: epochsAt.map((ms, i) => ({
      epoch: i,
      at: moment(ms),
      seconds: i === 0 ? 1 : (ms - (epochsAt[i - 1] ?? ms)) / 1000,
    })),
    isBackendLocal: false,
    ...rest,
  };
}

export interface WorkerTelling
  extends Partial<Omit<WorkerRecord, 'lastHealthCheck' | 'lastHealthyAt' | 'lastSelected'>> {
  readonly checkedAt?: number | null;
  readonly healthyAt?: number | null;
  readonly selectedAt?: number | null;
}

export function worker(workerId: string, status: WorkerRecord['status'], telling: WorkerTelling = {}): WorkerRecord {
  const { checkedAt = 0, healthyAt = checkedAt, selectedAt = null, ...rest } = telling;
  const at = (ms: number | null) => (ms === null ? null : moment(ms));
  return {
    workerId,
    workerType: workerId.replace(/-worker.*$/, ''),
    endpointUrl: `http://127.0.0.1:${workerId.startsWith('training') ? 5005 : 5003}`,
    status,
    currentOperationId: null,
    lastHealthCheck: at(checkedAt),
    lastHealthyAt: at(healthyAt),
    healthCheckFailures: 0,
    lastSelected: at(selectedAt),
    gpu: null,
    ...rest,
  };
}

function materialise({ name, telling, children }: Draft, parent: Span | null, traceId: string): Span {
  const start =
    telling.at === undefined ? micros((parent?.start ?? moment(0)) + (parent === null ? 0 : 500)) : moment(telling.at);
  const took =
    telling.took ??
    Math.max(1, ...children.map((child) => (child.telling.at ?? 0) + (child.telling.took ?? 1) - (telling.at ?? 0)));
  const raised = telling.raises;
  const event = (offset: number): SpanEvent => ({
    name: 'exception',
    time: micros(start + took * 1000 - offset),
    attributes: {
      'exception.type': raised?.[0] ?? '',
      'exception.message': raised?.[1] ?? '',
      'exception.stacktrace': `${raised?.[2] ?? ''}Traceback (most recent call last):\n  File "/app/ktrdr/lab/work.py", line 212, in run\n`,
      'exception.escaped': 'False',
    },
  });
  return {
    traceId,
    spanId: nextId(16),
    parentId: telling.lostParent === true ? nextId(16) : (parent?.spanId ?? null),
    followsFrom: false,
    name,
    service: telling.service ?? parent?.service ?? 'ktrdr-api',
    kind: telling.kind ?? 'internal',
    start,
    duration: micros(took * 1000),
    status: {
      code: raised === undefined || telling.caught === true ? (telling.status ?? 'unset') : 'error',
      message:
        telling.description ??
        (raised === undefined || telling.caught === true ? null : `${raised[0].split('.').at(-1)}: ${raised[1]}`),
    },
    attributes: telling.attributes ?? {},
    events: raised === undefined ? [] : [event(2), event(1)],
    resource: { 'service.name': telling.service ?? parent?.service ?? 'ktrdr-api' },
  };
}

let lastId = 0;

function nextId(digits: number): string {
  lastId += 1;
  return lastId.toString(16).padStart(digits, '0');
}

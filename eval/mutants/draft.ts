/** An incident that can be changed: its spans in OpenTelemetry's words, the ktrdr API's answers as they were sent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { readOperationAnswer, readWorkers } from '../../src/adapters/ktrdr/read.ts';
import type { Case } from '../../src/diagnosis/case.ts';
import { type AttributeValue, micros, type Span, type SpanEvent } from '../../src/diagnosis/trace.ts';
import { subjectOf } from '../../src/diagnosis/vocabulary/subject.ts';
import { caseFromDocuments } from '../../src/jobs/gather/documents.ts';
import { caseOf, type Dialect, type Incident } from '../../test/support/incidents.ts';
import { type Layout, writeTraces } from './write.ts';

export type DraftAttributes = Record<string, AttributeValue>;

interface DraftEvent {
  name: SpanEvent['name'];
  /** Microseconds. */
  time: number;
  attributes: DraftAttributes;
}

export interface DraftSpan {
  traceId: string;
  spanId: string;
  parentId: string | null;
  followsFrom: boolean;
  name: string;
  service: string;
  kind: Span['kind'];
  /** Microseconds, as is `duration`. */
  start: number;
  duration: number;
  status: { code: Span['status']['code']; message: string | null };
  attributes: DraftAttributes;
  events: DraftEvent[];
  resource: DraftAttributes;
}

/** What is right to say. */
interface Expected {
  /** Accepted as the first cause; a rule's ID stands for all its variants. */
  readonly causes: readonly string[];
  readonly tracesOnly?: readonly string[];
  /** Nothing may be blocking or degraded. */
  readonly healthy?: boolean;
  /** Where several answers are right: what may not be said with confidence. */
  readonly never?: readonly string[];
}

type Json = Record<string, unknown>;

export interface Draft {
  readonly name: string;
  ask: string;
  operationId: string | null;
  /** Microseconds. */
  now: number;
  spans: DraftSpan[];
  /** Whether the diagnosis gets the two answers below; a change that puts the truth there sets it. */
  api: boolean;
  /** Body of `GET /api/v1/operations/{id}`. */
  operation: Json | null;
  statusCode: number | null;
  /** Body of `GET /api/v1/workers`. */
  workers: unknown;
  /** How the traces are written down. */
  layout: Layout;
  expected: Expected;
  /** What was done, where the kind's name doesn't say it. */
  notes: string;
}

/** Answers that blame nothing. */
const QUIET = ['healthy', 'running', 'nothing-found', 'none'];

export function draftOf(incident: Incident, api: boolean): Draft {
  const read = (name: string): unknown => {
    const path = [join(incident.dir, name), join(incident.dir, 'ktrdr-api', name)].find((one) => existsSync(one));
    return path === undefined ? null : JSON.parse(readFileSync(path, 'utf8'));
  };
  const { now, traces, neighbours } = caseOf(incident, 'v3', { api: false });
  const { ask, operationId, causes, tracesOnly, healthy, statusCode } = incident.expected;
  const isQuiet = healthy === true || causes.every((cause) => QUIET.includes(cause));
  return {
    name: incident.name,
    ask: ask ?? operationId ?? '',
    operationId,
    now,
    spans: [...traces, ...neighbours].flatMap(({ spans }) => spans.map(changeable)),
    api,
    operation: objectOf(read('operation.json')),
    statusCode: statusCode ?? null,
    workers: read('workers.json'),
    layout: {},
    notes: '',
    expected: { causes, ...(tracesOnly && { tracesOnly }), ...(isQuiet && { healthy: true }) },
  };
}

function changeable(span: Span): DraftSpan {
  return {
    ...span,
    status: { ...span.status },
    attributes: { ...span.attributes },
    events: span.events.map((event) => ({ ...event, attributes: { ...event.attributes } })),
    resource: { ...span.resource },
  };
}

/** The case that the bot would make of the draft, written down in a dialect and read back. */
export function caseOfDraft(draft: Draft, dialect: Dialect): Case {
  const document = readTraceDocument(writeTraces(draft.spans, dialect, draft.layout));
  const subject = subjectOf(draft.ask);
  if (document.kind !== 'traces' || subject === null) throw new Error(`${draft.name}: the mutant can't be read.`);
  const now = micros(draft.now);
  return caseFromDocuments(subject, null, now, {
    traces: document.traces,
    operation: draft.api ? readOperationAnswer(draft.operation, draft.statusCode, now) : null,
    workers: draft.api ? readWorkers(draft.workers) : null,
    detail: 'recorded answers',
    remarks: [],
  });
}

export function acceptedBy(draft: Draft): readonly string[] {
  const { causes, tracesOnly } = draft.expected;
  return draft.api ? causes : (tracesOnly ?? causes);
}

/** Whether any accepted cause begins so. */
export function isAbout(draft: Draft, ...causes: readonly string[]): boolean {
  return draft.expected.causes.some((cause) => causes.some((one) => cause.startsWith(one)));
}

/** The record in the answer of the ktrdr API, to be changed in place. */
export function recordOf(draft: Draft): Json | null {
  const body = draft.operation;
  const data = objectOf(body?.['data']) ?? body;
  return typeof data?.['operation_id'] === 'string' ? data : null;
}

function objectOf(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

/** Rewrites every text of the incident, the asked ID included. False when nothing changed. */
export function rewrite(draft: Draft, change: (text: string, key: string) => string): boolean {
  let changed = false;
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') {
      const text = change(value, key);
      changed ||= text !== value;
      return text;
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, name)]));
  };
  const { spans, operation, workers, ask, operationId } = draft;
  const whole = walk({ spans, operation, workers, ask, operationId }, '');
  Object.assign(draft, whole);
  return changed;
}

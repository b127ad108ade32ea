/** The attempts that a request without an ID may mean. A rejected start has no operation ID, so people can't name it. */
import type { OperationType } from '../../diagnosis/case.ts';
import type { Micros, Span, Trace } from '../../diagnosis/trace.ts';
import { readText } from '../../diagnosis/vocabulary/attributes.ts';
import {
  canonicalType,
  REGISTRATION_SPAN,
  registeredSpellings,
  startSpans,
} from '../../diagnosis/vocabulary/operations.ts';
import type { TimeWindow, TraceQuery } from '../ports.ts';
import type { Looked } from './source-log.ts';

const STARTS = startSpans(null);
const CLOCK_TOLERANCE = 2_000_000;
/** Deeper nesting between a start and its operation does not occur; the bound keeps long chains cheap. */
const MAX_ANCESTORS = 200;

interface AttemptSearch {
  /** Null means any type. */
  readonly type: OperationType | null;
  readonly window: TimeWindow;
  /** Limit of each search. */
  readonly limit: number;
  /** The backend's service names. */
  readonly backends: readonly string[];
}

/**
 * Searches that together find the newest attempts. The queries in one list differ only in the spelling of the type. The first
 * one with hits is enough, because a ktrdr installation always uses the same spelling.
 */
export function attemptQueries({ type, window, limit, backends }: AttemptSearch): readonly (readonly TraceQuery[])[] {
  const spellings = type === null ? [null] : registeredSpellings(type);
  const starts = backends.flatMap((service) =>
    [...startSpans(type).keys()].map((operation) => [{ service, operation, window, limit }]),
  );
  const registrations = spellings.map((spelling) => ({
    operation: REGISTRATION_SPAN,
    ...(spelling === null ? {} : { attributes: { 'operation.type': spelling } }),
    window,
    limit,
  }));
  return [...starts, registrations];
}

/** Runs the queries one after another until one has hits or fails. */
export async function firstToFind(
  queries: readonly TraceQuery[],
  ask: (query: TraceQuery) => Promise<Looked>,
): Promise<Looked> {
  let found: Looked = { traces: [], unanswered: [], searchedServices: null };
  for (const query of queries) {
    found = await ask(query);
    if (found.traces.length > 0 || found.unanswered.length > 0) break;
  }
  return found;
}

export interface Attempt {
  readonly traceId: string;
  readonly at: number;
  /** Null when it created no operation. */
  operationId: string | null;
}

/**
 * Each operation once, and each start that created none, newest first. Attempts after `now` come last, because clocks differ
 * and recordings continue past the time of the request.
 */
export function attemptsOf(traces: readonly Trace[], type: OperationType | null, now: Micros): readonly Attempt[] {
  const isLater = ({ at }: Attempt) => Number(at > now + CLOCK_TOLERANCE);
  const sorted = traces
    .flatMap((trace) => attemptsIn(trace, type))
    .sort((a, b) => isLater(a) - isLater(b) || b.at - a.at);
  const seen = new Set<string>();
  return sorted.filter(({ operationId }) => {
    if (operationId === null) return true;
    const isNew = !seen.has(operationId);
    seen.add(operationId);
    return isNew;
  });
}

function attemptsIn(trace: Trace, type: OperationType | null): readonly Attempt[] {
  const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
  const attempts = new Map<string, Attempt>();
  for (const span of trace.spans)
    if (isStart(span)) attempts.set(span.spanId, { traceId: trace.traceId, at: span.start, operationId: null });

  for (const span of trace.spans) {
    const operationId = readText(span, 'operationId');
    if (operationId === null) continue;
    const start = nearestStart(span, byId);
    const attempt = start === null ? undefined : attempts.get(start.spanId);
    if (attempt !== undefined) attempt.operationId ??= operationId;
    else if (span.name === REGISTRATION_SPAN && isWanted(registeredType(span), type))
      attempts.set(span.spanId, { traceId: trace.traceId, at: span.start, operationId });
  }
  return [...attempts].filter(([id]) => isWantedSpan(byId.get(id), type)).map(([, attempt]) => attempt);
}

function isWantedSpan(span: Span | undefined, type: OperationType | null): boolean {
  return span !== undefined && isWanted(STARTS.get(span.name) ?? registeredType(span), type);
}

function isWanted(actual: OperationType | null, wanted: OperationType | null): boolean {
  return wanted === null || actual === wanted;
}

function isStart(span: Span): boolean {
  return STARTS.has(span.name) && span.kind !== 'client';
}

function registeredType(span: Span): OperationType | null {
  return canonicalType(readText(span, 'operationType') ?? '');
}

function nearestStart(span: Span, byId: ReadonlyMap<string, Span>): Span | null {
  let current: Span | undefined = span;
  for (let depth = 0; current !== undefined && depth < MAX_ANCESTORS; depth += 1) {
    if (isStart(current)) return current;
    current = current.parentId === null ? undefined : byId.get(current.parentId);
  }
  return null;
}

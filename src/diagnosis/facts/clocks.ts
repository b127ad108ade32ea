/**
 * How far apart the clocks of processes are, judged by what would be impossible if they agreed: a span that starts before its
 * parent, or a response outside its call. Nothing else counts, and the smallest correction that makes it possible is applied.
 *
 *   backend   |---- call ----|
 *   worker                     |-- answer --|     its clock is ahead by at least as much as the answer sticks out
 */
import type { Case, OperationAnswer } from '../case.ts';
import { endOf, type Micros, micros, type Span, type Trace } from '../trace.ts';
import { isBackendRoute } from '../vocabulary/operations.ts';
import { spansNamed } from '../vocabulary/span-names.ts';
import { isWorkersRequest } from './start.ts';

/** A process whose clock differs from the one by which all times are given. */
export interface ClockOffset {
  readonly service: string;
  /** Microseconds, negative for a clock that is behind. */
  readonly ahead: Micros;
  /** The service whose clock is used instead: the backend's, else that of the process where the trace begins. */
  readonly reference: string;
}

/** Microseconds by which one clock may be ahead of another. */
interface Interval {
  readonly low: number;
  readonly high: number;
}

interface Relation {
  /** Anything else is impossible. */
  readonly possible: Interval;
  /** The range if every response is within its call, as it nearly always is. */
  readonly usual: Interval;
}

/** For each process, the processes that it called or that called it, with how far ahead they may be. */
type Relations = ReadonlyMap<string, ReadonlyMap<string, Relation>>;

type Offsets = ReadonlyMap<string, ClockOffset>;

/** A larger offset doesn't come from a clock. */
const MOST = 86_400_000_000;

/** The case with the times of all its spans by one clock, and the clocks that were off. */
export function byOneClock(input: Case): { readonly input: Case; readonly clocks: readonly ClockOffset[] } {
  // Clocks are reset occasionally, so what other operations show counts only if this one shows nothing.
  const related = input.neighbours.length === 0 ? [] : offsetsIn([...input.traces, ...input.neighbours]);
  const offsets = offIn([...related, ...offsetsIn(input.traces)]);
  if (offsets.size === 0) return { input, clocks: [] };
  const worker = input.traces.flatMap(({ spans }) => spans.filter(isWorkersRequest)).at(-1);
  const ahead = worker === undefined ? 0 : (offsets.get(processOf(worker))?.ahead ?? 0);
  return {
    input: {
      ...input,
      traces: moved(input.traces, offsets),
      neighbours: moved(input.neighbours, offsets),
      operation: withEpochsMoved(input.operation, ahead),
      operationLater: withEpochsMoved(input.operationLater, ahead),
    },
    clocks: [...offsets.values()],
  };
}

/** The record is the backend's. The times of its epochs may be the worker's: they are if they lie before the start or after now. */
function withEpochsMoved(answer: OperationAnswer | null, ahead: number): OperationAnswer | null {
  if (answer?.kind !== 'record' || ahead === 0) return answer;
  const { startedAt } = answer.record;
  const isPossible = ({ at }: { readonly at: Micros }) =>
    at <= answer.readAt && (startedAt === null || at >= startedAt);
  if (answer.record.epochs.every(isPossible)) return answer;
  const epochs = answer.record.epochs.map((epoch) => ({ ...epoch, at: earlier(epoch.at, ahead) }));
  return { ...answer, record: { ...answer.record, epochs } };
}

export function tracesByOneClock(traces: readonly Trace[]): readonly Trace[] {
  const offsets = offIn(offsetsIn(traces));
  return offsets.size === 0 ? traces : moved(traces, offsets);
}

function offsetsIn(traces: readonly Trace[]): Offsets {
  const offsets = new Map<string, ClockOffset>();
  const relations = relationsIn(traces);
  for (const first of relations.size === 0 ? [] : references(traces, relations)) {
    if (offsets.has(first)) continue;
    const reference = serviceOf(first);
    offsets.set(first, { service: reference, ahead: micros(0), reference });
    const waiting = [first];
    for (const process of waiting) {
      const own = offsets.get(process)?.ahead ?? 0;
      const related = [...(relations.get(process) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [other, { possible, usual }] of related) {
        if (offsets.has(other)) continue;
        const ahead = nearestToZero(possible, own) === 0 ? 0 : nearestToZero(usual, own);
        offsets.set(other, { service: serviceOf(other), ahead: micros(ahead), reference });
        waiting.push(other);
      }
    }
  }
  return offsets;
}

function offIn(offsets: Iterable<[string, ClockOffset]>): Offsets {
  return new Map([...new Map(offsets)].filter(([, { ahead }]) => ahead !== 0));
}

/** If calls contradict each other (a clock drifts, or two processes share a name): the smallest offset that any of them needs. */
function nearestToZero({ low, high }: Interval, own: number): number {
  return Math.max(Math.min(low, high) + own, Math.min(Math.max(low, high) + own, 0));
}

/** Processes in the order in which their clocks are trusted: records have the backend's, and a process that starts a trace comes before those that it calls. */
function references(traces: readonly Trace[], relations: Relations): readonly string[] {
  const ranks = new Map([...relations.keys()].map((process) => [process, 2]));
  const trust = (span: Span, rank: number) => {
    const process = processOf(span);
    const known = ranks.get(process);
    if (known !== undefined && known > rank) ranks.set(process, rank);
  };
  for (const { spans } of traces) {
    for (const span of spans) {
      if (span.kind === 'server' && isBackendRoute(span.name)) trust(span, 0);
      else if (span.parentId === null) trust(span, 1);
    }
  }
  return [...ranks].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).map(([process]) => process);
}

function relationsIn(traces: readonly Trace[]): Relations {
  const relations = new Map<string, Map<string, Relation>>();
  const add = (one: Span, other: Span, relation: Relation) => {
    if (Math.abs(nearestToZero(relation.possible, 0)) > MOST) return;
    const [from, to] = [processOf(one), processOf(other)];
    addOne(from, to, relation);
    addOne(to, from, { possible: reversed(relation.possible), usual: reversed(relation.usual) });
  };
  const addOne = (from: string, to: string, relation: Relation) => {
    const related = relations.get(from) ?? new Map<string, Relation>();
    const known = related.get(to) ?? relation;
    relations.set(from, related);
    related.set(to, {
      possible: common(known.possible, relation.possible),
      usual: common(known.usual, relation.usual),
    });
  };
  for (const { spans } of traces) {
    const callees = calleesIn(spans);
    const callerIds = new Set(callees.map(({ parentId }) => parentId));
    const callers = new Map(spans.filter(({ spanId }) => callerIds.has(spanId)).map((span) => [span.spanId, span]));
    for (const callee of callees) {
      const caller = callers.get(callee.parentId ?? '');
      if (caller === undefined || isOfSameProcess(caller, callee)) continue;
      add(caller, callee, relationOf(caller, callee));
    }
    const completion = spans.find(({ name }) => name === 'operation.complete');
    for (const work of spansNamed(spans, ({ name }) => name.startsWith('worker.'))) {
      if (completion === undefined || isOfSameProcess(completion, work)) continue;
      // The backend completes an operation after its work.
      const possible = { low: endOf(work) - endOf(completion), high: Number.POSITIVE_INFINITY };
      add(completion, work, { possible, usual: possible });
    }
  }
  return relations;
}

/** All spans that another process may have caused. Most spans of a large trace are of one process and have their parent in it. */
function calleesIn(spans: readonly Span[]): readonly Span[] {
  const main = spans[spans.length >> 1];
  if (main === undefined) return [];
  const others = spans.filter((span) => !isOfSameProcess(span, main));
  const otherIds = new Set<string | null>(others.map(({ spanId }) => spanId));
  if (others.length === 0) return [];
  return [...others, ...spans.filter((span) => otherIds.has(span.parentId) && isOfSameProcess(span, main))];
}

/**
 * Nothing starts before its cause, and a callee starts before its response arrives. It also ends before that, unless it takes
 * longer than the call, like a worker that responds and continues. A call that failed had no response.
 */
function relationOf(caller: Span, callee: Span): Relation {
  const high = callee.start - caller.start;
  const isAnswered = caller.kind === 'client' && callee.kind === 'server' && caller.status.code !== 'error';
  const possible = { low: isAnswered ? callee.start - endOf(caller) : Number.NEGATIVE_INFINITY, high };
  const isWithin = isAnswered && callee.duration <= caller.duration;
  return { possible, usual: isWithin ? { low: endOf(callee) - endOf(caller), high } : possible };
}

function common(a: Interval, b: Interval): Interval {
  return { low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
}

function reversed({ low, high }: Interval): Interval {
  return { low: -high, high: -low };
}

function moved(traces: readonly Trace[], offsets: Offsets): readonly Trace[] {
  return traces.map((trace) => {
    if (!trace.spans.some((span) => offsets.has(processOf(span)))) return trace;
    const spans = trace.spans.map((span) => {
      const ahead = offsets.get(processOf(span))?.ahead ?? 0;
      if (ahead === 0) return span;
      const events = span.events.map((event) => ({ ...event, time: earlier(event.time, ahead) }));
      return { ...span, start: earlier(span.start, ahead), events };
    });
    return { ...trace, spans: spans.sort((a, b) => a.start - b.start || (a.spanId < b.spanId ? -1 : 1)) };
  });
}

function earlier(at: Micros, by: number): Micros {
  return micros(Math.max(0, at - by));
}

/** What makes instances of one service differ, where its resource has it. */
const INSTANCE = ['service.instance.id', 'host.id', 'host.name'];

function processOf({ service, resource }: Span): string {
  const instance = INSTANCE.map((key) => resource[key]).find((value) => value !== undefined);
  return JSON.stringify([service, instance ?? null]);
}

function serviceOf(process: string): string {
  return JSON.parse(process)[0];
}

function isOfSameProcess(a: Span, b: Span): boolean {
  return a.service === b.service && (a.resource === b.resource || processOf(a) === processOf(b));
}

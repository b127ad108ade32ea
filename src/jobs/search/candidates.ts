/** Turns traces into operations, each with all its traces. Rejected starts and failed commands count as operations. */
import type { Case, OperationAnswer, Subject } from '../../diagnosis/case.ts';
import { type Facts, factsOf } from '../../diagnosis/facts/index.ts';
import { startRequestOf } from '../../diagnosis/facts/start.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import type { Micros, Span, Trace } from '../../diagnosis/trace.ts';
import { readText } from '../../diagnosis/vocabulary/attributes.ts';
import { commandSpans } from '../../diagnosis/vocabulary/operations.ts';
import { operationIdsIn } from '../../diagnosis/vocabulary/subject.ts';
import { bareCase } from '../gather/bare-case.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { mergeTraces, operationsMentionedIn } from '../gather/traces.ts';
import { windowOfOperation } from '../gather/window.ts';
import { inTurns } from '../in-turns.ts';
import type { KtrdrApi, TraceAnswer, TraceSource } from '../ports.ts';
import { startOf } from './filter.ts';

export interface Candidate {
  /** Null for an attempt that created no operation. */
  readonly operationId: string | null;
  readonly input: Case;
  readonly facts: Facts;
}

/** Reading all traces of an operation costs a search over all services, but the operations that are shown need it anyway. */
const MIN_COMPLETED = 40;
const CONCURRENT_READS = 5;

/** One candidate for each operation that the traces mention or whose id is known, and for each attempt without one. */
export function candidatesIn(traces: readonly Trace[], knownIds: readonly string[], now: Micros): readonly Candidate[] {
  const byId = new Map<string, Trace[]>(knownIds.map((id) => [id, []]));
  const attempts: Candidate[] = [];
  for (const trace of traces) {
    const ids = idsIn(trace);
    for (const id of ids) byId.set(id, [...(byId.get(id) ?? []), trace]);
    if (ids.length === 0 && trace.spans.some(isAttempt)) attempts.push(candidateOf(trace, now));
  }
  return [...[...byId].map(([id, own]) => candidate(id, own, null, now)), ...attempts];
}

export interface CompletionDeps {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
  readonly now: Micros;
  readonly lookbackMs: number;
  readonly signal: AbortSignal;
  /** True if a condition can't be checked in the traces of training runs. */
  readonly needsRecord: boolean;
  /** Number of operations to show. */
  readonly rows: number;
  /** Gets a sentence for each question that wasn't answered. */
  readonly gaps: Set<string>;
}

/**
 * A search may find one of several traces of an operation: its start without the orphan detector's verdict, its end without its
 * start. For those that look incomplete all traces are read, the newest first; `left` is how many exceed the limit.
 */
export async function complete(
  candidates: readonly Candidate[],
  deps: CompletionDeps,
): Promise<{ readonly candidates: readonly Candidate[]; readonly left: number }> {
  const incomplete = candidates
    .filter((candidate) => isIncomplete(candidate) || (deps.needsRecord && lacksRecord(candidate)))
    .sort((a, b) => (startOf(b.facts) ?? deps.now) - (startOf(a.facts) ?? deps.now));
  const chosen = incomplete.slice(0, Math.max(MIN_COMPLETED, deps.rows));
  const completed = await inTurns(chosen, CONCURRENT_READS, (candidate) => readWhole(candidate, deps));
  const others = candidates.filter((candidate) => !chosen.includes(candidate));
  return {
    candidates: [...others, ...completed].filter(({ input }) => input.traces.length > 0 || input.operation !== null),
    left: incomplete.length - chosen.length,
  };
}

/** ktrdr's spans of a training run name neither its strategy nor the ID of its worker. */
export function lacksRecord({ operationId, facts }: Candidate): boolean {
  return operationId !== null && facts.type === 'training' && facts.record === null;
}

function isIncomplete({ operationId, facts }: Candidate): boolean {
  if (operationId === null) return false;
  const began = facts.start !== null || facts.operationSpans.registered.includes(operationId);
  return !began || !isTerminal(facts.status.value);
}

async function readWhole({ operationId, input }: Candidate, deps: CompletionDeps): Promise<Candidate> {
  const { traces, ktrdr, now, lookbackMs, signal } = deps;
  const id = operationId ?? '';
  const [found, answer] = await Promise.all([
    traces.findOperation(id, windowOfOperation(id, now, lookbackMs), signal),
    ktrdr === null ? null : ktrdr.operation(id, signal),
  ]);
  if (answer?.kind === 'unavailable') deps.gaps.add(describeFailure('The ktrdr API', answer.failure));
  return candidate(
    operationId,
    [...input.traces, ...tracesIn(found, deps.gaps)],
    answer?.kind === 'record' ? answer : null,
    now,
  );
}

/** Missing parts of the response become gaps. */
export function tracesIn(answer: TraceAnswer, gaps: Set<string>): readonly Trace[] {
  const missing = answer.kind === 'traces' ? answer.gaps : [describeFailure('Jaeger', answer.failure)];
  for (const gap of missing) gaps.add(gap);
  return answer.kind === 'traces' ? answer.traces : [];
}

function candidate(
  operationId: string | null,
  traces: readonly Trace[],
  operation: OperationAnswer | null,
  now: Micros,
): Candidate {
  const subject: Subject =
    operationId === null ? { kind: 'trace', traceId: traces[0]?.traceId ?? '' } : { kind: 'operation', operationId };
  const input = bareCase(subject, mergeTraces(traces), operation, now);
  return { operationId, input, facts: factsOf(input) };
}

/** A candidate for a trace that mentions no operation. */
export function candidateOf(trace: Trace, now: Micros): Candidate {
  return candidate(null, [trace], null, now);
}

/** A refused resume mentions its operation only in its URL. */
function idsIn(trace: Trace): readonly string[] {
  const mentioned = operationsMentionedIn([trace]);
  if (mentioned.length > 0) return mentioned;
  const resumes = trace.spans.filter((span) => startRequestOf(span)?.resume === true);
  const urls = resumes.map((span) => readText(span, 'httpTarget') ?? readText(span, 'httpUrl') ?? '');
  return [...new Set(urls.flatMap(operationIdsIn))];
}

const COMMAND_SPANS = commandSpans(null);

/** A request for an operation, or a command that failed before it could send one. */
function isAttempt(span: Span): boolean {
  if (startRequestOf(span) !== null) return true;
  const failed = span.status.code === 'error' || readText(span, 'cliStatus')?.toLowerCase() === 'error';
  return failed && COMMAND_SPANS.has(span.name);
}

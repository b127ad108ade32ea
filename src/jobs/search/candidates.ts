import { commandSpans } from '../../diagnosis/vocabulary/operations.ts';
/** From traces to operations: each with all its traces, refused starts and commands that got nowhere among them. */

import type { Case, OperationAnswer, Subject } from '../../diagnosis/case.ts';
import { type Facts, factsOf } from '../../diagnosis/facts/index.ts';
import { startRequestOf } from '../../diagnosis/facts/start.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import type { Micros, Span, Trace } from '../../diagnosis/trace.ts';
import { readText } from '../../diagnosis/vocabulary/attributes.ts';
import { operationIdsIn } from '../../diagnosis/vocabulary/subject.ts';
import { operationsMentionedIn } from '../gather/names.ts';
import { windowOfOperation } from '../gather/window.ts';
import { inTurns } from '../in-turns.ts';
import type { KtrdrApi, TraceSource } from '../ports.ts';
import { startOf } from './filter.ts';

export interface Candidate {
  /** Null for an attempt that no operation came of. */
  readonly operationId: string | null;
  readonly kase: Case;
  readonly facts: Facts;
}

/** Reading an operation again as a whole costs a search over all services. */
const MOST_COMPLETED = 40;
const AT_ONCE = 5;

/** One candidate for each operation that the traces name or that is known by id, and for each attempt without one. */
export function candidatesIn(traces: readonly Trace[], knownIds: readonly string[], now: Micros): readonly Candidate[] {
  const named = new Map<string, Trace[]>(knownIds.map((id) => [id, []]));
  const attempts: Candidate[] = [];
  for (const trace of traces) {
    const ids = idsIn(trace);
    for (const id of ids) named.set(id, [...(named.get(id) ?? []), trace]);
    if (ids.length === 0 && trace.spans.some(isAttempt)) attempts.push(candidate(null, [trace], null, now));
  }
  return [...[...named].map(([id, own]) => candidate(id, own, null, now)), ...attempts];
}

export interface CompletionDeps {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
  readonly now: Micros;
  readonly lookbackMs: number;
  readonly signal: AbortSignal;
}

/**
 * A search may come upon an operation by one trace of several: its start without the orphan detector's verdict, its end without
 * its start. Those that look incomplete are read as a whole, the newest first; the rest stay as they are.
 */
export async function complete(
  candidates: readonly Candidate[],
  deps: CompletionDeps,
): Promise<{ readonly candidates: readonly Candidate[]; readonly left: number }> {
  const incomplete = candidates
    .filter(isIncomplete)
    .sort((a, b) => (startOf(b.facts) ?? deps.now) - (startOf(a.facts) ?? deps.now));
  const chosen = incomplete.slice(0, MOST_COMPLETED);
  const completed = await inTurns(chosen, AT_ONCE, (candidate) => readWhole(candidate, deps));
  const others = candidates.filter((candidate) => !chosen.includes(candidate));
  return {
    candidates: [...others, ...completed].filter(({ kase }) => kase.traces.length > 0 || kase.operation !== null),
    left: incomplete.length - chosen.length,
  };
}

function isIncomplete({ operationId, facts }: Candidate): boolean {
  if (operationId === null) return false;
  const began = facts.start !== null || facts.operationSpans.registered.includes(operationId);
  return !began || !isTerminal(facts.status.value);
}

async function readWhole({ operationId, kase }: Candidate, deps: CompletionDeps): Promise<Candidate> {
  const { traces, ktrdr, now, lookbackMs, signal } = deps;
  const id = operationId ?? '';
  const [found, answer] = await Promise.all([
    traces.findOperation(id, windowOfOperation(id, now, lookbackMs), signal),
    ktrdr === null ? null : ktrdr.operation(id, signal),
  ]);
  const whole = union([...kase.traces, ...(found.kind === 'traces' ? found.traces : [])]);
  return candidate(operationId, whole, answer?.kind === 'record' ? answer : null, now);
}

function candidate(
  operationId: string | null,
  traces: readonly Trace[],
  operation: OperationAnswer | null,
  now: Micros,
): Candidate {
  const subject: Subject =
    operationId === null ? { kind: 'trace', traceId: traces[0]?.traceId ?? '' } : { kind: 'operation', operationId };
  const kase: Case = {
    subject,
    symptom: null,
    now,
    traces: traces.toSorted((a, b) => (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0)),
    neighbours: [],
    operation,
    operationLater: null,
    workers: null,
    otherOperations: [],
    window: null,
    baseline: [],
    services: null,
    sources: [],
  };
  return { operationId, kase, facts: factsOf(kase) };
}

/** A trace of its own for one that nothing names: only when it was asked for. */
export function candidateOf(trace: Trace, now: Micros): Candidate {
  return candidate(null, [trace], null, now);
}

/** Of unequal copies the fuller one. */
export function union(traces: readonly Trace[]): readonly Trace[] {
  const byId = new Map<string, Trace>();
  for (const trace of traces) {
    const known = byId.get(trace.traceId);
    if (known === undefined || known.spans.length < trace.spans.length) byId.set(trace.traceId, trace);
  }
  return [...byId.values()];
}

/** A refused resume names its operation in its address alone. */
function idsIn(trace: Trace): readonly string[] {
  const named = operationsMentionedIn([trace]);
  if (named.length > 0) return named;
  const resumes = trace.spans.filter((span) => startRequestOf(span)?.resume === true);
  return [
    ...new Set(
      resumes.flatMap((span) => operationIdsIn(readText(span, 'httpTarget') ?? readText(span, 'httpUrl') ?? '')),
    ),
  ];
}

const COMMAND_SPANS = commandSpans(null);

/** A request for an operation, or a command that failed before it could send one. */
function isAttempt(span: Span): boolean {
  if (startRequestOf(span) !== null) return true;
  const failed = span.status.code === 'error' || readText(span, 'cliStatus')?.toLowerCase() === 'error';
  return failed && COMMAND_SPANS.has(span.name);
}

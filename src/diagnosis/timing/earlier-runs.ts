/** Measurements of an operation, and of earlier ones of the same kind. */

import type { Case } from '../case.ts';
import { type Facts, factsOf } from '../facts/index.ts';
import { isRegistration, operationNamedIn } from '../facts/operation-spans.ts';
import { flowOf } from '../flow.ts';
import type { Micros, Trace } from '../trace.ts';
import { readNumber } from '../vocabulary/attributes.ts';
import { rowsOf, type TimeSegment, timeBreakdownOf } from './time-breakdown.ts';

export interface Run {
  readonly operationId: string | null;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly strategy: string | null;
  readonly at: Micros;
  /** The process that did the work: every ktrdr worker has its own service name. */
  readonly worker: string | null;
  readonly rows: number | null;
  /** Epochs of a training run; null if they weren't counted. */
  readonly epochs: number | null;
  /** Microseconds per epoch. */
  readonly pace: number | null;
  /** Microseconds, without what a fresh process needs before its first phase. */
  readonly length: number;
  readonly segments: readonly TimeSegment[];
  readonly phases: readonly string[];
  readonly services: readonly { readonly service: string; readonly length: number }[];
}

/** Larger traces are too expensive to compare. */
const MOST_SPANS = 20_000;
const MOST_RUNS = 50;

/** Null where no span shows how long it took. */
export function runOf(facts: Facts): Run | null {
  const { segments, total } = timeBreakdownOf(facts);
  const [first] = facts.own;
  if (total <= 0 || first === undefined) return null;
  const warmUp = segments.find(({ kind }) => kind === 'warm-up')?.length ?? 0;
  const { symbol, timeframe, strategy } = facts.parameters;
  return {
    operationId: facts.operationId,
    symbol,
    timeframe,
    strategy,
    at: first.start,
    worker: facts.phases[0]?.span.service ?? null,
    rows: rowsOf(facts.phases),
    ...epochsOf(facts),
    length: total - warmUp,
    segments,
    phases: facts.phases.map(({ name }) => name),
    services: (flowOf(facts).criticalPath?.byService ?? []).map(({ service, ms }) => ({ service, length: ms * 1000 })),
  };
}

/** Completed operations of the same type, newest first. */
export function earlierRuns(facts: Facts, before: Micros): readonly Run[] {
  const own = new Set(facts.case.traces.map(({ traceId }) => traceId));
  const runs = new Map<string, Run>();
  for (const trace of newestFirst([...facts.case.baseline, ...facts.case.neighbours])) {
    if (runs.size >= MOST_RUNS) break;
    if (own.has(trace.traceId) || trace.spans.length > MOST_SPANS || !trace.spans.some(isRegistration)) continue;
    const other = factsOf(caseOf(trace, facts.case));
    const run = isComparable(other, facts) ? runOf(other) : null;
    if (run !== null && sharesPhases(other, facts) && run.operationId !== null && run.at < before)
      runs.set(run.operationId, run);
  }
  return [...runs.values()].sort((a, b) => b.at - a.at);
}

function newestFirst(traces: readonly Trace[]): readonly Trace[] {
  const startOf = ({ spans }: Trace) => spans[0]?.start ?? 0;
  return traces.toSorted((a, b) => startOf(b) - startOf(a) || (a.traceId < b.traceId ? -1 : 1));
}

function isComparable(other: Facts, facts: Facts): boolean {
  return (
    other.type === facts.type &&
    other.operationId !== facts.operationId &&
    other.status.value === 'completed' &&
    other.operationSpans.registered.length === 1 &&
    other.resume === null
  );
}

/** The runbook's phases differ from those of the current spans in what they cover. */
function sharesPhases(other: Facts, facts: Facts): boolean {
  const names = new Set(facts.phases.map(({ name }) => name));
  return names.size === 0 || other.phases.some(({ name }) => names.has(name));
}

/** The trace alone, with the record of its operation if there is one. */
function caseOf(trace: Trace, input: Case): Case {
  const { traceId } = trace;
  const operationId = operationNamedIn(trace.spans);
  const record = input.otherOperations.find((other) => other.operationId === operationId);
  return {
    ...input,
    subject: { kind: 'trace', traceId },
    symptom: null,
    traces: [trace],
    neighbours: [],
    baseline: [],
    operation: record === undefined ? null : { kind: 'record', record, readAt: input.now },
    operationLater: null,
    workers: null,
  };
}

function epochsOf({ record, progress, phases }: Facts): Pick<Run, 'epochs' | 'pace'> {
  if (progress?.secondsPerEpoch != null)
    return { epochs: record?.epochs.length ?? null, pace: progress.secondsPerEpoch * 1e6 };
  const loop = phases.find(({ name }) => name === 'training.training_loop')?.span;
  const epochs = loop === undefined ? null : readNumber(loop, 'epochsCompleted');
  const isCounted = loop !== undefined && epochs !== null && epochs > 0;
  return isCounted ? { epochs, pace: loop.duration / epochs } : { epochs: null, pace: null };
}

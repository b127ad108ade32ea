/** Reads the traces and record of the requested operation, and whether the search for them succeeded. */
import type { Case, Guess, OperationAnswer, SearchOutcome, Subject, Symptoms } from '../../diagnosis/case.ts';
import type { Trace } from '../../diagnosis/trace.ts';
import type { TimeWindow } from '../ports.ts';
import { isApi } from './documents.ts';
import type { GatherContext, GatherRequest } from './gather.ts';
import type { Unnamed } from './guess.ts';
import { similarIds } from './similar-ids.ts';
import type { Looked } from './source-log.ts';
import { isWhole, mentionsOperation, mergeTraces, onlyOperationMentionedIn, wholeTracesOf } from './traces.ts';
import { findUnnamed } from './unnamed.ts';
import { isYoung, recentWindow, widerWindow, windowOfOperation } from './window.ts';

export interface OwnData {
  /** `last` is resolved to the latest operation or trace, and kept when there is none. */
  readonly subject: Subject;
  /** Which operation was guessed, if the request named none. */
  readonly guess?: Guess;
  readonly operationId: string | null;
  readonly traces: readonly Trace[];
  readonly operation: OperationAnswer | null;
  readonly search: SearchOutcome;
  readonly window: Case['window'];
}

/** An exporter delivers every 5 s. */
const SPANS_ARRIVE_MS = 5000;

export async function findOwn({ subject, symptom }: GatherRequest, context: GatherContext): Promise<OwnData> {
  switch (subject.kind) {
    case 'operation':
      return findOperation(subject.operationId, context);
    case 'trace':
      return findTrace(subject.traceId, context);
    case 'last':
      return findLast(subject, symptom, context);
  }
}

/** Reuses the traces that the search for attempts read, so that none is read twice. */
async function findLast(subject: Unnamed, symptom: Symptoms | null, context: GatherContext): Promise<OwnData> {
  const { chosen, seen, unanswered } = await findUnnamed(subject, symptom, context);
  if (chosen === null) {
    const search = { unanswered, searchedServices: null, similarIds: [] };
    const window = recentWindow(context.now, context.lookbackMs);
    return { subject, operationId: null, traces: [], operation: null, search, window };
  }
  const found =
    chosen.subject.kind === 'trace'
      ? await findTrace(chosen.subject.traceId, context, seen)
      : await findOperation(chosen.subject.operationId, context, seen);
  const search = { ...found.search, unanswered: [...unanswered, ...found.search.unanswered] };
  return { ...found, guess: chosen.guess, search };
}

async function findOperation(
  operationId: string,
  context: GatherContext,
  seen: readonly Trace[] = [],
): Promise<OwnData> {
  const [{ window, ...found }, operation] = await Promise.all([
    searchOperation(operationId, seen, context),
    askOperation(operationId, context),
  ]);
  const traces = mergeTraces([...found.traces, ...seen.filter((trace) => mentionsOperation(trace, operationId))]);
  const { unanswered, searchedServices } = found;
  const isUnknown = traces.length === 0 && unanswered.length === 0 && operation?.kind !== 'record';
  const similar = isUnknown ? await similarIds(operationId, context) : [];
  const search = { unanswered, searchedServices, similarIds: similar };
  return { subject: { kind: 'operation', operationId }, operationId, traces, operation, search, window };
}

/**
 * A trace that mentions exactly one operation, such as a cancel, a resume, or an orphan check, leads to that operation's other
 * traces.
 */
async function findTrace(traceId: string, context: GatherContext, seen: readonly Trace[] = []): Promise<OwnData> {
  const { traces: source, sourceLog, signal } = context;
  const whole = seen.find((trace) => trace.traceId === traceId && isWhole(trace));
  const asked =
    whole === undefined
      ? await sourceLog.traces(source.getTrace(traceId, signal), 'the request for this trace')
      : { traces: [whole], unanswered: [], searchedServices: null };
  const traces = mergeTraces([...asked.traces, ...seen.filter((trace) => trace.traceId === traceId)]);
  const operationId = onlyOperationMentionedIn(traces);
  const { unanswered, searchedServices } = asked;
  const own = { subject: { kind: 'trace', traceId } as const, operationId, traces, window: null };
  if (operationId === null)
    return { ...own, operation: null, search: { unanswered, searchedServices, similarIds: [] } };
  const { search, ...found } = await findOperation(operationId, context, traces);
  return {
    ...own,
    traces: mergeTraces([...found.traces, ...traces]),
    operation: found.operation,
    search: { ...search, unanswered: [...unanswered, ...search.unanswered] },
  };
}

type Searched = Looked & Pick<OwnData, 'window'>;

async function searchOperation(operationId: string, seen: readonly Trace[], context: GatherContext): Promise<Searched> {
  const { now, lookbackMs, signal } = context;
  const known = wholeTracesOf(operationId, seen);
  const search = async (window: TimeWindow): Promise<Searched> => {
    const answer = context.traces.findOperation(operationId, window, signal, known);
    return { ...(await context.sourceLog.traces(answer, 'the search for this operation')), window };
  };
  const first = await search(windowOfOperation(operationId, now, lookbackMs));
  if (first.traces.length > 0 || first.unanswered.length > 0) return first;
  if (context.wait !== null && isYoung(operationId, now)) {
    context.onPhase('waiting for its first spans');
    await context.wait(SPANS_ARRIVE_MS, signal);
    return signal.aborted ? first : search(windowOfOperation(operationId, context.clock(), lookbackMs));
  }
  const wider = widerWindow(operationId, now, lookbackMs);
  return wider === null ? first : search(wider);
}

export async function askOperation(operationId: string, { ktrdr, sourceLog, signal }: GatherContext) {
  if (isApi(ktrdr)) return sourceLog.operation(ktrdr.operation(operationId, signal));
  const saved = ktrdr?.operation ?? null;
  return saved?.kind === 'record' && saved.record.operationId !== operationId ? null : saved;
}

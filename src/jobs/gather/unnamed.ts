/** Finds the operation for a request that names none. */
import type { Guess, OperationType, Subject, Symptom } from '../../diagnosis/case.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import { type Micros, micros, type Trace } from '../../diagnosis/trace.ts';
import { timeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { inTurns } from '../in-turns.ts';
import type { KtrdrApi, TraceSource } from '../ports.ts';
import { type Attempt, attemptQueries, attemptsOf } from './attempts.ts';
import { type AttemptState, guessAmong, stateOf, wantedStates } from './guess.ts';
import type { SourceLog } from './source-log.ts';
import { mergeTraces } from './traces.ts';
import { recentWindow, windowOfOperation } from './window.ts';

interface UnnamedContext {
  readonly traces: TraceSource;
  readonly ktrdr: KtrdrApi | null;
  readonly sourceLog: SourceLog;
  readonly signal: AbortSignal;
  readonly now: Micros;
  readonly lookbackMs: number;
  /** The services that Jaeger lists; null when it did not answer. */
  readonly services: readonly string[] | null;
}

/** A state whose end may be in another trace, or in no trace, costs a search over all services. */
const MAX_STATES_READ = 10;
const STATES_AT_ONCE = 4;
const MAX_RUNNING = 10;

/** Null when nothing was started. */
export async function findUnnamed(
  subject: Extract<Subject, { readonly kind: 'last' }>,
  symptom: Symptom | null,
  context: UnnamedContext,
): Promise<{ readonly subject: Subject; readonly guess: Guess } | null> {
  const { traces, sourceLog, signal, now, lookbackMs, services } = context;
  const wanted = wantedStates(symptom, subject);
  const queries = attemptQueries(subject.type, recentWindow(now, lookbackMs), services);
  const [answers, runningIds] = await Promise.all([
    Promise.all(queries.map((query) => sourceLog.traces(traces.search(query, signal), 'around'))),
    wanted?.includes('running') ? idsOfRunning(subject.type, context) : ([] as readonly string[]),
  ]);
  const found = mergeTraces(answers.flatMap((answer) => answer ?? []));
  const attempts = withOperations(attemptsOf(found, subject.type, now), runningIds);
  const states = attempts.map((attempt) => stateOf(attempt, found, null, now));
  if (wanted === null) return guessAmong(states, subject, symptom);
  const isOpen = ({ operationId, status }: AttemptState) => operationId !== null && !isTerminal(status);
  const open = [...states.filter((state) => runningIds.includes(state.operationId ?? '')), ...states.filter(isOpen)];
  const doubtful = new Set(open.slice(0, MAX_STATES_READ));
  const current = await inTurns(states, STATES_AT_ONCE, async (state) =>
    doubtful.has(state) ? readState(state, found, context) : state,
  );
  return guessAmong(current, subject, symptom);
}

/** The ktrdr API knows those that started before the search window. */
async function idsOfRunning(type: OperationType | null, { ktrdr, signal }: UnnamedContext): Promise<readonly string[]> {
  if (ktrdr === null) return [];
  const filter = { status: 'running', limit: MAX_RUNNING, ...(type === null ? {} : { type }) };
  const answer = await ktrdr.operations(filter, signal);
  return answer.kind === 'operations' ? answer.operationIds : [];
}

function withOperations(attempts: readonly Attempt[], operationIds: readonly string[]): readonly Attempt[] {
  const known = new Set(attempts.map(({ operationId }) => operationId));
  const others = operationIds
    .filter((id) => !known.has(id))
    .map((operationId) => ({ traceId: '', operationId, at: timeOfOperationId(operationId) ?? micros(0) }));
  return [...attempts, ...others];
}

async function readState(
  attempt: AttemptState,
  found: readonly Trace[],
  { traces, ktrdr, signal, now, lookbackMs }: UnnamedContext,
): Promise<AttemptState> {
  const { operationId } = attempt;
  if (operationId === null) return attempt;
  const window = windowOfOperation(operationId, now, lookbackMs);
  const [own, operation] = await Promise.all([
    traces.findOperation(operationId, window, signal),
    ktrdr === null ? null : ktrdr.operation(operationId, signal),
  ]);
  const all = mergeTraces([...found, ...(own.kind === 'traces' ? own.traces : [])]);
  return stateOf(attempt, all, operation === null || operation.kind === 'unavailable' ? null : operation, now);
}

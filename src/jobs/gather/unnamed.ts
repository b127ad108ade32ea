/** Finds the operation for a request that names none. */
import type { OperationType, Symptoms } from '../../diagnosis/case.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import { micros, type Trace } from '../../diagnosis/trace.ts';
import { BACKEND_SERVICE } from '../../diagnosis/vocabulary/operations.ts';
import { servicesLike } from '../../diagnosis/vocabulary/services.ts';
import { timeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { inTurns } from '../in-turns.ts';
import { type Attempt, attemptQueries, attemptsOf, firstToFind } from './attempts.ts';
import { isApi } from './documents.ts';
import type { GatherContext } from './gather.ts';
import { type AttemptState, type Chosen, guessAmong, stateOf, type Unnamed, wantedStates } from './guess.ts';
import { mergeTraces, wholeTracesOf } from './traces.ts';
import { recentWindow, windowOfOperation } from './window.ts';

/** An operation that still runs may be older than several that have ended. */
const PER_SEARCH = 20;
/** Limited because an end may be in another trace, or in none, and checking that costs a search over all services. */
const MAX_STATES_READ = 10;
const STATES_AT_ONCE = 4;
const MAX_RUNNING = 10;

export interface Attempted {
  /** Null when no operation was started. */
  readonly chosen: Chosen | null;
  /** All traces that were read. */
  readonly seen: readonly Trace[];
  readonly unanswered: readonly string[];
}

export async function findUnnamed(
  subject: Unnamed,
  symptom: Symptoms | null,
  context: GatherContext,
): Promise<Attempted> {
  const { traces, sourceLog, signal, now, lookbackMs } = context;
  const wanted = wantedStates(symptom, subject);
  const window = recentWindow(now, lookbackMs);
  const backends = servicesLike(BACKEND_SERVICE, await context.services);
  const queries = attemptQueries({ type: subject.type, window, limit: PER_SEARCH, backends });
  const question = `the search for the latest ${subject.type ?? 'operation'}`;
  const [answers, runningIds] = await Promise.all([
    Promise.all(
      queries.map((spellings) =>
        firstToFind(spellings, (query) => sourceLog.traces(traces.search(query, signal), question)),
      ),
    ),
    wanted?.includes('running') ? idsOfRunning(subject.type, context) : ([] as readonly string[]),
  ]);
  const seen = mergeTraces(answers.flatMap((answer) => answer.traces));
  const attempts = withOperations(attemptsOf(seen, subject.type, now), runningIds);
  const states = attempts.map((attempt) => stateOf(attempt, seen, null, now));
  const doubtful = wanted === null ? new Set() : doubtfulAmong(states, runningIds);
  const current = await inTurns(states, STATES_AT_ONCE, async (state) =>
    doubtful.has(state) ? readState(state, seen, context) : { state, unanswered: [] },
  );
  // An undetected failure could be the one that is meant. Another undetected end is found later, when the chosen operation is
  // read.
  const deciding = wanted?.includes('failed') ? [...answers, ...current] : answers;
  const chosen = guessAmong(
    current.map(({ state }) => state),
    subject,
    symptom,
  );
  return { chosen, seen, unanswered: [...new Set(deciding.flatMap(({ unanswered }) => unanswered))] };
}

/** Attempts whose end may be in traces that weren't found yet. */
function doubtfulAmong(states: readonly AttemptState[], runningIds: readonly string[]): ReadonlySet<unknown> {
  const isOpen = ({ operationId, status }: AttemptState) => operationId !== null && !isTerminal(status);
  const running = states.filter(({ operationId }) => runningIds.includes(operationId ?? ''));
  return new Set([...running, ...states.filter(isOpen)].slice(0, MAX_STATES_READ));
}

/** The ktrdr API knows those that started before the search window. */
async function idsOfRunning(
  type: OperationType | null,
  { ktrdr, sourceLog, signal }: GatherContext,
): Promise<readonly string[]> {
  if (!isApi(ktrdr)) return [];
  const filter = { status: 'running', limit: MAX_RUNNING, ...(type === null ? {} : { type }) };
  return (await sourceLog.ofOthers(ktrdr.operations(filter, signal)))?.operationIds ?? [];
}

function withOperations(attempts: readonly Attempt[], operationIds: readonly string[]): readonly Attempt[] {
  const known = new Set(attempts.map(({ operationId }) => operationId));
  const others = operationIds
    .filter((id) => !known.has(id))
    .map((operationId) => ({ traceId: '', operationId, at: timeOfOperationId(operationId) ?? micros(0) }));
  return [...attempts, ...others];
}

async function readState(attempt: AttemptState, found: readonly Trace[], context: GatherContext) {
  const { traces, ktrdr, sourceLog, signal, now, lookbackMs } = context;
  const { operationId } = attempt;
  if (operationId === null) return { state: attempt, unanswered: [] };
  const operation = isApi(ktrdr) ? await sourceLog.ofOthers(ktrdr.operation(operationId, signal)) : null;
  if (operation?.kind === 'record' && isTerminal(operation.record.status))
    return { state: stateOf(attempt, found, operation, now), unanswered: [] };
  const window = windowOfOperation(operationId, now, lookbackMs);
  const answer = traces.findOperation(operationId, window, signal, wholeTracesOf(operationId, found));
  const own = await sourceLog.traces(answer, `the search for ${operationId}`);
  const state = stateOf(attempt, mergeTraces([...found, ...own.traces]), operation, now);
  return { state, unanswered: own.unanswered };
}

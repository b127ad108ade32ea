/** Finds operations by their properties. One row per operation, whichever of its traces the searches found. */
import type { OperationStatus } from '../../diagnosis/case.ts';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { factsOf } from '../../diagnosis/facts/index.ts';
import { reportedStatus } from '../../diagnosis/facts/status.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import type { Micros } from '../../diagnosis/trace.ts';
import { timeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { iso } from '../../diagnosis/words.ts';
import { plural } from '../../language/plurals.ts';
import { type GatherDeps, gatherCase } from '../gather/gather.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { mergeTraces } from '../gather/traces.ts';
import { windowOfOperation } from '../gather/window.ts';
import { inTurns } from '../in-turns.ts';
import type { Clock, KtrdrApi, TraceAnswer, TraceSource, Unavailable } from '../ports.ts';
import { type Candidate, candidateOf, candidatesIn, complete, lacksRecord, tracesIn } from './candidates.ts';
import { durationMsOf, matchesFilter, type SearchFilter, startOf } from './filter.ts';
import { MAX_OPERATIONS } from './options.ts';
import { searchQueries } from './plan.ts';
import { sharedSources } from './shared-sources.ts';

export interface SearchDeps {
  readonly traces: TraceSource;
  /** null when no ktrdr API is configured. */
  readonly ktrdr: KtrdrApi | null;
  readonly clock: Clock;
  /** Resolves after the time, or as soon as the signal aborts. */
  readonly wait: NonNullable<GatherDeps['wait']>;
  /** The operator's patterns for secrets. */
  readonly redact?: readonly RegExp[];
}

export interface OperationHit {
  /** Null for a refused start: it created no operation. */
  readonly operationId: string | null;
  /** The trace in which it started; null when only the ktrdr API knows it. */
  readonly traceId: string | null;
  readonly type: string | null;
  readonly status: OperationStatus;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  /** ISO 8601, UTC; null while it runs, and when it is unknown. */
  readonly endedAt: string | null;
  /** For an operation that still runs: the time since it started. */
  readonly durationMs: number | null;
  /** The likely cause; null when no fault was found. */
  readonly cause: string | null;
  readonly headline: string;
  /**
   * True when less was read than for a diagnosis, because the row is on another page or a source didn't respond. A diagnosis
   * may then find another cause.
   */
  readonly provisional: boolean;
}

export type SearchAnswer =
  | {
      readonly kind: 'found';
      /** Newest first. */
      readonly operations: readonly OperationHit[];
      /** Number of matches, including those beyond the limit. */
      readonly total: number;
      /** Sentences on what could not be searched; empty when the answer is complete. */
      readonly gaps: readonly string[];
      /** ISO 8601, UTC; `traces` is how many were read. */
      readonly searched: { readonly from: string; readonly to: string; readonly traces: number };
    }
  | Unavailable;

interface SearchContext extends SearchDeps {
  readonly filter: SearchFilter;
  readonly shown: ShownRows;
  readonly signal: AbortSignal;
  readonly now: Micros;
  readonly lookbackMs: number;
  readonly gaps: Set<string>;
}

const CONCURRENT_SEARCHES = 4;
const DEADLINE_MS = 60_000;
const CONCURRENT_DIAGNOSES = 4;

/** The hits that are shown. Only these get a full diagnosis, because each costs several searches. */
export interface ShownRows {
  readonly first: number;
  readonly count: number;
}

/** `searchOperations` with its sources, possibly in another process. */
export type Search = (filter: SearchFilter, signal: AbortSignal, shown?: ShownRows) => Promise<SearchAnswer>;

/** Throws only when the caller's own signal aborts. */
export async function searchOperations(
  filter: SearchFilter,
  deps: SearchDeps,
  signal: AbortSignal,
  shown: ShownRows = { first: 0, count: filter.limit },
): Promise<SearchAnswer> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  const now = deps.clock();
  const lookbackMs = Math.max(0, now - filter.window.from) / 1000;
  const shared = sharedSources(deps, within);
  const context: SearchContext = {
    ...deps,
    ...shared,
    filter,
    shown,
    signal: within,
    now,
    lookbackMs,
    gaps: new Set(),
  };
  const [answers, recorded] = await Promise.all([askJaeger(context), askKtrdr(context)]);
  signal.throwIfAborted();
  const failure = answers.find((answer) => answer.kind === 'unavailable');
  if (failure !== undefined && recorded.length === 0 && answers.every(({ kind }) => kind === 'unavailable'))
    return failure;

  const traces = mergeTraces(answers.flatMap((answer) => tracesIn(answer, context.gaps)));
  const candidates = candidatesIn(traces, recorded, now);
  const asked = traces.find(({ traceId }) => traceId === filter.traceId);
  if (asked !== undefined && candidates.length === 0)
    return foundAnswer([candidateOf(asked, now)], traces.length, context);
  const needsRecord = deps.ktrdr !== null && (filter.strategy !== undefined || filter.worker !== undefined);
  const { candidates: whole, left } = await complete(candidates, { ...context, needsRecord, rows: shown.count });
  signal.throwIfAborted();
  if (left > 0)
    context.gaps.add(`${plural(left, 'older operation was', 'older operations were')} judged from only one trace.`);
  noteUnknown(whole, context);
  return foundAnswer(
    whole.filter(({ facts }) => matchesFilter(facts, filter, now)),
    traces.length,
    context,
  );
}

/** Reports the training runs for which a condition couldn't be checked. */
function noteUnknown(candidates: readonly Candidate[], { filter, ktrdr, gaps }: SearchContext): void {
  const trainings = candidates.filter(lacksRecord);
  const unknown = (names: string, of: readonly Candidate[]) => {
    if (of.length === 0) return;
    const record = ktrdr === null ? 'the ktrdr API (KTRDR_API_URL) isn’t configured' : 'no record was read';
    gaps.add(`${plural(of.length, 'training run')} not checked: the spans don’t name ${names}, and ${record}.`);
  };
  if (filter.strategy !== undefined)
    unknown(
      'a strategy',
      trainings.filter(({ facts }) => facts.parameters.strategy === null),
    );
  if (filter.worker !== undefined)
    unknown(
      'the ID of a worker',
      trainings.filter(({ facts }) => facts.workers.assignedId === null),
    );
}

async function foundAnswer(
  candidates: readonly Candidate[],
  traces: number,
  context: SearchContext,
): Promise<SearchAnswer> {
  const { filter, gaps, now, redact } = context;
  const newestFirst = candidates.toSorted((a, b) => (startOf(b.facts) ?? 0) - (startOf(a.facts) ?? 0));
  const { cause, limit, window } = filter;
  const { first, count } = cause === undefined ? context.shown : { first: 0, count: MAX_OPERATIONS };
  const end = Math.min(first + count, cause === undefined ? limit : MAX_OPERATIONS);
  const known = new Map<Candidate, Known>();
  const read = (wait: GatherDeps['wait']) => async (candidate: Candidate) => {
    known.set(candidate, await readAll(candidate, wait, context));
  };
  const shown = newestFirst.slice(first, end);
  await inTurns(shown, CONCURRENT_DIAGNOSES, read(null));
  // All at once, because they do little but wait for a second reading of their progress.
  await Promise.all(shown.filter((one) => isInProgress(known.get(one) ?? one)).map(read(context.wait)));
  const wanted = cause === undefined ? newestFirst.slice(0, limit) : newestFirst;
  const hits = wanted.map((one) => hitOf(known.get(one) ?? { ...one, isPartial: true }, now, redact));
  const matching = cause === undefined ? hits : hits.filter((hit) => isCause(hit.cause, cause));
  const total = cause === undefined ? newestFirst.length : matching.length;
  const searched = { from: iso(window.from), to: iso(window.to), traces };
  return { kind: 'found', operations: matching.slice(0, limit), total, gaps: [...gaps], searched };
}

function isCause(found: string | null, wanted: string): boolean {
  return found === null ? wanted === 'none' : found === wanted || found.startsWith(`${wanted}/`);
}

/** Whether a second reading of the record is needed to see progress. */
function isInProgress({ facts: { record, status } }: Candidate): boolean {
  return record !== null && !isTerminal(status.value);
}

/** A candidate with all data that a diagnosis reads; `isPartial` when a source didn't respond. */
interface Known extends Candidate {
  readonly isPartial: boolean;
}

async function readAll(candidate: Candidate, wait: GatherDeps['wait'], context: SearchContext): Promise<Known> {
  const { signal } = context;
  if (signal.aborted) return { ...candidate, isPartial: true };
  const deps = { ...context, deadlineMs: DEADLINE_MS, wait };
  try {
    const input = await gatherCase({ subject: candidate.input.subject, symptom: null }, deps, signal);
    const isPartial = input.sources.some(({ state }) => state === 'unavailable' || state === 'partial');
    if (input.traces.length === 0 && input.operation === null) return { ...candidate, isPartial: true };
    return { ...candidate, input, facts: factsOf(input), isPartial };
  } catch (error) {
    // At the deadline of the search, the remaining rows are shown as they are.
    if (!signal.aborted) throw error;
    return { ...candidate, isPartial: true };
  }
}

async function askJaeger(context: SearchContext): Promise<readonly TraceAnswer[]> {
  const { filter, traces, signal, now, lookbackMs, gaps } = context;
  const { operationId, traceId } = filter;
  if (operationId !== undefined)
    return [await traces.findOperation(operationId, windowOfOperation(operationId, now, lookbackMs), signal)];
  if (traceId !== undefined) return [await traces.getTrace(traceId, signal)];
  const listed = await traces.services(signal);
  if (listed.kind === 'unavailable') return [listed];
  return inTurns(searchQueries(filter, listed.services), CONCURRENT_SEARCHES, async (query) => {
    const answer = await traces.search(query, signal);
    if (answer.kind === 'traces' && answer.traces.length >= query.limit)
      gaps.add(
        `More than ${query.limit} traces match, so only the newest were checked. Use a shorter period to find the rest.`,
      );
    return answer;
  });
}

/** IDs of operations that the backend lists and that started in the window. Some have no trace. */
async function askKtrdr({ ktrdr, filter, signal, gaps }: SearchContext): Promise<readonly string[]> {
  if (ktrdr === null || filter.traceId !== undefined) return [];
  if (filter.operationId !== undefined) return [filter.operationId];
  const status = filter.status ?? (filter.hasError === true ? 'failed' : undefined);
  const { type, limit, window } = filter;
  const wanted = { limit, ...(status === undefined ? {} : { status }), ...(type === undefined ? {} : { type }) };
  const answer = await ktrdr.operations(wanted, signal);
  if (answer.kind === 'unavailable') {
    gaps.add(describeFailure('The ktrdr API', answer.failure));
    return [];
  }
  return answer.operationIds.filter((id) => {
    const at = timeOfOperationId(id);
    return at === null || (at >= window.from && at <= window.to);
  });
}

function hitOf(
  { operationId, input, facts, isPartial }: Known,
  now: Micros,
  redact: readonly RegExp[] = [],
): OperationHit {
  // Only the commands of a fix depend on the deployment, and a row has none.
  const { primary, headline } = diagnose(input, { deployment: 'local', apiUrl: null, redact });
  const [start, end] = [startOf(facts), facts.status.endedAt];
  return {
    operationId,
    traceId: facts.start?.span.traceId ?? facts.own[0]?.traceId ?? null,
    type: facts.type,
    status: reportedStatus(facts.status),
    symbol: facts.parameters.symbol,
    timeframe: facts.parameters.timeframe,
    startedAt: start === null ? null : iso(start),
    endedAt: end === null ? null : iso(end),
    durationMs: durationMsOf(facts, now),
    cause: primary?.cause ?? null,
    headline,
    provisional: isPartial,
  };
}

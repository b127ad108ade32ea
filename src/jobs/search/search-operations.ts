/** Finds operations by what is known of them. One row per operation, whichever of its traces the searches came upon. */
import type { OperationStatus } from '../../diagnosis/case.ts';
import { diagnose } from '../../diagnosis/diagnose.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import { timeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { iso } from '../../diagnosis/words.ts';
import { plural } from '../../language/plurals.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { windowOfOperation } from '../gather/window.ts';
import { inTurns } from '../in-turns.ts';
import type { Clock, KtrdrApi, SourceFailure, TraceAnswer, TraceSource } from '../ports.ts';
import { type Candidate, candidateOf, candidatesIn, complete, union } from './candidates.ts';
import { durationMsOf, matchesFilter, type SearchFilter, startOf, statusInFacts } from './filter.ts';
import { searchQueries } from './plan.ts';

export interface SearchDeps {
  readonly traces: TraceSource;
  /** null when no ktrdr API is configured. */
  readonly ktrdr: KtrdrApi | null;
  readonly clock: Clock;
  /** The operator's patterns for secrets. */
  readonly redact?: readonly RegExp[];
}

export interface OperationHit {
  /** Null for a start that was refused: no operation came of it. */
  readonly operationId: string | null;
  /** The trace in which it began; null when only the ktrdr API knows it. */
  readonly traceId: string | null;
  readonly type: string | null;
  readonly status: OperationStatus;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  /** ISO 8601, UTC; null while it runs, and when nothing tells. */
  readonly endedAt: string | null;
  /** Of what still runs, the time since it began. */
  readonly durationMs: number | null;
  /** The likely cause, judged by the traces and the record alone; null when they show no fault. */
  readonly cause: string | null;
  readonly headline: string;
}

export type SearchAnswer =
  | {
      readonly kind: 'found';
      /** Newest first. */
      readonly operations: readonly OperationHit[];
      /** Sentences on what could not be searched; empty when the answer is complete. */
      readonly gaps: readonly string[];
      /** ISO 8601, UTC; `traces` is how many were looked at. */
      readonly searched: { readonly from: string; readonly to: string; readonly traces: number };
    }
  | { readonly kind: 'unavailable'; readonly failure: SourceFailure };

interface SearchContext extends SearchDeps {
  readonly filter: SearchFilter;
  readonly signal: AbortSignal;
  readonly now: Micros;
  readonly lookbackMs: number;
  readonly gaps: Set<string>;
}

const AT_ONCE = 4;
const DEADLINE_MS = 60_000;

/** Throws only when the caller's own signal aborts. */
export async function searchOperations(
  filter: SearchFilter,
  deps: SearchDeps,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  const now = deps.clock();
  const lookbackMs = Math.max(0, now - filter.window.from) / 1000;
  const inquiry: SearchContext = { ...deps, filter, signal: within, now, lookbackMs, gaps: new Set() };
  const [answers, recorded] = await Promise.all([askJaeger(inquiry), askKtrdr(inquiry)]);
  signal.throwIfAborted();
  const failure = answers.find((answer) => answer.kind === 'unavailable');
  if (failure !== undefined && recorded.length === 0 && answers.every(({ kind }) => kind === 'unavailable'))
    return failure;

  const traces = union(answers.flatMap((answer) => note(answer, inquiry)));
  const candidates = candidatesIn(traces, recorded, now);
  const asked = traces.find(({ traceId }) => traceId === filter.traceId);
  if (asked !== undefined && candidates.length === 0) return found([candidateOf(asked, now)], traces.length, inquiry);
  const { candidates: whole, left } = await complete(candidates, inquiry);
  signal.throwIfAborted();
  if (left > 0)
    inquiry.gaps.add(`${plural(left, 'older operation was', 'older operations were')} judged by one trace only.`);
  return found(
    whole.filter(({ facts }) => matchesFilter(facts, filter, now)),
    traces.length,
    inquiry,
  );
}

function found(candidates: readonly Candidate[], traces: number, inquiry: SearchContext): SearchAnswer {
  const { filter, gaps } = inquiry;
  const newestFirst = candidates.toSorted((a, b) => (startOf(b.facts) ?? 0) - (startOf(a.facts) ?? 0));
  const operations = hitsOf(newestFirst, inquiry);
  const { from, to } = filter.window;
  return { kind: 'found', operations, gaps: [...gaps], searched: { from: iso(from), to: iso(to), traces } };
}

/** A diagnosis is made for those that are shown; for all of them only when it decides which these are. */
function hitsOf(candidates: readonly Candidate[], { filter, now, redact }: SearchContext): readonly OperationHit[] {
  const { cause, limit } = filter;
  if (cause === undefined) return candidates.slice(0, limit).map((candidate) => hitOf(candidate, now, redact));
  const hits = candidates.map((candidate) => hitOf(candidate, now, redact));
  const isIt = (found: string | null) =>
    found === null ? cause === 'none' : found === cause || found.startsWith(`${cause}/`);
  return hits.filter((hit) => isIt(hit.cause)).slice(0, limit);
}

async function askJaeger(inquiry: SearchContext): Promise<readonly TraceAnswer[]> {
  const { filter, traces, signal, now, lookbackMs, gaps } = inquiry;
  const { operationId, traceId } = filter;
  if (operationId !== undefined)
    return [await traces.findOperation(operationId, windowOfOperation(operationId, now, lookbackMs), signal)];
  if (traceId !== undefined) return [await traces.getTrace(traceId, signal)];
  const listed = await traces.services(signal);
  if (listed.kind === 'unavailable') return [listed];
  return inTurns(searchQueries(filter, listed.services), AT_ONCE, async (query) => {
    const answer = await traces.search(query, signal);
    if (answer.kind === 'traces' && answer.traces.length >= query.limit)
      gaps.add(
        `More than ${query.limit} traces match a search; the newest were looked at. A shorter time finds the rest.`,
      );
    return answer;
  });
}

/** Ids of operations that the backend knows and that began in the time asked for: some leave no trace. */
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

function note(answer: TraceAnswer, { gaps }: SearchContext): readonly Trace[] {
  if (answer.kind === 'unavailable') {
    gaps.add(describeFailure('Jaeger', answer.failure));
    return [];
  }
  for (const gap of answer.gaps) gaps.add(gap);
  return answer.traces;
}

function hitOf({ operationId, kase, facts }: Candidate, now: Micros, redact: readonly RegExp[] = []): OperationHit {
  // The commands of a fix depend on the deployment; what is said here does not.
  const { primary, headline } = diagnose(kase, { deployment: 'local', apiUrl: null, redact });
  const [start, end] = [startOf(facts), facts.status.endedAt];
  return {
    operationId,
    traceId: facts.start?.span.traceId ?? facts.own[0]?.traceId ?? null,
    type: facts.type,
    status: statusInFacts(facts),
    symbol: facts.parameters.symbol,
    timeframe: facts.parameters.timeframe,
    startedAt: start === null ? null : iso(start),
    endedAt: end === null ? null : iso(end),
    durationMs: durationMsOf(facts, now),
    cause: primary?.cause ?? null,
    headline,
  };
}

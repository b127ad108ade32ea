/** Asks both witnesses at once, under one deadline. Whatever fails ends in `sources`; nothing aborts the case. */
import type { Case, OperationAnswer, OperationType, SourceReport, Subject, Symptom } from '../../diagnosis/case.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import type { Clock, KtrdrApi, TraceSource } from '../ports.ts';
import { attemptQueries, newestAttempt } from './attempts.ts';
import { earlierOperations } from './baseline.ts';
import { type SavedAnswers, savedAnswersReport } from './documents.ts';
import { onlyOperationMentionedIn } from './names.ts';
import { otherOperations, relatedTraces } from './related-traces.ts';
import { openSourceLog, type SourceLog } from './source-log.ts';
import { isYoung, recentWindow, windowOfOperation } from './window.ts';

export interface GatherDeps {
  readonly traces: TraceSource;
  /** null when no ktrdr API is configured; saved answers stand for it and cannot be looked at twice. */
  readonly ktrdr: KtrdrApi | SavedAnswers | null;
  readonly clock: Clock;
  /** How far back to look for what carries no time of its own. */
  readonly lookbackMs: number;
  /** For all questions together. */
  readonly deadlineMs: number;
  /** Resolves after the time, or as soon as the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What is being done, in words for the person who waits. */
export type GatherPhase = 'reading traces' | 'waiting for its first spans' | 'watching its progress';

/** An exporter delivers every 5 s. */
const SPANS_ARRIVE_MS = 5000;
const PROGRESS_SHOWS_MS = 2000;

interface GatherContext extends GatherDeps {
  readonly sourceLog: SourceLog;
  readonly signal: AbortSignal;
  readonly now: Micros;
  readonly onPhase: (phase: GatherPhase) => void;
}

interface Found {
  readonly operationId: string | null;
  readonly traces: readonly Trace[];
  readonly operation: OperationAnswer | null;
}

/** Throws only when the caller's own signal aborts. */
export async function gatherCase(
  subject: Subject,
  symptom: Symptom | null,
  deps: GatherDeps,
  signal: AbortSignal,
  onPhase: (phase: GatherPhase) => void = () => {},
): Promise<Case> {
  const inquiry: GatherContext = {
    ...deps,
    sourceLog: openSourceLog(deps.clock, ktrdrReportFor(deps.ktrdr)),
    signal: AbortSignal.any([signal, AbortSignal.timeout(deps.deadlineMs)]),
    now: deps.clock(),
    onPhase,
  };
  onPhase('reading traces');
  const [resolved, services, workers] = await Promise.all([
    resolve(subject, inquiry).then(async (named) => ({ subject: named, found: await find(named, inquiry) })),
    inquiry.sourceLog.services(deps.traces.services(inquiry.signal)),
    askWorkers(inquiry),
  ]);
  const { found } = resolved;
  const centre = { ...found, workers, now: inquiry.now, lookbackMs: deps.lookbackMs };
  const jaegerAnswered = services !== null || found.traces.length > 0;
  const { traces, ktrdr, clock } = deps;
  const [neighbours, others, later, earlier] = await Promise.all([
    jaegerAnswered ? relatedTraces(centre, deps.traces, inquiry.sourceLog, inquiry.signal) : [],
    isApi(deps.ktrdr) && workers !== null ? otherOperations(centre, deps.ktrdr, inquiry.sourceLog, inquiry.signal) : [],
    readProgressAgain(found, inquiry),
    earlierOperations(found, symptom, { traces, ktrdr: isApi(ktrdr) ? ktrdr : null, clock }),
  ]);
  signal.throwIfAborted();
  return {
    subject: resolved.subject,
    symptom,
    now: inquiry.now,
    traces: found.traces,
    neighbours,
    operation: found.operation,
    operationLater: later.operation,
    workers: later.workers ?? workers,
    window: searchedWindow(resolved.subject, inquiry),
    otherOperations: [...others, ...earlier.records],
    baseline: earlier.traces,
    services,
    sources: inquiry.sourceLog.reports(),
  };
}

/** `last` becomes the operation or the trace it stands for; it stays as it is when nothing was found. */
async function resolve(subject: Subject, inquiry: GatherContext): Promise<Subject> {
  if (subject.kind !== 'last') return subject;
  const candidates = await searchAttempts(subject.type, inquiry);
  return newestAttempt(candidates, subject.type, inquiry.now) ?? subject;
}

async function searchAttempts(type: OperationType | null, inquiry: GatherContext): Promise<readonly Trace[]> {
  const queries = attemptQueries(type, recentWindow(inquiry.now, inquiry.lookbackMs));
  const { traces, sourceLog, signal } = inquiry;
  return (await Promise.all(queries.map((query) => sourceLog.traces(traces.search(query, signal), 'around')))).flatMap(
    (found) => found ?? [],
  );
}

async function find(subject: Subject, inquiry: GatherContext): Promise<Found> {
  switch (subject.kind) {
    case 'operation':
      return findOperation(subject.operationId, inquiry);
    case 'trace':
      return findTrace(subject.traceId, inquiry);
    case 'last':
      return { operationId: null, traces: [], operation: null };
  }
}

async function findOperation(operationId: string, inquiry: GatherContext): Promise<Found> {
  const [traces, operation] = await Promise.all([tracesOf(operationId, inquiry), askOperation(operationId, inquiry)]);
  return { operationId, traces, operation };
}

/** A trace that names one operation leads to the rest of that operation: a cancel, a resume, the orphan detector. */
async function findTrace(traceId: string, inquiry: GatherContext): Promise<Found> {
  const asked = (await inquiry.sourceLog.traces(inquiry.traces.getTrace(traceId, inquiry.signal))) ?? [];
  const operationId = onlyOperationMentionedIn(asked);
  if (operationId === null) return { operationId, traces: asked, operation: null };
  const found = await findOperation(operationId, inquiry);
  return { ...found, traces: inOrder([...found.traces, ...asked]) };
}

async function tracesOf(operationId: string, inquiry: GatherContext): Promise<readonly Trace[]> {
  const search = () => {
    const window = windowOfOperation(operationId, inquiry.clock(), inquiry.lookbackMs);
    return inquiry.sourceLog.traces(inquiry.traces.findOperation(operationId, window, inquiry.signal));
  };
  const traces = await search();
  if (traces === null) return [];
  if (traces.length > 0 || !isYoung(operationId, inquiry.now)) return inOrder(traces);
  inquiry.onPhase('waiting for its first spans');
  await inquiry.wait(SPANS_ARRIVE_MS, inquiry.signal);
  return inquiry.signal.aborted ? [] : inOrder((await search()) ?? []);
}

/** A change between two readings is life; the workers are read after it, so that they speak of the same moment. */
async function readProgressAgain({ operationId, operation }: Found, inquiry: GatherContext) {
  const status = operation?.kind === 'record' ? operation.record.status : null;
  const isUnderWay = status === 'running' || status === 'resuming' || status === 'pending';
  if (operationId === null || !isUnderWay || !isApi(inquiry.ktrdr)) return { operation: null, workers: null };
  inquiry.onPhase('watching its progress');
  await inquiry.wait(PROGRESS_SHOWS_MS, inquiry.signal);
  if (inquiry.signal.aborted) return { operation: null, workers: null };
  const later = await askOperation(operationId, inquiry);
  return { operation: later, workers: await askWorkers(inquiry) };
}

async function askOperation(operationId: string, { ktrdr, sourceLog, signal }: GatherContext) {
  if (isApi(ktrdr)) return sourceLog.operation(ktrdr.operation(operationId, signal));
  const saved = ktrdr?.operation ?? null;
  return saved?.kind === 'record' && saved.record.operationId !== operationId ? null : saved;
}

async function askWorkers({ ktrdr, sourceLog, signal }: GatherContext) {
  return isApi(ktrdr) ? sourceLog.workers(ktrdr.workers(signal)) : (ktrdr?.workers ?? null);
}

function isApi(ktrdr: GatherDeps['ktrdr']): ktrdr is KtrdrApi {
  return ktrdr !== null && 'probe' in ktrdr;
}

/** What to say of the ktrdr API when it is not asked; null when it is. */
function ktrdrReportFor(ktrdr: GatherDeps['ktrdr']): SourceReport | null {
  if (isApi(ktrdr)) return null;
  if (ktrdr !== null) return savedAnswersReport(ktrdr);
  return { name: 'ktrdr-api', state: 'off', detail: 'KTRDR_API_URL is not set: traces only.', tookMs: 0 };
}

function inOrder(traces: readonly Trace[]): readonly Trace[] {
  const unique = [...new Map(traces.map((trace) => [trace.traceId, trace])).values()];
  return unique.sort((a, b) => (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0));
}

/** By id nothing is searched by time. */
function searchedWindow(subject: Subject, { now, lookbackMs }: GatherContext): Case['window'] {
  if (subject.kind === 'trace') return null;
  return subject.kind === 'operation'
    ? windowOfOperation(subject.operationId, now, lookbackMs)
    : recentWindow(now, lookbackMs);
}

/** Asks Jaeger and the ktrdr API in parallel, under one deadline. Failures are reported in `sources` and never fail the case. */
import type { Case, Guess, OperationAnswer, SourceReport, Subject, Symptom } from '../../diagnosis/case.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import type { Clock, KtrdrApi, TraceSource } from '../ports.ts';
import { type SavedAnswers, savedAnswersReport } from './documents.ts';
import { earlierOperations, otherOperations, relatedTraces } from './related-traces.ts';
import { KTRDR_API_OFF, openSourceLog, type SourceLog } from './source-log.ts';
import { mergeTraces, onlyOperationMentionedIn } from './traces.ts';
import { findUnnamed } from './unnamed.ts';
import { isYoung, recentWindow, windowOfOperation } from './window.ts';

export interface GatherDeps {
  readonly traces: TraceSource;
  /** Null when no ktrdr API is configured. Saved answers replace it and are read once only. */
  readonly ktrdr: KtrdrApi | SavedAnswers | null;
  readonly clock: Clock;
  /** How far back to look for what carries no time of its own. */
  readonly lookbackMs: number;
  /** For all questions together. */
  readonly deadlineMs: number;
  /** Resolves after the time, or as soon as the signal aborts. Null: nothing is read a second time, as for the rows of a list. */
  readonly wait: ((ms: number, signal: AbortSignal) => Promise<void>) | null;
}

/** Progress, in words for the person who waits. */
export type GatherPhase = 'reading traces' | 'waiting for its first spans' | 'watching its progress';

/** An exporter delivers every 5 s. */
const SPANS_ARRIVE_MS = 5000;
const PROGRESS_CHECK_MS = 2000;

export interface GatherRequest {
  readonly subject: Subject;
  readonly symptom: Symptom | null;
}

interface GatherContext extends GatherDeps {
  readonly sourceLog: SourceLog;
  readonly signal: AbortSignal;
  readonly now: Micros;
  readonly onPhase: (phase: GatherPhase) => void;
}

/** The operation's own traces and record. */
interface OwnData {
  readonly operationId: string | null;
  readonly traces: readonly Trace[];
  readonly operation: OperationAnswer | null;
}

/** Throws only when the caller's own signal aborts. */
export async function gatherCase(
  { subject, symptom }: GatherRequest,
  deps: GatherDeps,
  signal: AbortSignal,
  onPhase: (phase: GatherPhase) => void = () => {},
): Promise<Case> {
  const { traces: source, clock, lookbackMs } = deps;
  const ktrdr = isApi(deps.ktrdr) ? deps.ktrdr : null;
  const sourceLog = openSourceLog(clock, ktrdrReportFor(deps.ktrdr));
  const within = AbortSignal.any([signal, AbortSignal.timeout(deps.deadlineMs)]);
  const context: GatherContext = { ...deps, sourceLog, signal: within, now: clock(), onPhase };
  const { now } = context;
  onPhase('reading traces');
  const listed = sourceLog.services(source.services(within));
  const [{ found, own }, services, workers] = await Promise.all([
    resolved({ subject, symptom }, context, listed).then(async (found) => ({
      found,
      own: await readOwn(found.subject, context),
    })),
    listed,
    askWorkers(context),
  ]);
  const search = { ...own, workers, services, now, lookbackMs };
  const jaegerAnswered = services !== null || own.traces.length > 0;
  const [related, others, later, earlier] = await Promise.all([
    jaegerAnswered ? relatedTraces(search, source, sourceLog, within) : [],
    ktrdr !== null && workers !== null ? otherOperations(search, ktrdr, sourceLog, within) : [],
    readProgressAgain(own, context),
    earlierOperations(own, symptom === 'slow', { traces: source, ktrdr, clock }),
  ]);
  signal.throwIfAborted();
  return {
    ...found,
    symptom,
    now,
    traces: own.traces,
    neighbours: related,
    operation: own.operation,
    operationLater: later.operation,
    workers: later.workers ?? workers,
    window: searchedWindow(found.subject, context),
    otherOperations: [...others, ...earlier.records],
    baseline: earlier.traces,
    services,
    sources: sourceLog.reports(),
  };
}

/** `last` becomes an operation or a trace; it stays as it is when there is none. */
async function resolved(
  { subject, symptom }: GatherRequest,
  context: GatherContext,
  services: Promise<readonly string[] | null>,
): Promise<{ readonly subject: Subject; readonly guess?: Guess }> {
  if (subject.kind !== 'last') return { subject };
  const ktrdr = isApi(context.ktrdr) ? context.ktrdr : null;
  return (await findUnnamed(subject, symptom, { ...context, ktrdr, services: await services })) ?? { subject };
}

async function readOwn(subject: Subject, context: GatherContext): Promise<OwnData> {
  switch (subject.kind) {
    case 'operation':
      return findOperation(subject.operationId, context);
    case 'trace':
      return findTrace(subject.traceId, context);
    case 'last':
      return { operationId: null, traces: [], operation: null };
  }
}

async function findOperation(operationId: string, context: GatherContext): Promise<OwnData> {
  const [traces, operation] = await Promise.all([tracesOf(operationId, context), askOperation(operationId, context)]);
  return { operationId, traces, operation };
}

/** A trace that mentions exactly one operation leads to the rest of that operation: a cancel, a resume, the orphan detector. */
async function findTrace(traceId: string, context: GatherContext): Promise<OwnData> {
  const asked = (await context.sourceLog.traces(context.traces.getTrace(traceId, context.signal))) ?? [];
  const operationId = onlyOperationMentionedIn(asked);
  if (operationId === null) return { operationId, traces: asked, operation: null };
  const found = await findOperation(operationId, context);
  return { ...found, traces: mergeTraces([...found.traces, ...asked]) };
}

async function tracesOf(operationId: string, context: GatherContext): Promise<readonly Trace[]> {
  const search = () => {
    const window = windowOfOperation(operationId, context.clock(), context.lookbackMs);
    return context.sourceLog.traces(context.traces.findOperation(operationId, window, context.signal));
  };
  const traces = await search();
  if (traces === null) return [];
  if (traces.length > 0 || context.wait === null || !isYoung(operationId, context.now)) return mergeTraces(traces);
  context.onPhase('waiting for its first spans');
  await context.wait(SPANS_ARRIVE_MS, context.signal);
  return context.signal.aborted ? [] : mergeTraces((await search()) ?? []);
}

/** A change between two reads shows that the operation is alive. The workers are read after it, so that both are of one moment. */
async function readProgressAgain({ operationId, operation }: OwnData, context: GatherContext) {
  const status = operation?.kind === 'record' ? operation.record.status : null;
  const isInProgress = status === 'running' || status === 'resuming' || status === 'pending';
  if (operationId === null || !isInProgress || context.wait === null || !isApi(context.ktrdr))
    return { operation: null, workers: null };
  context.onPhase('watching its progress');
  await context.wait(PROGRESS_CHECK_MS, context.signal);
  if (context.signal.aborted) return { operation: null, workers: null };
  const later = await askOperation(operationId, context);
  return { operation: later, workers: await askWorkers(context) };
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

/** The report on the ktrdr API when it isn't asked; null when it is. */
function ktrdrReportFor(ktrdr: GatherDeps['ktrdr']): SourceReport | null {
  if (isApi(ktrdr)) return null;
  return ktrdr === null ? KTRDR_API_OFF : savedAnswersReport(ktrdr);
}

/** Null for a trace id, because that search has no window. */
function searchedWindow(subject: Subject, { now, lookbackMs }: GatherContext): Case['window'] {
  if (subject.kind === 'trace') return null;
  return subject.kind === 'operation'
    ? windowOfOperation(subject.operationId, now, lookbackMs)
    : recentWindow(now, lookbackMs);
}

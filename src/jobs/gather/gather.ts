/**
 * Queries Jaeger and the ktrdr API in parallel, under one deadline. Failures are reported in `sources` and never fail the case.
 */
import { type Case, type SourceReport, type Subject, type Symptoms, symptomsIn } from '../../diagnosis/case.ts';
import type { Micros } from '../../diagnosis/trace.ts';
import type { Clock, KtrdrApi, TraceSource } from '../ports.ts';
import { recordsOnce, tracesOnce } from './ask-once.ts';
import { isApi, type SavedAnswers, savedAnswersReport } from './documents.ts';
import { askOperation, findOwn, type OwnData } from './own-data.ts';
import { earlierOperations, otherOperations, relatedTraces } from './related-traces.ts';
import { KTRDR_API_OFF, openSourceLog, type SourceLog } from './source-log.ts';

export interface GatherDeps {
  readonly traces: TraceSource;
  /** Null when no ktrdr API is configured. Saved responses replace it and are read only once. */
  readonly ktrdr: KtrdrApi | SavedAnswers | null;
  readonly clock: Clock;
  /** How far back to search for subjects that don't contain a time. */
  readonly lookbackMs: number;
  /** For all requests to the sources together. */
  readonly deadlineMs: number;
  /** Resolves after the time, or as soon as the signal aborts. Null: nothing is read twice, as for the rows of a list. */
  readonly wait: ((ms: number, signal: AbortSignal) => Promise<void>) | null;
}

/** Progress, in words for the person who waits. */
export type GatherPhase = 'reading traces' | 'waiting for its first spans' | 'watching its progress';

const PROGRESS_CHECK_MS = 2000;

export interface GatherRequest {
  readonly subject: Subject;
  readonly symptom: Symptoms | null;
}

export interface GatherContext extends GatherDeps {
  readonly sourceLog: SourceLog;
  readonly signal: AbortSignal;
  readonly now: Micros;
  readonly onPhase: (phase: GatherPhase) => void;
  readonly services: Promise<readonly string[] | null>;
}

/** Throws only when the caller's own signal aborts. */
export async function gatherCase(
  { subject, symptom }: GatherRequest,
  deps: GatherDeps,
  signal: AbortSignal,
  onPhase: (phase: GatherPhase) => void = () => {},
): Promise<Case> {
  const { clock, lookbackMs } = deps;
  const source = tracesOnce(deps.traces);
  const ktrdr = isApi(deps.ktrdr) ? recordsOnce(deps.ktrdr) : null;
  const sourceLog = openSourceLog(clock, ktrdrReportFor(deps.ktrdr));
  const within = AbortSignal.any([signal, AbortSignal.timeout(deps.deadlineMs)]);
  const services = sourceLog.services(source.services(within));
  const context: GatherContext = {
    ...deps,
    traces: source,
    sourceLog,
    signal: within,
    now: clock(),
    onPhase,
    services,
  };
  const { now } = context;
  onPhase('reading traces');
  const [own, listed, workers] = await Promise.all([
    // Not cached, because the second reading below must be a new one.
    findOwn({ subject, symptom }, { ...context, ktrdr: ktrdr ?? deps.ktrdr }),
    services,
    askWorkers(context),
  ]);
  const search = { ...own, workers, now, lookbackMs, services: listed };
  const jaegerAnswered = listed !== null || own.traces.length > 0;
  const [related, others, later, earlier] = await Promise.all([
    jaegerAnswered ? relatedTraces(search, source, sourceLog, within) : [],
    ktrdr !== null && workers !== null ? otherOperations(search, ktrdr, sourceLog, within) : [],
    readProgressAgain(own, context),
    earlierOperations(own, symptomsIn(symptom).includes('slow'), { traces: deps.traces, ktrdr, clock, sourceLog }),
  ]);
  signal.throwIfAborted();
  return {
    subject: own.subject,
    ...(own.guess === undefined ? {} : { guess: own.guess }),
    symptom,
    now,
    traces: own.traces,
    neighbours: related,
    operation: own.operation,
    operationLater: later.operation,
    workers: later.workers ?? workers,
    search: own.search,
    window: own.window,
    otherOperations: [...others, ...earlier.records],
    baseline: earlier.traces,
    services: listed,
    sources: sourceLog.reports(),
  };
}

/**
 * A change between two reads shows that the operation is alive. The workers are read right after it, so that both show the same
 * moment.
 */
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

async function askWorkers({ ktrdr, sourceLog, signal }: GatherContext) {
  return isApi(ktrdr) ? sourceLog.workers(ktrdr.workers(signal)) : (ktrdr?.workers ?? null);
}

/** The report on the ktrdr API when it isn't asked; null when it is. */
function ktrdrReportFor(ktrdr: GatherDeps['ktrdr']): SourceReport | null {
  if (isApi(ktrdr)) return null;
  return ktrdr === null ? KTRDR_API_OFF : savedAnswersReport(ktrdr);
}

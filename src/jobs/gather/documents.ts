/** Builds a case from saved responses instead of servers, with the same split into own and related traces. */
import type { Case, OperationAnswer, SourceReport, Subject, Symptoms, WorkerRecord } from '../../diagnosis/case.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import type { KtrdrApi } from '../ports.ts';
import { attemptsOf } from './attempts.ts';
import { guessAmong, stateOf } from './guess.ts';
import { mentionsOperation, mergeTraces, onlyOperationMentionedIn } from './traces.ts';

/** Saved answers of the ktrdr API; null for those that weren't saved. */
export interface SavedAnswers {
  readonly operation: OperationAnswer | null;
  readonly workers: readonly WorkerRecord[] | null;
}

export interface Documents extends SavedAnswers {
  readonly traces: readonly Trace[];
  /** A sentence that names the files that were read. */
  readonly detail: string;
  /** Sentences about what was left out of the files. */
  readonly remarks: readonly string[];
}

export function caseFromDocuments(subject: Subject, symptom: Symptoms | null, now: Micros, documents: Documents): Case {
  const { operation, workers } = documents;
  const traces = mergeTraces(documents.traces);
  const guessed = subject.kind === 'last' ? guessedFrom(subject, symptom, now, { traces, operation }) : null;
  const resolved = guessed?.subject ?? subject;
  const operationId = operationOf(resolved, traces);
  const isOwn = (trace: Trace) =>
    (resolved.kind === 'trace' && trace.traceId === resolved.traceId) ||
    (operationId !== null && mentionsOperation(trace, operationId));
  const isAnotherOperation =
    operation?.kind === 'record' && operation.record.operationId !== operationId && operationId !== null;
  return {
    subject: resolved,
    ...(guessed === null ? {} : { guess: guessed.guess }),
    symptom,
    now,
    traces: traces.filter(isOwn),
    neighbours: traces.filter((trace) => !isOwn(trace)),
    operation: isAnotherOperation ? null : operation,
    operationLater: null,
    workers,
    otherOperations: isAnotherOperation ? [operation.record] : [],
    window: null,
    baseline: [],
    services: null,
    sources: reports(documents),
  };
}

function guessedFrom(
  subject: Extract<Subject, { readonly kind: 'last' }>,
  symptom: Symptoms | null,
  now: Micros,
  { traces, operation }: Pick<Documents, 'traces' | 'operation'>,
) {
  const states = attemptsOf(traces, subject.type, now).map((attempt) => {
    const isRecorded = operation?.kind === 'record' && operation.record.operationId === attempt.operationId;
    return stateOf(attempt, traces, isRecorded ? operation : null, now);
  });
  return guessAmong(states, subject, symptom);
}

/** Saved answers replace those of the ktrdr API in the case. */
export function withSavedAnswers(input: Case, saved: SavedAnswers): Case {
  const others = input.sources.filter((source) => source.name !== 'ktrdr-api');
  return {
    ...input,
    operation: saved.operation ?? input.operation,
    workers: saved.workers ?? input.workers,
    sources: [...others, savedAnswersReport(saved)],
  };
}

function operationOf(subject: Subject, traces: readonly Trace[]): string | null {
  if (subject.kind === 'operation') return subject.operationId;
  if (subject.kind === 'last') return null;
  return onlyOperationMentionedIn(traces.filter((trace) => trace.traceId === subject.traceId));
}

function reports({ detail, remarks, ...saved }: Documents): readonly SourceReport[] {
  return [
    {
      name: 'file',
      state: remarks.length > 0 ? 'partial' : 'ok',
      detail: [detail, ...remarks.slice(0, 3)].join(' '),
      tookMs: 0,
    },
    { name: 'jaeger', state: 'off', detail: 'not queried, because the traces come from files', tookMs: 0 },
    savedAnswersReport(saved),
  ];
}

export function savedAnswersReport({ operation, workers }: SavedAnswers): SourceReport {
  const given = [operation === null ? null : 'the operation', workers === null ? null : 'the worker list'];
  const names = given.filter((name) => name !== null).join(' and ');
  return names === ''
    ? { name: 'ktrdr-api', state: 'off', detail: 'not queried, because no saved response was given', tookMs: 0 }
    : { name: 'ktrdr-api', state: 'ok', detail: `saved responses for ${names}`, tookMs: 0 };
}

/** Whether this is the live ktrdr API instead of saved responses. */
export function isApi(ktrdr: KtrdrApi | SavedAnswers | null): ktrdr is KtrdrApi {
  return ktrdr !== null && 'probe' in ktrdr;
}

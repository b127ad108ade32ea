import type { Case, OperationAnswer } from '../case.ts';
import { endOf, type Micros, micros, type Span } from '../trace.ts';
import { carriersOf, readNumber, readText } from '../vocabulary/attributes.ts';

/** Progress from the best source. ktrdr pulls progress instead of tracing it, so the record is usually the only source. */
export interface Progress {
  /** 0–100. */
  readonly percentage: number | null;
  readonly step: string | null;
  readonly stepsCompleted: number | null;
  readonly stepsTotal: number | null;
  readonly source: 'record' | 'trace';
  readonly span: Span | null;
  /** The latest time of a known change; null when no source dates it. */
  readonly lastSign: Micros | null;
  /** True when `lastSign` can't lag: the list of epochs is complete, or the span has the time of its update. */
  readonly lastSignIsCurrent: boolean;
  /** The time up to which a change would be seen: when the record was read, or the end of the span. */
  readonly seenUntil: Micros;
  /** Median seconds of an epoch. */
  readonly secondsPerEpoch: number | null;
  /** Whether the record changed between two readings; null when it was read once. */
  readonly moved: boolean | null;
}

/** `resumedAt` is when the latest attempt started; progress of an earlier attempt doesn't count for this one. */
export function progressOf(
  input: Case,
  own: readonly Span[],
  { operationId, resumedAt }: { readonly operationId: string | null; readonly resumedAt: Micros | null },
): Progress | null {
  return fromRecord(input, resumedAt) ?? fromTrace(own, operationId);
}

/** The second reading, where there is one. */
export function latestAnswerOf({ operation, operationLater }: Case): OperationAnswer | null {
  return operationLater?.kind === 'record' ? operationLater : operation;
}

function fromRecord(input: Case, resumedAt: Micros | null): Progress | null {
  const latest = latestAnswerOf(input);
  if (latest?.kind !== 'record') return null;
  const { progress, epochs } = latest.record;
  if (progress.percentage === null && progress.currentStep === null && epochs.length === 0) return null;

  const before = input.operation?.kind === 'record' ? input.operation.record : null;
  const after = input.operationLater?.kind === 'record' ? input.operationLater.record : null;
  const moved =
    before === null || after === null
      ? null
      : JSON.stringify([before.progress, before.status, before.epochs.length]) !==
        JSON.stringify([after.progress, after.status, after.epochs.length]);
  const lastEpoch = epochs.findLast(({ at }) => resumedAt === null || at >= resumedAt)?.at ?? null;
  return {
    percentage: progress.percentage,
    step: progress.currentStep || null,
    stepsCompleted: progress.stepsCompleted,
    stepsTotal: progress.stepsTotal,
    source: 'record',
    span: null,
    lastSign: moved === true ? latest.readAt : lastEpoch,
    lastSignIsCurrent: moved === true || (lastEpoch !== null && epochs.length >= (progress.stepsCompleted ?? 0)),
    seenUntil: latest.readAt,
    secondsPerEpoch: median(epochs.map((epoch) => epoch.seconds)),
    moved,
  };
}

function fromTrace(own: readonly Span[], operationId: string | null): Progress | null {
  let latest: Span | null = null;
  for (const span of carriersOf(own, 'progressPercentage')) {
    const named = readText(span, 'operationId');
    // The agents' coordinator has the progress of the research run that it handled last.
    const another = named !== null && operationId !== null && named !== operationId;
    if (another || readNumber(span, 'progressPercentage') === null) continue;
    if (latest === null || endOf(span) >= endOf(latest)) latest = span;
  }
  if (latest === null) return null;
  const updatedAt = readNumber(latest, 'progressUpdatedAt');
  return {
    percentage: readNumber(latest, 'progressPercentage'),
    step: readText(latest, 'progressPhase'),
    stepsCompleted: readNumber(latest, 'epochsCompleted'),
    stepsTotal: readNumber(latest, 'epochsTotal'),
    source: 'trace',
    span: latest,
    lastSign: updatedAt === null ? null : micros(updatedAt * 1_000_000),
    lastSignIsCurrent: updatedAt !== null,
    // A span that was exported has ended: nothing can move in it afterwards.
    seenUntil: endOf(latest),
    secondsPerEpoch: null,
    moved: null,
  };
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

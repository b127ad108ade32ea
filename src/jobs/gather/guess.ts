/**
 * Guesses which operation a request without an ID means, from the symptom and progress that it names. The answer states the
 * guess.
 */
import {
  type Guess,
  type OperationAnswer,
  type OperationStatus,
  type OperationType,
  type Subject,
  type Symptoms,
  symptomsIn,
} from '../../diagnosis/case.ts';
import { factsOf } from '../../diagnosis/facts/index.ts';
import { reportedStatus } from '../../diagnosis/facts/status.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { percent } from '../../language/numbers.ts';
import type { Attempt } from './attempts.ts';
import { bareCase } from './bare-case.ts';
import { mentionsOperation } from './traces.ts';

export type Unnamed = Extract<Subject, { readonly kind: 'last' }>;

/** An attempt with its state; `percentage` is null where no source has it. */
export interface AttemptState extends Attempt {
  readonly status: OperationStatus;
  readonly percentage: number | null;
}

const OPEN: readonly OperationStatus[] = ['running', 'resuming', 'pending'];
const MOST_OTHERS = 3;

/** The states that fit the symptom; null when any state does. */
export function wantedStates(symptom: Symptoms | null, subject: Unnamed): readonly OperationStatus[] | null {
  const [first] = symptomsIn(symptom);
  if (first === 'failed') return ['failed'];
  if (first === 'no-workers') return ['failed', 'pending'];
  return first === 'stuck' || first === 'slow' || subject.percent !== undefined ? OPEN : null;
}

/** The state as far as the traces and the record show it. */
export function stateOf(
  attempt: Attempt,
  traces: readonly Trace[],
  operation: OperationAnswer | null,
  now: Micros,
): AttemptState {
  const { operationId, traceId } = attempt;
  const own = traces.filter(
    (trace) => trace.traceId === traceId || (operationId !== null && mentionsOperation(trace, operationId)),
  );
  const subject =
    operationId === null ? ({ kind: 'trace', traceId } as const) : ({ kind: 'operation', operationId } as const);
  const facts = factsOf(bareCase(subject, own, operation, now));
  const status = reportedStatus(facts.status);
  return { ...attempt, status, percentage: isTerminal(status) ? null : (facts.progress?.percentage ?? null) };
}

export interface Chosen {
  /** The operation, or the trace if no operation was created. */
  readonly subject: Exclude<Subject, Unnamed>;
  readonly guess: Guess;
}

/** The best match; null without attempts. `attempts` are newest first. */
export function guessAmong(
  attempts: readonly AttemptState[],
  subject: Unnamed,
  symptom: Symptoms | null,
): Chosen | null {
  const wanted = wantedStates(symptom, subject);
  const fitting = attempts.filter(({ status }) => wanted === null || wanted.includes(status));
  const candidates = fitting.length > 0 ? fitting : attempts;
  const chosen = nearestTo(subject.percent, candidates) ?? candidates[0];
  if (chosen === undefined) return null;
  const { operationId, traceId } = chosen;
  const others = candidates
    .filter((other) => other !== chosen)
    .map((other) => other.operationId)
    .filter((id) => id !== null);
  const fits = wanted === null || fitting.length > 0;
  return {
    subject: operationId === null ? { kind: 'trace', traceId } : { kind: 'operation', operationId },
    guess: {
      text: `${leadOf(subject.type, fits ? null : adjectiveOf(wanted))} ${whichOf(subject, chosen, fits ? wanted : null)}${othersText(others)}.`,
      others: others.slice(0, MOST_OTHERS),
    },
  };
}

function nearestTo(wanted: number | undefined, attempts: readonly AttemptState[]): AttemptState | undefined {
  if (wanted === undefined) return undefined;
  const distance = ({ percentage }: AttemptState) => Math.abs((percentage ?? Number.POSITIVE_INFINITY) - wanted);
  return attempts.filter(({ percentage }) => percentage !== null).toSorted((a, b) => distance(a) - distance(b))[0];
}

function leadOf(type: OperationType | null, missing: string | null): string {
  const none = missing === null ? '' : `, and no ${missing} ${operationNoun(type)} was found`;
  return `No operation named${none}; showing`;
}

function whichOf(
  { type, percent: asked }: Unnamed,
  { percentage }: AttemptState,
  wanted: readonly OperationStatus[] | null,
): string {
  const noun = operationNoun(type);
  if (asked !== undefined && percentage !== null) {
    const isIt = percent(percentage) === percent(asked);
    return isIt
      ? `the ${noun} at ${percent(asked)}`
      : `the ${noun} closest to ${percent(asked)}, at ${percent(percentage)}`;
  }
  const adjective = wanted === null ? '' : `${adjectiveOf(wanted)} `;
  return `the latest ${adjective}${noun}`;
}

function adjectiveOf(wanted: readonly OperationStatus[] | null): string {
  if (wanted === OPEN) return 'running';
  return wanted?.includes('pending') ? 'failed or waiting' : 'failed';
}

function othersText(others: readonly string[]): string {
  if (others.length === 0) return '';
  const more = others.length > MOST_OTHERS ? ` and ${others.length - MOST_OTHERS} more` : '';
  return ` (others: ${others.slice(0, MOST_OTHERS).join(', ')}${more})`;
}

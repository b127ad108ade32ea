import type { Call } from '../facts/calls.ts';
import { addressOf } from '../facts/endpoints.ts';
import type { Facts } from '../facts/index.ts';
import { isRegistration } from '../facts/operation-spans.ts';
import type { Phase } from '../facts/phases.ts';
import { isTerminal } from '../facts/transitions.ts';
import { extentOf } from '../facts/tree.ts';
import { endOf, type Span } from '../trace.ts';
import { readNumber } from '../vocabulary/attributes.ts';
import { blame } from './blame.ts';
import { groupBy } from './group-by.ts';

export interface TimeSegment {
  readonly kind: SegmentKind;
  /** As a sentence uses it: `data loading`, `the training loop`. */
  readonly label: string;
  /** Microseconds. */
  readonly length: number;
  /** The longest of its spans; null for time between spans. */
  readonly span: Span | null;
  readonly spans: number;
}

const LABELS = {
  'data-loading': 'data loading',
  ib: 'fetching data from IB',
  'training-loop': 'the training loop',
  'backtest-loop': 'the simulation',
  indicators: 'computing indicators',
  'worker-selection': 'worker selection',
  queueing: 'waiting for a worker',
  'warm-up': 'the time before the first phase',
  retries: 'retries',
  service: 'the time after the last phase',
  untraced: 'untraced work',
} as const;

export type SegmentKind = keyof typeof LABELS;

export interface TimeBreakdown {
  /** Longest first. They may overlap: retries happen within loading. */
  readonly segments: readonly TimeSegment[];
  /** From its registration, its first request, or its last resume, to its end, or to the present for a running one. */
  readonly total: number;
}

/**
 *   registered      running       first phase      last phase        completed
 *       |--queueing--|---warm-up---|---phases---|---the loop-------------|
 */
export function timeBreakdownOf(facts: Facts): TimeBreakdown {
  const course = courseOf(facts);
  if (course === null) return { segments: [], total: 0 };
  const { begin, running, end } = course;
  const isOfAttempt = ({ span }: { readonly span: Span }) => endOf(span) > begin;
  const working = facts.phases.filter((phase) => phase.kind !== 'worker' && isOfAttempt(phase));
  const segments = [
    ...phasesByKind(working),
    ...selections(facts.selections.filter(isOfAttempt)),
    ...retries(facts.calls.filter(isOfAttempt)),
  ];
  const add = (kind: SegmentKind, length: number) => {
    if (length > 0) segments.push({ kind, label: LABELS[kind], length, span: null, spans: 0 });
  };
  if (running !== null) add('queueing', running - begin);
  if (working.length === 0) {
    const waits = services(facts, end - begin);
    segments.push(...waits);
    add('untraced', end - begin - waits.reduce((sum, { length }) => sum + length, 0));
  } else {
    const firstWork = Math.min(...working.map(({ span }) => span.start));
    const lastWork = Math.max(...working.map(({ span }) => endOf(span)));
    add(running === null ? 'queueing' : 'warm-up', firstWork - (running ?? begin));
    add(loopOf(facts.type), end - lastWork);
  }
  return { segments: segments.sort((a, b) => b.length - a.length), total: end - begin };
}

/** The most rows that any phase handled: what the work grows with. */
export function rowsOf(phases: readonly Phase[]): number | null {
  let most: number | null = null;
  for (const { span, rows } of phases) {
    const handled = rows ?? readNumber(span, 'barsReceived');
    if (handled !== null && handled > (most ?? 0)) most = handled;
  }
  return most;
}

interface Course {
  readonly begin: number;
  readonly running: number | null;
  readonly end: number;
}

function courseOf(facts: Facts): Course | null {
  const worker = facts.phases.find(({ kind }) => kind === 'worker')?.span ?? null;
  const extent = extentOf(facts.own);
  const lastSign = facts.status.value === 'running' ? facts.case.now : (extent?.end ?? null);
  // The work below a worker's span may outlast it.
  const lastWork = Math.max(...facts.phases.map(({ span }) => endOf(span)));
  const end = worker === null ? (facts.status.endedAt ?? lastSign) : lastWork;
  if (extent === null || end === null) return null;
  const again = resumedAt(facts);
  const registered = facts.own.find(isRegistration)?.start ?? null;
  const running =
    facts.transitions.find(({ to, at }) => to === 'running' && at >= (again ?? at))?.at ?? worker?.start ?? null;
  const begin = again ?? Math.min(registered ?? running ?? extent.start, facts.start?.span.start ?? end);
  return end <= begin ? null : { begin, running, end };
}

/** The start of its last attempt, before which it was idle; null if there was only one. */
function resumedAt({ transitions, resume }: Facts): number | null {
  const again = transitions.findLast(({ from }) => isTerminal(from))?.at ?? null;
  return again ?? (resume === null || resume.refused ? null : resume.span.start);
}

/** Data for five timeframes is loaded five times, which counts as one segment. */
function phasesByKind(phases: readonly Phase[]): readonly TimeSegment[] {
  return [...groupBy(phases, kindOf)].map(([kind, ofKind]) => {
    const spans = ofKind.map(({ span }) => span);
    const span = spans.reduce((longest, one) => (one.duration > longest.duration ? one : longest));
    return { kind, label: LABELS[kind], length: coveredBy(spans), span, spans: spans.length };
  });
}

/** Microseconds in which at least one of them ran: they may be nested or concurrent. */
function coveredBy(spans: readonly Span[]): number {
  let covered = 0;
  let until = 0;
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    covered += Math.max(0, endOf(span) - Math.max(span.start, until));
    until = Math.max(until, endOf(span));
  }
  return covered;
}

function kindOf({ span, kind }: Phase): SegmentKind {
  if (kind === 'loop') return span.name.startsWith('training') ? 'training-loop' : 'backtest-loop';
  if (kind === 'features') return 'indicators';
  return readNumber(span, 'ibLatencyMs') === null && !span.name.startsWith('ib.') ? 'data-loading' : 'ib';
}

function loopOf(type: Facts['type']): SegmentKind {
  return type === 'backtesting' ? 'backtest-loop' : type === 'training' ? 'training-loop' : 'service';
}

function selections(selections: Facts['selections']): readonly TimeSegment[] {
  const kind = 'worker-selection';
  const label = LABELS[kind];
  return selections.map(({ span }) => ({ kind, label, length: span.duration, span, spans: 1 }));
}

/** What retrying cost: for each request, all of its rounds together. */
function retries(calls: Facts['calls']): readonly TimeSegment[] {
  const requests = calls.filter(({ observation }) => !observation);
  return [...groupBy(requests, requestOf)].flatMap(([request, sent]): readonly TimeSegment[] => {
    const rounds = roundsOf(sent);
    const [first] = rounds;
    if (first === undefined) return [];
    const tries = rounds.reduce((sum, round) => sum + round.tries, 0);
    const length = rounds.reduce((sum, round) => sum + round.length, 0);
    return [{ kind: 'retries', label: `trying ${request} ${tries} times`, length, span: first.span, spans: 1 }];
  });
}

interface Round {
  /** The first that failed. */
  readonly span: Span;
  readonly tries: number;
  readonly length: number;
}

/**
 * From a failure to the start of the next success, or to the end of the last failure if none succeeded. A download sends
 * one request for each part of its range to the same URL, so those that follow a success are not retries.
 */
function roundsOf(sent: readonly Call[]): readonly Round[] {
  const rounds: Round[] = [];
  let failed: Call[] = [];
  const close = (tries: number, until: number) => {
    const [first] = failed;
    if (first !== undefined && tries > 1) rounds.push({ span: first.span, tries, length: until - first.span.start });
    failed = [];
  };
  for (const call of sent.toSorted((a, b) => a.span.start - b.span.start)) {
    if (call.error !== null) failed.push(call);
    // One that started earlier ran beside the failed one.
    else if (failed.every(({ span }) => endOf(span) <= call.span.start)) close(failed.length + 1, call.span.start);
  }
  close(failed.length, Math.max(...failed.map(({ span }) => endOf(span))));
  return rounds;
}

function requestOf({ method, endpoint }: Call): string {
  return `${method} ${addressOf(endpoint)}${endpoint.path}`;
}

/** For an operation without phases: the services that it waited for. */
function services(facts: Facts, total: number): readonly TimeSegment[] {
  return blame(facts.case.traces, []).map(({ service, excess, span }) => {
    const kind = /ib-host/i.test(service) ? 'ib' : 'service';
    const label = `the span ${span.name} on ${service}`;
    return { kind, label, length: Math.min(excess, total), span, spans: 1 };
  });
}

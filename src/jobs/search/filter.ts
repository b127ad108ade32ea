/** What a search asks for, and whether an operation is it. Every condition is checked here, whatever the store did with it. */

import type { OperationStatus, OperationType } from '../../diagnosis/case.ts';
import type { Facts } from '../../diagnosis/facts/index.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import { extentOf } from '../../diagnosis/facts/tree.ts';
import type { Micros } from '../../diagnosis/trace.ts';
import { readText } from '../../diagnosis/vocabulary/attributes.ts';
import type { TimeWindow } from '../ports.ts';
import { carries, raised, wordsOf, workersOf } from './values.ts';

/** Conditions are joined by “and”; absent ones do not matter. Texts are compared without regard to case. */
export interface SearchFilter {
  readonly operationId?: string;
  readonly traceId?: string;
  /** A service, or the part before a worker's random suffix: `ktrdr-training-worker`. */
  readonly service?: string;
  readonly type?: OperationType;
  readonly status?: OperationStatus;
  /** Some span of the operation is in error, or it failed, or its start was refused. */
  readonly hasError?: boolean;
  /** The class of an exception, with or without its module. */
  readonly errorType?: string;
  /** What the likely cause is: a rule, or a rule and its variant; `none` for operations whose traces show no fault. */
  readonly cause?: string;
  readonly symbol?: string;
  readonly timeframe?: string;
  readonly strategy?: string;
  /** A worker's id, its service, or the host (and port) it is reached at. */
  readonly worker?: string;
  /** Of what still runs, the time since it began. */
  readonly minDurationMs?: number;
  /** Any spelling of an attribute, one span of the operation has it. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** The operation began in it, or changed its state in it to the one asked for. */
  readonly window: TimeWindow;
  /** Operations, newest first. */
  readonly limit: number;
}

export function matchesFilter(facts: Facts, filter: SearchFilter, now: Micros): boolean {
  const { operationId, traceId, service, type, status, hasError, errorType, symbol, timeframe, strategy, worker } =
    filter;
  const { own } = facts;
  return (
    (operationId === undefined || facts.operationId === operationId) &&
    (traceId === undefined || facts.operationSpans.own.some((span) => span.traceId === traceId)) &&
    (service === undefined || facts.operationSpans.own.some((span) => isService(span.service, service))) &&
    (type === undefined || facts.type === type) &&
    (status === undefined || statusInFacts(facts) === status) &&
    (hasError !== true || failedSomewhere(facts)) &&
    (errorType === undefined || raised(facts, errorType)) &&
    (symbol === undefined || wordsOf(facts, 'symbol').has(symbol.toLowerCase())) &&
    (timeframe === undefined || wordsOf(facts, 'timeframe').has(timeframe.toLowerCase())) &&
    (strategy === undefined || wordsOf(facts, 'strategy').has(strategy.toLowerCase())) &&
    (worker === undefined || workersOf(facts).has(worker.toLowerCase())) &&
    (filter.minDurationMs === undefined || (durationMsOf(facts, now) ?? -1) >= filter.minDurationMs) &&
    filter.tags.every(([key, value]) => own.some((span) => carries(span, key, value))) &&
    (operationId !== undefined || traceId !== undefined || isInWindow(facts, filter.window))
  );
}

/** A refused start is a failure for whoever asked, although no operation came of it. */
export function statusInFacts({ status }: Facts): OperationStatus {
  return status.refused && !isTerminal(status.value) ? 'failed' : status.value;
}

/** From its start to its end, to now while it runs; null when nothing dates it. */
export function durationMsOf(facts: Facts, now: Micros): number | null {
  const { startedAt, endedAt } = facts.status;
  const extent = extentOf(facts.own);
  const from = startedAt ?? extent?.start ?? null;
  if (from === null) return null;
  if (endedAt !== null && endedAt >= from) return (endedAt - from) / 1000;
  const isOver = isTerminal(statusInFacts(facts)) || facts.status.value === 'unknown';
  const to = isOver ? (extent?.end ?? null) : now;
  return to === null ? null : Math.max(0, to - from) / 1000;
}

/** The service itself, or one named so with a suffix. */
export function isService(name: string, wanted: string): boolean {
  const [left, right] = [name.toLowerCase(), wanted.toLowerCase()];
  return left === right || left.startsWith(`${right}-`);
}

/** When it began; null when no span and no record dates it. */
export function startOf(facts: Facts): Micros | null {
  return (
    facts.start?.span.start ?? facts.status.startedAt ?? extentOf(facts.own)?.start ?? facts.record?.createdAt ?? null
  );
}

function isInWindow(facts: Facts, { from, to }: TimeWindow): boolean {
  const moments = [startOf(facts), facts.status.endedAt, ...facts.transitions.map(({ at }) => at)];
  return moments.some((at) => at !== null && at >= from && at <= to);
}

/** All the ways in which the two vocabularies say that something went wrong. */
function failedSomewhere(facts: Facts): boolean {
  return (
    statusInFacts(facts) === 'failed' ||
    facts.status.refused ||
    facts.resume?.refused === true ||
    facts.errors.all.length > 0 ||
    facts.transitions.some(({ to }) => to === 'failed') ||
    facts.own.some((span) => readText(span, 'cliStatus')?.toLowerCase() === 'error')
  );
}

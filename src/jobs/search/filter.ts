/**
 * The conditions of a search, and whether an operation matches. Every condition is checked here, including those that Jaeger
 * has already applied.
 */
import type { OperationStatus, OperationType } from '../../diagnosis/case.ts';
import { callFailureOf } from '../../diagnosis/facts/calls.ts';
import { addressOf } from '../../diagnosis/facts/endpoints.ts';
import type { Facts } from '../../diagnosis/facts/index.ts';
import { reportedStatus } from '../../diagnosis/facts/status.ts';
import { isTerminal } from '../../diagnosis/facts/transitions.ts';
import { extentOf } from '../../diagnosis/facts/tree.ts';
import type { Attributes, Micros, Span } from '../../diagnosis/trace.ts';
import { readText, spellingsOf } from '../../diagnosis/vocabulary/attributes.ts';
import type { TimeWindow } from '../ports.ts';

/** Conditions are joined by “and”; absent ones match everything. Values are compared case-insensitively. */
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
  /** For an operation that still runs: the time since it started. */
  readonly minDurationMs?: number;
  /** Attributes under any of their spellings; each must be on one span of the operation. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** The operation started, ended, or changed its state in this window. */
  readonly window: TimeWindow;
  /** Maximum number of operations, newest first. */
  readonly limit: number;
}

const PARAMETERS = ['symbol', 'timeframe', 'strategy'] as const;
type Parameter = (typeof PARAMETERS)[number];

const PARAMETER_SPELLINGS = {
  symbol: { attributes: spellingsOf('data.symbol'), arguments: ['symbol', 'symbols'] },
  timeframe: { attributes: spellingsOf('data.timeframe'), arguments: ['timeframe', 'timeframes'] },
  strategy: { attributes: spellingsOf('training.strategy'), arguments: ['strategy', 'strategy_name'] },
};

export function matchesFilter(facts: Facts, filter: SearchFilter, now: Micros): boolean {
  const { operationId, traceId, service, type, status, errorType, worker, minDurationMs } = filter;
  const { own } = facts;
  return (
    (operationId === undefined || facts.operationId === operationId) &&
    (traceId === undefined || facts.operationSpans.own.some((span) => span.traceId === traceId)) &&
    (service === undefined || facts.operationSpans.own.some((span) => isService(span.service, service))) &&
    (type === undefined || facts.type === type) &&
    (status === undefined || reportedStatus(facts.status) === status) &&
    (filter.hasError !== true || failedSomewhere(facts)) &&
    (errorType === undefined || raised(facts, errorType)) &&
    PARAMETERS.every((name) => filter[name] === undefined || valuesOf(facts, name).has(filter[name].toLowerCase())) &&
    (worker === undefined || workersOf(facts).has(worker.toLowerCase())) &&
    (minDurationMs === undefined || (durationMsOf(facts, now) ?? -1) >= minDurationMs) &&
    filter.tags.every(([key, value]) => own.some((span) => hasAttribute(span, key, value))) &&
    (operationId !== undefined || traceId !== undefined || isInWindow(facts, filter.window))
  );
}

/** From the operation's start to its end, or to now while it runs; null when nothing dates it. */
export function durationMsOf(facts: Facts, now: Micros): number | null {
  const { startedAt, endedAt } = facts.status;
  const extent = extentOf(facts.own);
  const from = startedAt ?? extent?.start ?? null;
  if (from === null) return null;
  if (endedAt !== null && endedAt >= from) return (endedAt - from) / 1000;
  const isOver = isTerminal(reportedStatus(facts.status)) || facts.status.value === 'unknown';
  const to = isOver ? (extent?.end ?? null) : now;
  return to === null ? null : Math.max(0, to - from) / 1000;
}

/** The service itself, or one with this name and a suffix. */
export function isService(name: string, wanted: string): boolean {
  const [left, right] = [name.toLowerCase(), wanted.toLowerCase()];
  return left === right || left.startsWith(`${right}-`);
}

/** When the operation started; null when no span and no record dates it. */
export function startOf(facts: Facts): Micros | null {
  return (
    facts.start?.span.start ?? facts.status.startedAt ?? extentOf(facts.own)?.start ?? facts.record?.createdAt ?? null
  );
}

function isInWindow(facts: Facts, { from, to }: TimeWindow): boolean {
  const moments = [startOf(facts), facts.status.endedAt, ...facts.transitions.map(({ at }) => at)];
  return moments.some((at) => at !== null && at >= from && at <= to);
}

/** All the ways in which ktrdr's and the runbook's vocabulary report an error. */
function failedSomewhere(facts: Facts): boolean {
  return (
    reportedStatus(facts.status) === 'failed' ||
    facts.status.refused ||
    facts.resume?.refused === true ||
    facts.errors.all.length > 0 ||
    facts.transitions.some(({ to }) => to === 'failed') ||
    facts.own.some((span) => readText(span, 'cliStatus')?.toLowerCase() === 'error')
  );
}

/** The values of a parameter in lower case: on all spans, in the arguments of a command and in the record. Lists are split. */
function valuesOf({ own, record }: Facts, name: Parameter): ReadonlySet<string> {
  const onSpans = own.flatMap((span) => [
    ...PARAMETER_SPELLINGS[name].attributes.map((key) => span.attributes[key]),
    argumentOf(span, name),
  ]);
  const recorded = record?.[name];
  const words = [...onSpans, recorded].flatMap((value) =>
    String(value ?? '')
      .toLowerCase()
      .split(/[\s,]+/),
  );
  return new Set(words.filter((word) => word !== ''));
}

/** Ids, services and addresses of the workers that took part, in lower case. */
function workersOf({ own, dispatches, record, selections }: Facts): ReadonlySet<string> {
  const names: (string | null)[] = [record?.workerId ?? null, ...selections.map(({ selectedId }) => selectedId)];
  for (const span of own) {
    names.push(readText(span, 'workerId'));
    const suffix = /-worker-(.+)$/i.exec(span.service)?.[1];
    if (suffix !== undefined) names.push(span.service, suffix);
  }
  for (const { call } of dispatches) if (call !== null) names.push(call.endpoint.host, addressOf(call.endpoint));
  return new Set(names.filter((name) => name !== null).map((name) => name.toLowerCase()));
}

/** True when an exception of the class was raised. An HTTP client says `ConnectError` where Python says `ConnectionRefusedError`. */
function raised({ errors, failure }: Facts, wanted: string): boolean {
  const names = errors.all.flatMap((error) => [
    error.fullType,
    readText(error.span, 'exceptionType'),
    callFailureOf(error) === 'refused' ? 'ConnectionRefusedError' : null,
  ]);
  return [...names, ...failure.reportedErrors.map(({ type }) => type)].some(
    (name) => name !== null && isClass(name.toLowerCase(), wanted.toLowerCase()),
  );
}

/** Checks any spelling of the key in the attributes of the span, its events, and its process. */
function hasAttribute(span: Span, key: string, wanted: string): boolean {
  if (key === 'span.kind') return span.kind === wanted.toLowerCase();
  const carriers = [span.attributes, span.resource, ...span.events.map(({ attributes }) => attributes)];
  return spellingsOf(key).some((spelling) => carriers.some((attributes) => holds(attributes, spelling, wanted)));
}

function argumentOf(span: Span, name: Parameter): unknown {
  const text = span.attributes['cli.args'] ?? span.attributes['mcp.params'];
  if (typeof text !== 'string') return undefined;
  try {
    const args: unknown = JSON.parse(text);
    if (typeof args !== 'object' || args === null) return undefined;
    const fields: Readonly<Record<string, unknown>> = { ...args };
    return PARAMETER_SPELLINGS[name].arguments.map((key) => fields[key]).find((value) => value !== undefined);
  } catch {
    return undefined;
  }
}

/** With or without its module. */
function isClass(name: string, wanted: string): boolean {
  return name === wanted || name.endsWith(`.${wanted}`);
}

function holds(attributes: Attributes, key: string, wanted: string): boolean {
  return Object.hasOwn(attributes, key) && String(attributes[key]).toLowerCase() === wanted.toLowerCase();
}

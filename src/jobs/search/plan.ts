/**
 * Plans the searches that together find the requested operations. A search by service alone finds health checks and status
 * polls, so every search has the name of a span that only operations have, or an attribute. `filter.ts` checks the results; the
 * searches must not miss any, in either vocabulary.
 */
import { spellingsOf } from '../../diagnosis/vocabulary/attributes.ts';
import {
  BACKEND_SERVICE,
  CLI_SERVICE,
  commandSpans,
  REGISTRATION_SPAN,
  RESUME_SPAN,
  registeredSpellings,
  startSpans,
  TRANSITION_SPAN,
} from '../../diagnosis/vocabulary/operations.ts';
import { servicesLike } from '../../diagnosis/vocabulary/services.ts';
import type { TraceQuery } from '../ports.ts';
import { isService, type SearchFilter } from './filter.ts';

type Condition = Pick<TraceQuery, 'service' | 'operation' | 'attributes'>;

const WORKER_SPANS = ['worker.training', 'worker.backtest'];
/** A search for few operations still has to read many traces, because Jaeger doesn't check most of the conditions. */
const MIN_TRACES = 50;
const MAX_TRACES = 200;
/** Jaeger goes on listing stopped workers under their random names. */
const MAX_SERVICES = 10;

/** `services` are those that Jaeger lists; null when it didn't respond. */
export function searchQueries(filter: SearchFilter, services: readonly string[] | null): readonly TraceQuery[] {
  const conditions = [
    ...starts(filter),
    ...registrations(filter),
    ...commands(filter),
    ...outcomes(filter),
    ...exceptions(filter),
    ...atWorker(filter, services),
    ...atService(filter, services),
    ...withAttribute('training.strategy', filter.strategy),
    ...filter.tags.flatMap(([key, value]) => withAttribute(key, value)),
  ];
  const unique = new Map(conditions.map((condition) => [JSON.stringify(condition), condition]));
  const limit = Math.min(MAX_TRACES, Math.max(MIN_TRACES, filter.limit * 3));
  return [...unique.values()]
    .flatMap((condition) => asNamed(condition, services))
    .map((condition) => ({ ...condition, window: filter.window, limit }));
}

/** One condition for each listed service that goes by the name of the wanted one. */
function asNamed(condition: Condition, services: readonly string[] | null): readonly Condition[] {
  const { service } = condition;
  if (service === undefined) return [condition];
  return servicesLike(service, services).map((name) => ({ ...condition, service: name }));
}

/** Requests that start an operation. A refused one has no other spans. */
function starts({ type }: SearchFilter): readonly Condition[] {
  return [...startSpans(type ?? null).keys(), RESUME_SPAN].map((operation) => ({
    service: BACKEND_SERVICE,
    operation,
  }));
}

function registrations({ type, symbol }: SearchFilter): readonly Condition[] {
  const types = type === undefined ? [{}] : registeredSpellings(type).map((value) => ({ 'operation.type': value }));
  const symbols =
    symbol === undefined ? [{}] : cases(symbol, ['asked', 'upper']).map((value) => ({ 'data.symbol': value }));
  return types.flatMap((a) => symbols.map((b) => ({ operation: REGISTRATION_SPAN, attributes: { ...a, ...b } })));
}

function commands({ type }: SearchFilter): readonly Condition[] {
  return [...commandSpans(type ?? null).keys()].map((operation) => ({ service: CLI_SERVICE, operation }));
}

/** In ktrdr's spans only the last transition of an operation shows its failure; in the runbook's vocabulary its status does. */
function outcomes(filter: SearchFilter): readonly Condition[] {
  const { status, hasError } = filter;
  const wanted = status ?? (hasError === true ? 'failed' : undefined);
  if (wanted === undefined || wanted === 'unknown' || wanted === 'pending') return [{ operation: TRANSITION_SPAN }];
  const byStatus = [
    { operation: TRANSITION_SPAN, attributes: { 'operation.to_status': wanted } },
    { attributes: { 'operation.status': wanted.toUpperCase() } },
  ];
  if (wanted !== 'failed') return byStatus;
  const failing = { attributes: { error: 'true' } };
  return [
    ...byStatus,
    ...starts(filter).map((start) => ({ ...start, ...failing })),
    ...WORKER_SPANS.map((operation) => ({ operation, ...failing })),
    { service: CLI_SERVICE, attributes: { 'cli.status': 'error' } },
  ];
}

function exceptions({ errorType }: SearchFilter): readonly Condition[] {
  if (errorType === undefined) return [];
  const modules = errorType.includes('.') ? [''] : ['', 'ktrdr.errors.exceptions.', 'httpx.'];
  const names = modules.map((module) => `${module}${errorType}`);
  if (errorType.toLowerCase() === 'connectionrefusederror') names.push('httpx.ConnectError');
  return [
    ...names.map((name) => ({ attributes: { 'exception.type': name } })),
    { attributes: { 'error.type': errorType } },
  ];
}

function atWorker({ worker }: SearchFilter, services: readonly string[] | null): readonly Condition[] {
  if (worker === undefined) return [];
  const named = ['worker.id', ...spellingsOf('worker.selected_id')].map((key) => ({ attributes: { [key]: worker } }));
  const called = ['training/start', 'backtests/start'].map((path) => ({
    attributes: { 'http.url': `http://${worker}/${path}` },
  }));
  const own = (services ?? []).filter(
    (service) => service === worker || service.endsWith(`-${worker.replace(/^worker-/, '')}`),
  );
  return [...named, ...(worker.includes(':') ? called : []), ...own.flatMap(workOf)];
}

function atService({ service }: SearchFilter, services: readonly string[] | null): readonly Condition[] {
  if (service === undefined || isService(BACKEND_SERVICE, service) || service.toLowerCase().includes(BACKEND_SERVICE))
    return [];
  const matching = (services ?? [service]).filter((name) => isService(name, service)).slice(0, MAX_SERVICES);
  return matching.flatMap((name) => (/-worker/i.test(name) ? workOf(name) : [{ service: name }]));
}

function workOf(service: string): readonly Condition[] {
  return [REGISTRATION_SPAN, TRANSITION_SPAN, ...WORKER_SPANS].map((operation) => ({ service, operation }));
}

function withAttribute(key: string, value: string | undefined): readonly Condition[] {
  if (value === undefined) return [];
  const values = cases(value, ['asked', 'lower', 'upper']);
  return spellingsOf(key).flatMap((spelling) => values.map((text) => ({ attributes: { [spelling]: text } })));
}

/** Trace stores compare values case-sensitively. */
function cases(text: string, wanted: readonly ('asked' | 'lower' | 'upper')[]): readonly string[] {
  const forms = { asked: text, lower: text.toLowerCase(), upper: text.toUpperCase() };
  return [...new Set(wanted.map((form) => forms[form]))];
}

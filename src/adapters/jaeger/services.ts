/** Which services are searched, and in what order: most stores can't search for a tag across all services. */

import type { Trace } from '../../diagnosis/trace.ts';
import { BACKEND_SERVICE, canonicalType, isKtrdrsService } from '../../diagnosis/vocabulary/operations.ts';
import { byRelevance, worksOnOthers } from '../../diagnosis/vocabulary/services.ts';
import { typeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { inTurns } from '../../jobs/in-turns.ts';
import type { TraceQuery } from '../../jobs/ports.ts';
import { type Client, type Failed, isFailed, type ServicesFound } from './client.ts';
import type { Dialect } from './dialect.ts';
import { type Split, split, WIDTH } from './parts.ts';

export interface SearchTools {
  readonly client: Client;
  readonly dialect: Dialect;
  readonly services: () => Promise<ServicesFound | Failed>;
  readonly preferredServices: readonly string[];
  /** Traces by ID that were just read whole. */
  readonly known: ReadonlyMap<string, Trace>;
  readonly signal: AbortSignal;
}

export interface ServiceReplies<Good> extends Split<Good> {
  readonly searchedServices: number | null;
  /** Number of services that the store lists. */
  readonly listedServices: number | null;
}

/** A search of this many services takes about a second. */
const BATCH = 200;
const JAEGERS_OWN = /^jaeger(?:-(?:all-in-one|query|collector|agent|ingester))?$/;

/**
 * Searches ktrdr's services, then the others until one has a hit. Workers for operations of another type come last, because
 * every worker start adds a service. Only a search without hits needs to cover all services. ktrdr's services alone may exceed
 * the first batch.
 */
export async function overServices<Good extends { readonly kind: string }>(
  search: SearchTools,
  query: TraceQuery,
  run: (service: string) => Promise<Good | Failed>,
  isHit: (reply: Good) => boolean,
): Promise<ServiceReplies<Good> | Failed> {
  const plan = await servicesToSearch(search, query);
  if (plan.kind === 'failed') return plan;
  const { services, unlikely } = plan;
  const replies: (Good | Failed)[] = [];
  let hasHit = false;
  while (replies.length < services.length) {
    const isLast = replies.length >= services.length - unlikely;
    const end = Math.min(replies.length + BATCH, isLast ? services.length : services.length - unlikely);
    const batch = services.slice(replies.length, end);
    if (hasHit && (isLast || !batch.some(isKtrdrsService))) break;
    const answers = await inTurns(batch, WIDTH, run);
    replies.push(...answers);
    hasHit ||= answers.some((reply) => !isFailed(reply) && isHit(reply));
  }
  const searched = services.slice(0, replies.length);
  const outcome = split(replies, searched, 'services couldn’t be searched');
  if (outcome.kind === 'failed') return outcome;
  const counts = { searchedServices: searched.length, listedServices: services.length };
  return { ...outcome, gaps: [...plan.gaps, ...outcome.gaps], ...counts };
}

interface Plan {
  readonly kind: 'plan';
  readonly services: readonly string[];
  /** Number of services at the end of the list that work on operations of another type. */
  readonly unlikely: number;
  readonly gaps: readonly string[];
}

/** Preferred services first, without Jaeger's own. */
async function servicesToSearch(search: SearchTools, query: TraceQuery): Promise<Plan | Failed> {
  if (query.service !== undefined) return { kind: 'plan', services: [query.service], unlikely: 0, gaps: [] };
  const { preferredServices } = search;
  const reply = await search.services();
  if (reply.kind === 'services') {
    const type = typeIn(query);
    const listed = new Set(reply.services);
    const first = preferredServices.filter((service) => listed.has(service));
    const all = [...new Set([...first, ...byRelevance(reply.services, type)])];
    const services = all.filter((service) => !JAEGERS_OWN.test(service));
    const last = services.filter((service) => !first.includes(service) && worksOnOthers(service, type));
    const likely = services.filter((service) => !last.includes(service));
    // A store that lists no services may still have traces.
    if (services.length === 0) return { kind: 'plan', services: [BACKEND_SERVICE], unlikely: 0, gaps: [] };
    return { kind: 'plan', services: [...likely, ...last], unlikely: last.length, gaps: [] };
  }
  if (preferredServices.length === 0 || reply.strange) return reply;
  const gap = 'The list of services couldn’t be read, so only those in JAEGER_SERVICES were searched.';
  return { kind: 'plan', services: preferredServices, unlikely: 0, gaps: [gap] };
}

function typeIn({ attributes }: TraceQuery): string | null {
  const { 'operation.id': id, 'operation.type': type } = attributes ?? {};
  return (id === undefined ? null : typeOfOperationId(id)) ?? (type === undefined ? null : canonicalType(type));
}

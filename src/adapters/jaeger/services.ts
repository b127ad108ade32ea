/** Which services a search asks, and in which order: most stores can't search for a tag over all services. */
import { BACKEND_SERVICE, canonicalType, isKtrdrsService } from '../../diagnosis/vocabulary/operations.ts';
import { byRelevance } from '../../diagnosis/vocabulary/services.ts';
import { typeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { inTurns } from '../../jobs/in-turns.ts';
import type { TraceQuery } from '../../jobs/ports.ts';
import { type Client, type Failed, isFailed } from './client.ts';
import type { Dialect } from './dialect.ts';
import { type Split, split, WIDTH } from './parts.ts';

export interface SearchTools {
  readonly client: Client;
  readonly dialect: Dialect;
  readonly preferredServices: readonly string[];
  readonly signal: AbortSignal;
}

export interface ServiceReplies<Good> extends Split<Good> {
  readonly searchedServices: number | null;
  /** How many the store lists. */
  readonly listedServices: number | null;
}

/** A search of this many services takes about a second. */
const BATCH = 200;
const JAEGERS_OWN = /^jaeger(?:-(?:all-in-one|query|collector|agent|ingester))?$/;

/**
 * Asks ktrdr's services, then the others until one has a hit. Only a search that found nothing must have asked all, and names
 * of ktrdr's services alone can be more than the first batch.
 */
export async function overServices<Good extends { readonly kind: string }>(
  search: SearchTools,
  query: TraceQuery,
  run: (service: string) => Promise<Good | Failed>,
  isHit: (reply: Good) => boolean,
): Promise<ServiceReplies<Good> | Failed> {
  const plan = await servicesToSearch(search, query);
  if (plan.kind === 'failed') return plan;
  const { services } = plan;
  const replies: (Good | Failed)[] = [];
  let hasHit = false;
  while (replies.length < services.length) {
    const batch = services.slice(replies.length, replies.length + BATCH);
    if (hasHit && !batch.some(isKtrdrsService)) break;
    const answers = await inTurns(batch, WIDTH, run);
    replies.push(...answers);
    hasHit ||= answers.some((reply) => !isFailed(reply) && isHit(reply));
  }
  const searched = services.slice(0, replies.length);
  const outcome = split(replies, searched, 'services could not be searched');
  if (outcome.kind === 'failed') return outcome;
  const counts = { searchedServices: searched.length, listedServices: services.length };
  return { ...outcome, gaps: [...plan.gaps, ...outcome.gaps], ...counts };
}

interface Plan {
  readonly kind: 'plan';
  readonly services: readonly string[];
  readonly gaps: readonly string[];
}

/** Preferred services first, Jaeger's own left out. */
async function servicesToSearch(search: SearchTools, query: TraceQuery): Promise<Plan | Failed> {
  if (query.service !== undefined) return { kind: 'plan', services: [query.service], gaps: [] };
  const { client, dialect, preferredServices, signal } = search;
  const reply = await client.services(dialect.api, signal);
  if (reply.kind === 'services') {
    const known = new Set(reply.services);
    const first = preferredServices.filter((service) => known.has(service));
    const all = [...new Set([...first, ...byRelevance(reply.services, typeIn(query))])];
    const services = all.filter((service) => !JAEGERS_OWN.test(service));
    // A store that lists nothing may know something all the same.
    return { kind: 'plan', services: services.length > 0 ? services : [BACKEND_SERVICE], gaps: [] };
  }
  if (preferredServices.length === 0 || reply.strange) return reply;
  const gap = 'The list of services could not be read; only those in JAEGER_SERVICES were searched.';
  return { kind: 'plan', services: preferredServices, gaps: [gap] };
}

function typeIn({ attributes }: TraceQuery): string | null {
  const { 'operation.id': id, 'operation.type': type } = attributes ?? {};
  return (id === undefined ? null : typeOfOperationId(id)) ?? (type === undefined ? null : canonicalType(type));
}

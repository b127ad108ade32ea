/** Which API a Jaeger speaks, from two requests without parameters that touch no storage. */
import { createCache } from '../../jobs/cache.ts';
import type { Clock, SourceFailure } from '../../jobs/ports.ts';
import { parseJson } from '../../language/json.ts';
import type { Reply } from '../http/client.ts';
import { errorIn, refusalOf, strangeAnswer } from './answer.ts';
import type { Client } from './client.ts';
import { isObject } from './wire/values.ts';

export interface Dialect {
  readonly api: 'v1' | 'v3';
  /** 2.19 and 2.20 speak both; some of their stores find nothing in a search over all services. */
  readonly both: boolean;
}

export const V3_PROBE = 'api/v3/trace-summaries';
export const V1_PROBE = 'api/traces';

export function detect(
  v3: Reply,
  v1: Reply,
  host: string,
):
  | { readonly kind: 'dialect'; readonly dialect: Dialect }
  | { readonly kind: 'failed'; readonly failure: SourceFailure } {
  const legacy = speaksLegacy(v1);
  if (speaksV3(v3)) return { kind: 'dialect', dialect: { api: 'v3', both: legacy } };
  if (legacy) return { kind: 'dialect', dialect: { api: 'v1', both: false } };
  return { kind: 'failed', failure: refusalOf(v1, host) ?? refusalOf(v3, host) ?? strangeAnswer(v1, host) };
}

function speaksV3(reply: Reply): boolean {
  const json = parseJson(reply.body.toString('utf8'));
  if (!isObject(json)) return false;
  return Array.isArray(json['summaries']) || (isObject(json['error']) && errorIn(json) !== null);
}

function speaksLegacy(reply: Reply): boolean {
  const text = reply.body.toString('utf8');
  const json = parseJson(text);
  if (isObject(json)) return Array.isArray(json['errors']) || Array.isArray(json['data']);
  // Other stores with Jaeger's API have their own wording for a missing service.
  return reply.status === 400 && !text.trimStart().startsWith('<') && /\bservice\b/i.test(text);
}

/** Long enough that most questions cost no probes, short enough that an upgrade of Jaeger is soon noticed. */
const KEPT_MS = 10 * 60 * 1000;
const KEY = 'dialect';

type Detection = Awaited<ReturnType<Client['detect']>>;

export interface DialectCache {
  current(signal: AbortSignal): Promise<Detection>;
  forget(): void;
}

export function createDialectCache(client: Client, api: 'auto' | 'v1' | 'v3', now: Clock): DialectCache {
  const known = createCache<Detection>({ maxEntries: 1, ttlMs: KEPT_MS, nowMs: () => now() / 1000 });

  async function current(signal: AbortSignal): Promise<Detection> {
    if (api !== 'auto') return { kind: 'dialect', dialect: { api, both: false } };
    let isOwn = false;
    const detected = await known.fetch(KEY, () => {
      isOwn = true;
      return client.detect(signal);
    });
    if (detected.kind === 'dialect') return detected;
    known.delete(KEY);
    // A detection shared with another request ended with that request's time limit, not with this one's.
    const isOver = isOwn || signal.aborted || detected.failure.code !== 'timed-out';
    return isOver ? detected : current(signal);
  }

  return { current, forget: () => known.delete(KEY) };
}

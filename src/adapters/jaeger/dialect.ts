/** Detects which API a Jaeger speaks, by two requests without parameters, which never reach its storage. */
import type { SourceFailure } from '../../jobs/ports.ts';
import { parseJson } from '../../language/json.ts';
import type { Reply } from '../http/client.ts';
import { errorIn, refusalOf, strangeAnswer } from './answer.ts';
import { isObject } from './wire/values.ts';

export interface Dialect {
  readonly api: 'v1' | 'v3';
  /**
   * Whether the store can search all services at once. Stores behind 2.19 and 2.20, which speak both dialects, may reject such
   * a search or find nothing: `unknown` until a response shows which.
   */
  overAll: 'works' | 'refused' | 'unknown';
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
  if (speaksV3(v3)) return { kind: 'dialect', dialect: { api: 'v3', overAll: legacy ? 'unknown' : 'works' } };
  if (legacy) return { kind: 'dialect', dialect: { api: 'v1', overAll: 'refused' } };
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

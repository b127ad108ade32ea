/** Which API a Jaeger speaks, from two requests without parameters that touch no storage. */
import type { SourceFailure } from '../../jobs/ports.ts';
import type { Reply } from '../http/client.ts';
import { parseJson } from '../http/reply.ts';
import { errorIn } from './answer.ts';
import { refusalOf, strangeAnswer } from './failure.ts';
import { isObject } from './wire.ts';

export interface Dialect {
  readonly api: 'v1' | 'v3';
  /** 2.19 and 2.20 speak both; some of their stores answer a search over all services with silence. */
  readonly both: boolean;
}

export const V3_PROBE = 'api/v3/trace-summaries';
export const V1_PROBE = 'api/traces';

export type Detected =
  | { readonly kind: 'dialect'; readonly dialect: Dialect }
  | { readonly kind: 'failed'; readonly failure: SourceFailure };

export function detect(v3: Reply, v1: Reply, host: string): Detected {
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
  // Imitators of Jaeger say in their own words that a service is missing.
  return reply.status === 400 && !text.trimStart().startsWith('<') && /\bservice\b/i.test(text);
}

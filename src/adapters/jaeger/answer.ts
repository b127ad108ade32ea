/**
 * Classifies Jaeger's responses by their shape. Status and content type prove nothing, because all errors come as text/plain,
 * and old versions answer 200 to everything.
 */
import type { Trace } from '../../diagnosis/trace.ts';
import type { SourceFailure } from '../../jobs/ports.ts';
import { parseJson } from '../../language/json.ts';
import type { Reply, Service } from '../http/client.ts';
import * as http from '../http/reply.ts';
import { readTraceDocument } from './read.ts';
import { arrayOf, isObject, textOf } from './wire/values.ts';

export type TraceBody =
  /** `remarks` are whole sentences. */
  | { readonly kind: 'traces'; readonly traces: readonly Trace[]; readonly remarks: readonly string[] }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'strange' };

/** Reads the body of a response that should contain traces, in either dialect. No traces is an empty list. */
export function readTraceBody(text: string): TraceBody {
  const document = readTraceDocument(text);
  if (document.kind === 'traces' && document.isCut) return { kind: 'strange' };
  if (document.kind === 'traces')
    return {
      kind: 'traces',
      traces: document.traces,
      remarks: document.warnings.map((warning) => `Jaeger warned: ${warning.replace(/\.$/, '')}.`),
    };
  const json = parseJson(text);
  const message = errorIn(json);
  if (message !== null) return { kind: 'error', message };
  return isEmpty(json) && !repeatsKey(text) ? { kind: 'traces', traces: [], remarks: [] } : { kind: 'strange' };
}

/** JSON.parse keeps the last value of a repeated key, so an empty list could hide a full one. Jaeger never repeats a key. */
export function repeatsKey(text: string): boolean {
  const [, key = ''] = /^\s*\{\s*("\w+")\s*:/.exec(text) ?? [];
  return key !== '' && new RegExp(`[,{]\\s*${key}\\s*:`).test(text.slice(text.indexOf(key) + key.length));
}

/** Jaeger's own error message, in either dialect. */
export function errorIn(json: unknown): string | null {
  if (!isObject(json)) return null;
  if (isObject(json['error'])) return textOf(json['error']['message']) || 'an error without a message';
  const errors = arrayOf(json['errors']).filter(isObject);
  if (errors.length === 0 || arrayOf(json['data']).length > 0) return null;
  return errors.map((error) => textOf(error['msg'])).join('; ');
}

/** Names in the response to `services`; null when it is something else. */
export function servicesIn(json: unknown): readonly string[] | null {
  if (!isObject(json)) return null;
  const list = json['services'] ?? json['data'];
  if (Array.isArray(list)) {
    const names = list.filter((name) => typeof name === 'string');
    return names.length > 0 || list.length === 0 ? names : null;
  }
  // Without services, old versions omit the list or send null.
  return list === null || (list === undefined && Object.keys(json).length === 0) ? [] : null;
}

/** Whether the response has no traces, in the form of any Jaeger or Tempo version. */
function isEmpty(json: unknown): boolean {
  if (!isObject(json)) return false;
  if ('data' in json) return isNothing(json['data'], Array.isArray);
  const content = json['result'] ?? json['trace'] ?? json;
  return isNothing(content, isObject)
    ? content !== json
    : isObject(content) && isNothing(content['resourceSpans'], Array.isArray);
}

function isNothing(value: unknown, isWanted: (value: unknown) => boolean): boolean {
  return isWanted(value) && Object.keys(Object(value)).length === 0;
}

export const JAEGER: Service = {
  name: 'Jaeger',
  urlVariable: 'JAEGER_URL',
  headersVariable: 'JAEGER_HEADERS',
  caFileVariable: 'JAEGER_CA_FILE',
  maxBytesVariable: 'JAEGER_MAX_BYTES',
};

/** Rejections that never come from Jaeger itself, but from a proxy or login in front of it. A retry is useless. */
export function refusalOf(reply: Reply, host: string): SourceFailure | null {
  const refusal = http.refusalOf(reply, host, JAEGER);
  if (refusal?.code !== 'refused' || !/tenant/i.test(refusal.reason)) return refusal;
  return { ...refusal, advice: `Set the tenant header in ${JAEGER.headersVariable}.` };
}

/** A response in a shape that this API never has. */
export function strangeAnswer(reply: Reply, host: string): SourceFailure {
  const failure = http.unusable(reply, host, JAEGER);
  if (failure.code === 'refused' && reply.status === 404) return { ...failure, reason: NO_API, advice: CHECK_PATH };
  return failure;
}

const NO_API = 'there is no Jaeger query API at this URL';
const CHECK_PATH = `Check the port and base path in ${JAEGER.urlVariable}. Other trace stores need their Jaeger-compatible URL.`;

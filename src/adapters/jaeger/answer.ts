/** Tells by shape, never by status or content type, what an answer is: all errors come as text/plain, and old versions answer 200 to everything. */
import type { Trace } from '../../diagnosis/trace.ts';
import { parseJson } from '../http/reply.ts';
import { readTraceDocument } from './read.ts';
import { isObject, type Json, listOf, textOf } from './wire.ts';

export type TraceBody =
  | {
      readonly kind: 'traces';
      readonly traces: readonly Trace[] /** Whole sentences. */;
      readonly remarks: readonly string[];
    }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'strange' };

/** The body of any answer that should hold traces, in either dialect; none is an empty list. */
export function readTraceBody(text: string): TraceBody {
  const document = readTraceDocument(text);
  if (document.kind === 'traces')
    return {
      kind: 'traces',
      traces: document.traces,
      remarks: document.warnings.map((warning) => `Jaeger remarked: ${warning}.`),
    };
  const json = parseJson(text);
  const message = errorIn(json);
  if (message !== null) return { kind: 'error', message };
  return isEmpty(json) ? { kind: 'traces', traces: [], remarks: [] } : { kind: 'strange' };
}

/** Jaeger's own words for an error, in either dialect. */
export function errorIn(json: unknown): string | null {
  if (!isObject(json)) return null;
  if (isObject(json['error'])) return textOf(json['error']['message']) || 'an error without a message';
  const errors = listOf(json['errors']).filter(isObject);
  if (errors.length === 0 || listOf(json['data']).length > 0) return null;
  return errors.map((error) => textOf(error['msg'])).join('; ');
}

/** Names in the answer of `services`, or null when it is something else. */
export function servicesIn(json: unknown): readonly string[] | null {
  if (!isObject(json)) return null;
  const list = json['services'] ?? json['data'];
  if (Array.isArray(list)) return list.filter((name) => typeof name === 'string');
  // Without services old versions leave the list out.
  return isEmpty(json) ? [] : null;
}

function isEmpty(json: unknown): boolean {
  if (!isObject(json)) return false;
  if ('data' in json) return listOf(json['data']).length === 0;
  return 'result' in json || 'resourceSpans' in json || isBare(json);
}

function isBare(json: Json): boolean {
  return Object.keys(json).length === 0;
}

/**
 * Constructors of evidence: each says what was read and where, so that it can be checked in Jaeger or the API. Those that
 * quote a message return a draft, because a quotation is cleaned before it is cut.
 */

import type { Clean, CleanText } from './clean.ts';
import type { SpanError } from './facts/errors.ts';
import type { ReportedError } from './facts/reported-error.ts';
import type { Transition } from './facts/transitions.ts';
import type { Evidence, SpanRef } from './finding.ts';
import type { Span } from './trace.ts';
import { type AttributeName, readText, spellingOf } from './vocabulary/attributes.ts';
import { duration, joined } from './words.ts';

export type EvidenceDraft = Omit<Evidence, 'text'> & { readonly text: string | ((clean: Clean) => string) };

/** Called only for findings that are kept, because cleaning is expensive. */
export function worded(draft: EvidenceDraft, clean: Clean): Evidence {
  const { text } = draft;
  return { ...draft, text: typeof text === 'string' ? text : text(clean) };
}

export function refOf(span: Span): SpanRef {
  return { service: span.service, operation: span.name, spanId: span.spanId, traceId: span.traceId };
}

export function attribute(span: Span, name: AttributeName): Evidence {
  const spelling = spellingOf(span, name) ?? name;
  return { kind: 'attribute', text: `${span.name}: ${spelling} = ${readText(span, name) ?? 'absent'}`, ...at(span) };
}

export function exception(error: SpanError): EvidenceDraft {
  const status = error.httpStatus === null ? '' : ` (HTTP ${error.httpStatus})`;
  return {
    kind: 'exception',
    text(clean) {
      const what = [error.fullType, shorten(clean(error.message))]
        .filter((part) => part !== null && part !== '')
        .join(': ');
      // The query may be long, or hold a key.
      const url = readText(error.span, 'httpUrl')?.split(/[?#]/, 1)[0] ?? null;
      const name = joined(' ', error.span.name, url);
      return `${name} on ${error.span.service}${status}${what === '' ? ' is marked as failed' : `: ${what}`}`;
    },
    ...at(error.span),
  };
}

export function transition({ span, from, to, error, reason }: Transition): EvidenceDraft {
  const why = error ?? reason;
  return {
    kind: 'transition',
    text: (clean) => `state ${from} → ${to}${why === null ? '' : `: ${shorten(clean(why))}`} (on ${span.service})`,
    ...at(span),
  };
}

export function reportedError({ span, source, type, text }: ReportedError): EvidenceDraft {
  if (span === null) return { kind: 'record', text: (clean) => `ktrdr API: ${shorten(clean(text))}` };
  const where =
    source === 'transition'
      ? 'the operation was marked as failed:'
      : `${span.name} on ${span.service} raised ${type ?? 'an error'}:`;
  return {
    kind: source === 'transition' ? 'transition' : 'exception',
    text: (clean) => `${where} ${shorten(clean(text))}`,
    ...at(span),
  };
}

export function record(text: string): Evidence {
  return { kind: 'record', text };
}

export function worker(text: string): Evidence {
  return { kind: 'worker', text };
}

export function count(text: string): Evidence {
  return { kind: 'count', text };
}

export function absence(text: string): Evidence {
  return { kind: 'absence', text };
}

export function spanSeen(span: Span, text: string): Evidence {
  return { kind: 'span', text, ...at(span) };
}

export function took(span: Span): Evidence {
  return { kind: 'time', text: `${span.name} on ${span.service} took ${duration(span.duration)}`, ...at(span) };
}

function at(span: Span): { readonly spanId: string; readonly traceId: string } {
  return { spanId: span.spanId, traceId: span.traceId };
}

/** ktrdr's messages list every file it searched; the first 300 characters say what is wrong. */
export function shorten(text: CleanText, limit = 300): string {
  const line = onOneLine(text);
  const points = [...line];
  return points.length <= limit ? line : `${points.slice(0, limit - 1).join('')}…`;
}

export function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

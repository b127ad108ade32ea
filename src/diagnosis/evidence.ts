/** Constructors of evidence: each says what was read and where, in words that can be checked in Jaeger or the API. */
import { type AttributeName, readText, spellingOf } from './attributes.ts';
import type { SpanError } from './facts/errors.ts';
import type { Complaint } from './facts/failure.ts';
import type { Transition } from './facts/transitions.ts';
import type { Evidence, SpanRef } from './finding.ts';
import type { Span } from './trace.ts';
import { duration } from './words.ts';

export function refOf(span: Span): SpanRef {
  return { service: span.service, operation: span.name, spanId: span.spanId, traceId: span.traceId };
}

export function attribute(span: Span, name: AttributeName): Evidence {
  const spelling = spellingOf(span, name) ?? name;
  return { kind: 'attribute', text: `${span.name}: ${spelling} = ${readText(span, name) ?? 'absent'}`, ...at(span) };
}

export function exception(error: SpanError): Evidence {
  const what = [error.fullType, shorten(error.message)].filter((part) => part !== null && part !== '').join(': ');
  const status = error.httpStatus === null ? '' : ` (HTTP ${error.httpStatus})`;
  return {
    kind: 'exception',
    text: `${error.span.name} on ${error.span.service}${status}${what === '' ? ' is marked as failed' : `: ${what}`}`,
    ...at(error.span),
  };
}

export function transition({ span, from, to, error, reason }: Transition): Evidence {
  const why = error ?? reason;
  return {
    kind: 'transition',
    text: `state ${from} → ${to}${why === null ? '' : `: ${shorten(why)}`} (on ${span.service})`,
    ...at(span),
  };
}

/** A complaint as evidence, named by its witness. */
export function complaint(said: Complaint): Evidence {
  if (said.span === null) return { kind: 'record', text: `the ktrdr API says: ${shorten(said.text)}` };
  const where =
    said.source === 'transition'
      ? 'the operation failed with'
      : `${said.span.name} on ${said.span.service} raised ${said.type ?? 'an error'}:`;
  return {
    kind: said.source === 'transition' ? 'transition' : 'exception',
    text: `${where} ${shorten(said.text)}`,
    ...at(said.span),
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
export function shorten(text: string, limit = 300): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  const points = [...flat];
  return points.length <= limit ? flat : `${points.slice(0, limit - 1).join('')}…`;
}

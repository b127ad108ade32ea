import { bounded } from '../clean.ts';
import { endOf, type Span } from '../trace.ts';
import { carriersOf, isPlaceholder, readNumber, readText } from '../vocabulary/attributes.ts';
import { isObservation, isTransport } from '../vocabulary/noise.ts';
import { type PropagationOutcome, propagationOutcomesOf } from './error-propagation.ts';
import type { SpanTree } from './tree.ts';

/** What one span says went wrong. */
export interface SpanError {
  readonly span: Span;
  /** Last component of the exception's type (`DataNotFoundError`), or null when there was none. */
  readonly type: string | null;
  /** Module-qualified, as recorded. */
  readonly fullType: string | null;
  /** Empty for timeouts of httpx. */
  readonly message: string;
  readonly stack: string | null;
  readonly httpStatus: number | null;
}

export interface Errors {
  /** Every failed span except those of transport and observation, in order of end. */
  readonly all: readonly SpanError[];
  /**
   * Where the failure started: failed spans whose error was not handled and that no failed descendant explains, by end.
   *
   *   |------------- parent, failed -------------|
   *        |--- child, failed ---|                    ← origin
   */
  readonly origins: readonly SpanError[];
  /** False when each origin may have been caught, because no span above it failed. */
  readonly havePropagated: boolean;
  /** Errors that their caller handled by a retry, a fallback, or by catching them: worth mentioning, never the cause. */
  readonly handled: readonly SpanError[];
}

export function errorsOf(tree: SpanTree, own: readonly Span[]): Errors {
  const all: SpanError[] = [];
  const candidates = new Set([...carriersOf(own, 'httpStatus'), ...carriersOf(own, 'exceptionType')]);
  for (const span of own) {
    if (span.status.code !== 'error' && span.events.length === 0 && !candidates.has(span)) continue;
    const error = errorOf(span);
    if (error !== null && !isTransport(span) && !isObservation(span)) all.push(error);
  }
  all.sort((a, b) => endOf(a.span) - endOf(b.span) || (a.span.spanId < b.span.spanId ? -1 : 1));

  const outcomes = propagationOutcomesOf(tree, new Map(all.map((error) => [error.span, error])));
  const ends: Record<PropagationOutcome, SpanError[]> = { propagated: [], contained: [], recovered: [] };
  for (const error of all) if (!outcomes.explained.has(error.span)) ends[outcomes.of(error)].push(error);
  const { propagated, contained, recovered } = ends;
  // A caller without a status may have caught the error or not: it counts as caught when another one propagated.
  return propagated.length > 0
    ? { all, origins: propagated, havePropagated: true, handled: [...recovered, ...contained] }
    : { all, origins: contained, havePropagated: false, handled: recovered };
}

/** The error of one span, or null. ktrdr's helpers record an exception twice; the first is enough. */
export function errorOf(span: Span): SpanError | null {
  const httpStatus = readNumber(span, 'httpStatus');
  const exception = span.events.find(
    (event) => event.name === 'exception' || readText(event, 'exceptionType') !== null,
  );
  const carrier = exception ?? (readText(span, 'exceptionType') === null ? null : span);
  const badAnswer = httpStatus !== null && (span.kind === 'client' ? httpStatus >= 400 : httpStatus >= 500);
  if (span.status.code !== 'error' && carrier === null && !badAnswer) return null;

  const recordedType = carrier === null ? null : readText(carrier, 'exceptionType');
  // Newer HTTP conventions write the status code where exceptions have their type.
  const fullType = recordedType !== null && /^\d+$/.test(recordedType) ? null : recordedType;
  const description =
    span.status.message === null || isPlaceholder(span.status.message) ? null : bounded(span.status.message);
  const fromDescription = /^([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Refused|Exit)): ?(.*)$/s.exec(description ?? '');
  const type = lastPart(fullType ?? fromDescription?.[1] ?? null);
  const message =
    (carrier === null ? null : readText(carrier, 'exceptionMessage')) ??
    fromDescription?.[2] ??
    (type === null ? (description ?? readText(span, 'errorText')) : null) ??
    '';
  return {
    span,
    type,
    fullType: fullType ?? fromDescription?.[1] ?? null,
    message,
    stack: carrier === null ? null : readText(carrier, 'exceptionStack'),
    httpStatus,
  };
}

function lastPart(type: string | null): string | null {
  return type === null ? null : (type.split('.').at(-1) ?? type);
}

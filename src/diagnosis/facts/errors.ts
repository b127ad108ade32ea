import { readNumber, readText } from '../attributes.ts';
import { endOf, type Span } from '../trace.ts';
import { isObservation, isTransport } from './noise.ts';
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
  /** Every span that failed, transport and observation left out, in order of end. */
  readonly all: readonly SpanError[];
  /**
   * Where trouble began: failed spans without a failed descendant that nobody dealt with, in order of end.
   *
   *   |------------- parent, failed -------------|
   *        |--- child, failed ---|                    ← origin
   */
  readonly origins: readonly SpanError[];
  /** Failures that their caller dealt with: by a retry, a fallback, or by catching them. Worth a mention, never the cause. */
  readonly handled: readonly SpanError[];
}

export function errorsOf(tree: SpanTree, own: readonly Span[]): Errors {
  const all: SpanError[] = [];
  for (const span of own) {
    if (isTransport(span) || isObservation(span)) continue;
    const error = errorOf(span);
    if (error !== null) all.push(error);
  }
  all.sort((a, b) => endOf(a.span) - endOf(b.span) || (a.span.spanId < b.span.spanId ? -1 : 1));

  const failed = new Map(all.map((error) => [error.span, error]));
  const above = new Set<Span>();
  for (const { span } of all) {
    for (let at = tree.parentOf(span); at !== null && !above.has(at); at = tree.parentOf(at)) above.add(at);
  }
  const escaped: SpanError[] = [];
  const survived: SpanError[] = [];
  const healed: SpanError[] = [];
  for (const error of all) {
    if (above.has(error.span) && hasFailedDescendantBefore(tree, error.span, failed)) continue;
    const fate = fateOf(tree, error.span, failed);
    (fate === 'healed' ? healed : fate === 'survived' ? survived : escaped).push(error);
  }
  // A caller that says nothing may have caught the error or not: it counts as caught when another one escaped.
  return escaped.length > 0
    ? { all, origins: escaped, handled: [...healed, ...survived] }
    : { all, origins: survived, handled: healed };
}

/** The error of one span, or null. Exceptions are recorded twice by ktrdr's helpers: the first says it all. */
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
  const fromDescription = /^([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Refused|Exit)): ?(.*)$/s.exec(
    span.status.message ?? '',
  );
  const type = lastPart(fullType ?? fromDescription?.[1] ?? null);
  const message =
    (carrier === null ? null : readText(carrier, 'exceptionMessage')) ??
    fromDescription?.[2] ??
    (type === null ? (span.status.message ?? readText(span, 'errorText')) : null) ??
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

/** A child that began after its parent had already failed (work that went on behind a timeout) does not explain the parent. */
function hasFailedDescendantBefore(tree: SpanTree, span: Span, failed: ReadonlyMap<Span, SpanError>): boolean {
  const end = endOf(span);
  const waiting = [...tree.childrenOf(span)];
  for (let child = waiting.pop(); child !== undefined; child = waiting.pop()) {
    if (child.start > end) continue;
    if (failed.has(child)) return true;
    waiting.push(...tree.childrenOf(child));
  }
  return false;
}

/**
 * What became of a failure above the span: `healed` when a retry went well or a caller succeeded explicitly, `survived` when
 * a caller outlived it without a word, `escaped` when it went all the way up or its caller had ended before.
 */
function fateOf(tree: SpanTree, span: Span, failed: ReadonlyMap<Span, SpanError>): 'healed' | 'survived' | 'escaped' {
  for (let at = span, parent = tree.parentOf(at); parent !== null; at = parent, parent = tree.parentOf(at)) {
    if (wasRetriedWell(tree, at, parent, failed)) return 'healed';
    if (failed.has(parent)) continue;
    if (endOf(parent) < endOf(at)) return 'escaped';
    return parent.status.code === 'ok' ? 'healed' : 'survived';
  }
  return 'escaped';
}

function wasRetriedWell(tree: SpanTree, span: Span, parent: Span, failed: ReadonlyMap<Span, SpanError>): boolean {
  const target = (of: Span) => readText(of, 'httpUrl') ?? '';
  return tree
    .childrenOf(parent)
    .some(
      (sibling) =>
        sibling.start >= endOf(span) &&
        sibling.name === span.name &&
        target(sibling) === target(span) &&
        !failed.has(sibling),
    );
}

import type { Span, Trace } from '../../diagnosis/trace.ts';
import { read, readText } from '../../diagnosis/vocabulary/attributes.ts';
import { isObservation } from '../../diagnosis/vocabulary/noise.ts';

/** Each trace once, in order of time. Of several copies, the one with the most spans is the most complete. */
export function mergeTraces(traces: readonly Trace[]): readonly Trace[] {
  const fullest = new Map<string, Trace>();
  for (const trace of traces) {
    const known = fullest.get(trace.traceId);
    if (known === undefined || known.spans.length < trace.spans.length) fullest.set(trace.traceId, trace);
  }
  const startOf = ({ spans }: Trace) => spans[0]?.start ?? 0;
  return [...fullest.values()].sort((a, b) => startOf(a) - startOf(b));
}

/** The traces of `found` that aren't among `own`, as `mergeTraces` orders them. */
export function otherTraces(found: readonly Trace[], own: readonly Trace[]): readonly Trace[] {
  const ownIds = new Set(own.map(({ traceId }) => traceId));
  return mergeTraces(found).filter(({ traceId }) => !ownIds.has(traceId));
}

/** Whether every parent is there. Stores that cut a trace leave out its beginning, so that one with every parent is whole. */
export function isWhole({ spans }: Trace): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.every(({ parentId }) => parentId === null || ids.has(parentId));
}

/** True when a span is about the operation. A status poll only observes it: its trace is a related trace. */
export function mentionsOperation(trace: Trace, operationId: string): boolean {
  return trace.spans.some((span) => spanMentions(span, operationId));
}

/** The operation's traces that a search needn't read again. */
export function wholeTracesOf(operationId: string, seen: readonly Trace[]): readonly Trace[] {
  return seen.filter((trace) => mentionsOperation(trace, operationId) && isWhole(trace));
}

/** The ids in `operation.id`, each once, in order of time. */
export function operationsMentionedIn(traces: readonly Trace[]): readonly string[] {
  const ids = traces.flatMap(({ spans }) => spans.map((span) => readText(span, 'operationId')));
  return [...new Set(ids)].filter((id) => id !== null);
}

/** The operation that the traces are about, when they are about exactly one. */
export function onlyOperationMentionedIn(traces: readonly Trace[]): string | null {
  const [first, second] = operationsMentionedIn(traces);
  return first !== undefined && second === undefined ? first : null;
}

function spanMentions(span: Span, operationId: string): boolean {
  if (read(span, 'operationId') === operationId) return true;
  const urls = [read(span, 'httpUrl'), read(span, 'httpTarget')];
  return urls.some((url) => typeof url === 'string' && url.includes(operationId)) && !isObservation(span);
}

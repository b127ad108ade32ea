/** Which operations a trace speaks of. */

import type { Span, Trace } from '../../diagnosis/trace.ts';
import { read, readText } from '../../diagnosis/vocabulary/attributes.ts';
import { isObservation } from '../../diagnosis/vocabulary/noise.ts';

/** True when a span is about the operation. Looking at it (a status poll) is not: such traces are neighbours. */
export function mentionsOperation(trace: Trace, operationId: string): boolean {
  return trace.spans.some((span) => spanNames(span, operationId));
}

/** The ids in `operation.id`, each once, in order of time. */
export function operationsMentionedIn(traces: readonly Trace[]): readonly string[] {
  const named = new Set<string>();
  for (const trace of traces)
    for (const span of trace.spans) {
      const id = readText(span, 'operationId');
      if (id !== null) named.add(id);
    }
  return [...named];
}

/** The operation that the traces are about, when they are about exactly one. */
export function onlyOperationMentionedIn(traces: readonly Trace[]): string | null {
  const [first, second] = operationsMentionedIn(traces);
  return first !== undefined && second === undefined ? first : null;
}

function spanNames(span: Span, operationId: string): boolean {
  if (read(span, 'operationId') === operationId) return true;
  const urls = [read(span, 'httpUrl'), read(span, 'httpTarget')];
  return urls.some((url) => typeof url === 'string' && url.includes(operationId)) && !isObservation(span);
}

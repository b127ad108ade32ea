/** What was done to an operation from outside its own work. */
import type { Call } from '../../facts/calls.ts';
import type { Facts } from '../../facts/index.ts';
import type { Span } from '../../trace.ts';
import { readNumber } from '../../vocabulary/attributes.ts';
import { spansNamed } from '../../vocabulary/span-names.ts';

/** The accepted request to cancel it. */
export function cancelRequestOf(facts: Facts): Span | null {
  const request = spansNamed(facts.own, ({ name }) => name.startsWith('DELETE /api/v1/operations/'))[0];
  return request !== undefined && (readNumber(request, 'httpStatus') ?? 200) < 400 ? request : null;
}

/** The status update of a worker that shuts down, which marks the operation as cancelled; null if anything happened to it later. */
export function shutdownUpdateOf(facts: Facts): Call | null {
  const update = facts.calls.findLast(
    (call) => call.method === 'PATCH' && call.endpoint.path.endsWith('/status') && call.error === null,
  );
  if (update === undefined || facts.transitions.some(({ at }) => at > update.span.start)) return null;
  return facts.resume !== null && facts.resume.span.start <= update.span.start ? null : update;
}

/** The notice that the backend sends to its workers when it stops. */
export function backendStopOf(facts: Facts): Span | null {
  const since = facts.status.startedAt ?? 0;
  for (const { spans } of [...facts.case.neighbours, ...facts.case.traces]) {
    const stop = spansNamed(spans, ({ name }) => name === 'POST /backend-shutdown').find(({ start }) => start > since);
    if (stop !== undefined) return stop;
  }
  return null;
}

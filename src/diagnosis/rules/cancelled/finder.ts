/** What was done to an operation from outside its own work. */

import type { Call } from '../../facts/calls.ts';
import type { Facts } from '../../facts/index.ts';
import type { Span } from '../../trace.ts';
import { readNumber } from '../../vocabulary/attributes.ts';
import { spansNamed } from '../../vocabulary/span-names.ts';

/** The request that cancelled it; a refused one changes nothing. */
export function cancelRequestOf(facts: Facts): Span | null {
  const request = spansNamed(facts.own, ({ name }) => name.startsWith('DELETE /api/v1/operations/'))[0];
  return request !== undefined && (readNumber(request, 'httpStatus') ?? 200) < 400 ? request : null;
}

/** A worker that is told to stop reports the operation as cancelled by itself; nothing has happened to it since. */
export function shutdownUpdateOf(facts: Facts): Call | null {
  const update = facts.calls.findLast(
    (call) => call.method === 'PATCH' && call.endpoint.path.endsWith('/status') && call.error === null,
  );
  if (update === undefined || facts.transitions.some(({ at }) => at > update.span.start)) return null;
  return facts.resume !== null && facts.resume.span.start <= update.span.start ? null : update;
}

/** The backend says goodbye to its workers when it stops. */
export function backendStopOf(facts: Facts): Span | null {
  const since = facts.status.startedAt ?? 0;
  for (const { spans } of [...facts.case.neighbours, ...facts.case.traces]) {
    const stop = spansNamed(spans, ({ name }) => name === 'POST /backend-shutdown').find(({ start }) => start > since);
    if (stop !== undefined) return stop;
  }
  return null;
}

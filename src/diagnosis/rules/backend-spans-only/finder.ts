import type { Call } from '../../facts/calls.ts';
import type { Facts } from '../../facts/index.ts';

/** The call to a worker that was accepted, when no span of that worker arrived; null otherwise. */
export function dispatchWithoutWorkerSpans({ dispatches, phases, own }: Facts): Call | null {
  const call = dispatches.at(-1)?.call ?? null;
  if (call === null || call.error !== null || call.answered || call.endpoint.role !== 'worker') return null;
  const isHeard =
    phases.length > 0 ||
    own.some(
      ({ kind, service, start }) => kind === 'server' && service !== call.span.service && start >= call.span.start,
    );
  return isHeard ? null : call;
}

/** The design and assessment agents' containers export nothing, by design. */
export function isUntraced(call: Call, { type }: Facts): boolean {
  return (
    type === 'agent_design' || type === 'agent_assessment' || /\/(?:designs|assessments)\//.test(call.endpoint.path)
  );
}

import { absence, record, spanSeen } from '../../evidence.ts';
import type { Call } from '../../facts/calls.ts';
import { addressOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { isTerminal } from '../../facts/transitions.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { endOf } from '../../trace.ts';

/** The worker accepted the start, but none of its spans ever arrived. */
export const rule = defineRule({
  id: 'backend-spans-only',
  title: 'Worker spans missing',
  symptom: 'The trace ends at the call to the worker.',
  proof: 'A successful dispatch, and no worker span in any trace of the operation.',
  scenario: 'tracing',
  severity: 'degraded',
  tier: 'fallback',
  supersedes: ['progress-not-traced'],
  variants: {
    'worker-not-instrumented': 'The worker exports no spans.',
    'worker-crashed': 'The worker exited before it exported its spans.',
  },

  check(facts, { fix, now, noun }) {
    const call = dispatchWithoutWorkerSpans(facts);
    if (call === null || isUntraced(call, facts) || now - endOf(call.span) < exportTimeout(facts)) return clear;

    const { all, assignedId, assigned, location } = facts.workers;
    const isCompleted = facts.status.value === 'completed';
    const isWorking = isCompleted || facts.progress?.moved === true;
    const isGone = all !== null && assignedId !== null && assigned === null && !isWorking;
    return match({
      variant: isGone ? 'worker-crashed' : 'worker-not-instrumented',
      confidence: isGone || facts.record !== null ? 'likely' : 'possible',
      // An operation that completed or makes progress lacks only its trace.
      severity: isWorking ? 'notice' : 'degraded',
      headline: `The worker at ${addressOf(call.endpoint)} accepted this ${noun}, but none of its spans arrived.`,
      explanation: isGone
        ? 'The worker is no longer registered. It exited before it exported its spans.'
        : 'The worker runs without tracing, exports its spans elsewhere, or exited before the first batch. The trace doesn’t show what happened inside it.',
      culprit: call.span,
      evidence: [
        spanSeen(
          call.span,
          `${call.method} ${call.endpoint.url} returned ${call.httpStatus === null ? 'a success status' : `HTTP ${call.httpStatus}`}`,
        ),
        absence('no worker span in any trace of this operation'),
        facts.record && record(`ktrdr API: status ${facts.record.status}`),
      ],
      fixes: [
        readAs(
          fix.workerLogs(location),
          'The log shows failed exports with the collector address. If it shows none, tracing is off.',
        ),
        fix.workerHealth(location),
        'Check that the worker calls setup_monitoring and instrument_app, and that KTRDR_OTEL_OTLP_ENDPOINT is the right collector.',
      ],
    });
  },
});

/** Two export intervals, and some time for Jaeger to store the spans. */
const EXPORT_DELAY = 20_000_000;
const LONG_RUN = 3_600_000_000;

/** A worker whose work is a single span exports nothing before that work has ended. */
function exportTimeout({ dispatches, status }: Facts): number {
  const last = dispatches.at(-1);
  const isSingleSpan = last !== undefined && last.span !== last.call?.span;
  return isSingleSpan && !isTerminal(status.value) ? LONG_RUN : EXPORT_DELAY;
}

/** The accepted call to a worker from which no span arrived; null otherwise. */
function dispatchWithoutWorkerSpans({ dispatches, phases, own }: Facts): Call | null {
  const call = dispatches.at(-1)?.call ?? null;
  if (call === null || call.error !== null || call.answered || call.endpoint.role !== 'worker') return null;
  const hasWorkerSpans =
    phases.length > 0 ||
    own.some(
      ({ kind, service, start }) => kind === 'server' && service !== call.span.service && start >= call.span.start,
    );
  return hasWorkerSpans ? null : call;
}

/** The containers of the design and assessment agents export nothing, by design. */
function isUntraced(call: Call, { type }: Facts): boolean {
  return (
    type === 'agent_design' || type === 'agent_assessment' || /\/(?:designs|assessments)\//.test(call.endpoint.path)
  );
}

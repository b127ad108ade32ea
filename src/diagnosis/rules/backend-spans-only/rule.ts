import { absence, record, spanSeen } from '../../evidence.ts';
import { addressOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { isTerminal } from '../../facts/transitions.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { endOf } from '../../trace.ts';
import { operationNoun } from '../../words.ts';
import { dispatchWithoutWorkerSpans, isUntraced } from './finder.ts';

/** The worker accepted the start, and no span of it ever arrived. */
export const rule = defineRule({
  id: 'backend-spans-only',
  title: 'The worker’s part of the trace is missing',
  symptom: 'The trace ends at the call to the worker.',
  proof: 'A dispatch that was answered with success, and no span of a worker in any trace of the operation.',
  scenario: 'tracing',
  severity: 'degraded',
  tier: 'fallback',
  supersedes: ['progress-not-traced'],
  variants: {
    'worker-not-instrumented': 'The worker exports no spans.',
    'worker-crashed': 'The worker ended before it could export.',
  },

  check(facts, { fix, now }) {
    const call = dispatchWithoutWorkerSpans(facts);
    if (call === null || isUntraced(call, facts) || now - endOf(call.span) < patienceWith(facts)) return clear;

    const { all, assignedId, assigned, location: place } = facts.workers;
    const isGone = all !== null && assignedId !== null && assigned === null && facts.status.value !== 'completed';
    return match({
      variant: isGone ? 'worker-crashed' : 'worker-not-instrumented',
      confidence: isGone || facts.record !== null ? 'likely' : 'possible',
      // What the record calls completed lacks nothing but its trace.
      severity: facts.status.value === 'completed' ? 'notice' : 'degraded',
      headline: `The worker at ${addressOf(call.endpoint)} accepted this ${operationNoun(facts.type)}, but none of its spans arrived.`,
      explanation: isGone
        ? 'The worker is not registered any more: it ended before its spans were sent.'
        : 'The worker runs without tracing, sends its spans elsewhere, or ended before the first batch. What happened inside it cannot be seen from the trace.',
      culprit: call.span,
      evidence: [
        spanSeen(call.span, `${call.method} ${call.endpoint.url} answered ${call.httpStatus ?? 'with success'}`),
        absence('no span of a worker in any trace of this operation'),
        ...(facts.record === null ? [] : [record(`the ktrdr API says ${facts.record.status}`)]),
      ],
      fixes: [
        fix.workerLogs(place),
        fix.workerHealth(place),
        advice(
          'Check that the worker calls setup_monitoring and instrument_app, and that KTRDR_OTEL_OTLP_ENDPOINT names the right collector.',
        ),
      ],
    });
  },
});

/** Two export intervals, and some for the store. */
const EXPORT_DELAY = 20_000_000;
const LONG_RUN = 3_600_000_000;

/** Where all of a worker's work is one span, nothing of it is exported before the work has ended. */
function patienceWith({ dispatches, status }: Facts): number {
  const last = dispatches.at(-1);
  const isOneSpan = last !== undefined && last.span !== last.call?.span;
  return isOneSpan && !isTerminal(status.value) ? LONG_RUN : EXPORT_DELAY;
}

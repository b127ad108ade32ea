import { absence, spanSeen } from '../../evidence.ts';
import { clear, defineRule, match, type RuleText } from '../../rule.ts';
import type { Span } from '../../trace.ts';
import { type TraceSplit, traceSplitOf } from './finder.ts';

/** One start is spread over several traces because a process did not pass the context on. */
export const rule = defineRule({
  id: 'trace-split',
  title: 'The trace is broken in pieces',
  symptom: 'Several traces instead of one; the flow from the command to the worker cannot be seen as a whole.',
  proof:
    'A call whose callee begins a trace of its own, or a worker’s start request without a parent. Cancel, orphan check, resume, status polls and connections to the IB Gateway always are traces of their own: they are no split.',
  scenario: 'context-lost',
  severity: 'degraded',
  tier: 'specific',
  variants: {
    'cli-backend': 'The command line calls the backend without the trace context.',
    'backend-worker': 'The worker does not take up the context of the backend’s call.',
    'backend-host': 'A host service does not take up the context of the backend’s call.',
    unknown: 'The worker’s part is a trace of its own, and no call shows where the context was lost.',
  },

  check(facts) {
    const split = traceSplitOf(facts);
    if (split === null) return clear;
    const { at, caller, callee, isOfOneOperation } = split;
    const { headline, explanation } = caller === null ? withoutCaller(callee) : between(caller, split);
    return match({
      variant: at,
      confidence: at === 'unknown' || !isOfOneOperation ? 'likely' : 'certain',
      headline,
      explanation,
      culprit: callee,
      evidence: [
        spanSeen(callee, `${callee.name} on ${callee.service} has no parent, in trace ${callee.traceId}`),
        caller && spanSeen(caller, `${caller.name} on ${caller.service} has no span of ${callee.service} below it`),
        caller && absence('no other link between the two traces'),
      ],
      fixes: fixesOf(split),
    });
  },
});

function between(caller: Span, { callee, isOfOneOperation }: TraceSplit): Pick<RuleText, 'headline' | 'explanation'> {
  const link = isOfOneOperation ? 'by the operation and by their times' : 'by the route and by their times';
  return {
    headline: `The trace context is lost between ${caller.service} and ${callee.service}: one operation, two traces.`,
    explanation: `${callee.name} began a trace of its own instead of continuing ${caller.name}. They belong together ${link}; nothing else connects them.`,
  };
}

function withoutCaller(callee: Span): Pick<RuleText, 'headline' | 'explanation'> {
  return {
    headline: `The trace context is lost before ${callee.service}: its start request has no parent.`,
    explanation: `The backend sends ${callee.name}, so the request should continue the backend’s trace. It began a trace of its own, and the backend’s part of the operation is missing from it.`,
  };
}

function fixesOf({ at, callee }: TraceSplit): RuleText['fixes'] {
  switch (at) {
    case 'cli-backend':
      return [
        'Call HTTPXClientInstrumentor().instrument() in the command line’s set-up, before its first request.',
        'Until then the two traces can be read side by side: both carry the operation id.',
      ];
    case 'backend-worker':
      return [
        `Call FastAPIInstrumentor.instrument_app(app) in ${callee.service}, so that it takes up the traceparent header.`,
        'If it is called already, check that HTTPXClientInstrumentor().instrument() runs in the backend before the client is made.',
      ];
    case 'unknown':
      return [
        `Check that HTTPXClientInstrumentor().instrument() runs in the backend and FastAPIInstrumentor.instrument_app(app) in ${callee.service}.`,
      ];
    case 'backend-host':
      return [
        `Call FastAPIInstrumentor.instrument_app(app) in ${callee.service}, and HTTPXClientInstrumentor().instrument() in the backend.`,
      ];
  }
}

import { absence, spanSeen } from '../../evidence.ts';
import { clear, defineRule, match, type RuleText } from '../../rule.ts';
import type { Span } from '../../trace.ts';
import { type TraceSplit, traceSplitOf } from './finder.ts';

/** One start is spread over several traces because a process did not pass the context on. */
export const rule = defineRule({
  id: 'trace-split',
  title: 'Trace is split',
  symptom: 'Several traces instead of one, so no trace shows the whole flow from the command to the worker.',
  proof:
    'A call whose callee starts a new trace, or a worker’s start request without a parent. Cancels, orphan checks, resumes, status polls, and IB Gateway connections always have separate traces and don’t count.',
  scenario: 'context-lost',
  severity: 'degraded',
  tier: 'specific',
  variants: {
    'cli-backend': 'The command line calls the backend without the trace context.',
    'backend-worker': 'The worker doesn’t continue the trace context of the backend’s call.',
    'backend-host': 'A host service doesn’t continue the trace context of the backend’s call.',
    unknown: 'The worker’s part is a separate trace, and no call shows where the context was lost.',
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
  const link = isOfOneOperation ? 'operation' : 'route';
  return {
    headline: `The trace context is lost between ${caller.service} and ${callee.service}: one operation, two traces.`,
    explanation: `${callee.name} started a new trace instead of continuing ${caller.name}. Only the ${link} and the timing link the two traces.`,
  };
}

function withoutCaller(callee: Span): Pick<RuleText, 'headline' | 'explanation'> {
  return {
    headline: `The trace context is lost before ${callee.service}: its start request has no parent.`,
    explanation: `The backend sends ${callee.name}, so the request should continue the backend’s trace. It started a new trace, which doesn’t include the backend’s part of the operation.`,
  };
}

function fixesOf({ at, callee }: TraceSplit): RuleText['fixes'] {
  switch (at) {
    case 'cli-backend':
      return [
        'Call HTTPXClientInstrumentor().instrument() in the command line’s setup, before its first request.',
        'Until then, read the two traces side by side: both have the operation ID.',
      ];
    case 'backend-worker':
      return [
        `Call FastAPIInstrumentor.instrument_app(app) in ${callee.service} so that it reads the traceparent header.`,
        'If it’s already called, check that HTTPXClientInstrumentor().instrument() runs in the backend before the client is created.',
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

import { absence, spanSeen } from '../evidence.ts';
import type { Facts } from '../facts/index.ts';
import type { Fix, NonEmpty } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import type { Span } from '../trace.ts';

/** One start is spread over several traces because a process did not pass the context on. */
export const rule = defineRule({
  id: 'trace-split',
  title: 'The trace is broken in pieces',
  symptom: 'Several traces instead of one; the flow from the command to the worker cannot be seen as a whole.',
  proof:
    'A call whose callee begins a trace of its own. Cancel, orphan check, resume, status polls and connections to the IB Gateway always are traces of their own: they are no split.',
  scenario: 'context-lost',
  severity: 'degraded',
  variants: {
    'cli-backend': 'The command line calls the backend without the trace context.',
    'backend-worker': 'The worker does not take up the context of the backend’s call.',
    'backend-host': 'A host service does not take up the context of the backend’s call.',
  },
  supersedes: ['backend-spans-only'],

  check(facts, { fix }) {
    const found = brokenAt(facts);
    if (found === null) return clear;
    const { variant, caller, callee } = found;
    return match({
      variant,
      confidence: 'certain',
      headline: `The trace context is lost between ${caller.service} and ${callee.service}: one operation, two traces.`,
      explanation: `${callee.name} began a trace of its own instead of continuing ${caller.name}. Both name the same operation; nothing else connects them.`,
      culprit: callee,
      evidence: [
        spanSeen(caller, `${caller.name} on ${caller.service} has no span of ${callee.service} below it`),
        spanSeen(callee, `${callee.name} on ${callee.service} has no parent, in trace ${callee.traceId}`),
        absence('no other link between the two traces'),
      ],
      fixes: fixesOf(variant, callee, fix.backendLogs()),
    });
  },
});

type Variant = 'cli-backend' | 'backend-worker' | 'backend-host';

function brokenAt(facts: Facts): { readonly variant: Variant; readonly caller: Span; readonly callee: Span } | null {
  const roots = facts.tree.roots.filter((root) => root.parentId === null);
  const start = facts.start?.span;
  const command = roots.find((root) => root.name.startsWith('cli.'));
  if (command !== undefined && start !== undefined && start.parentId === null && command.traceId !== start.traceId) {
    const reaches = facts.tree.subtreeOf(command).some((span) => span.service !== command.service);
    if (!reaches) return { variant: 'cli-backend', caller: command, callee: start };
  }
  const dispatch = facts.dispatches.at(-1)?.call;
  const worker = roots.find((root) =>
    /^worker\.(?:training|backtest)|^POST \/(?:training|backtests?|designs|assessments)\/start$/.test(root.name),
  );
  if (dispatch != null && worker !== undefined && !dispatch.answered && worker.traceId !== dispatch.span.traceId) {
    return { variant: 'backend-worker', caller: dispatch.span, callee: worker };
  }
  const hostCall = facts.calls.find(
    (call) =>
      (call.endpoint.role === 'ib-host' || call.endpoint.role === 'training-host') &&
      call.error === null &&
      !call.answered,
  );
  const host = facts.case.neighbours
    .concat(facts.case.traces)
    .flatMap((trace) =>
      trace.spans.filter(
        (span) =>
          span.parentId === null &&
          span.kind === 'server' &&
          hostCall !== undefined &&
          span.name.startsWith('POST ') &&
          hostCall.endpoint.path.endsWith(span.name.slice(5)),
      ),
    )
    .find(
      (span) =>
        hostCall !== undefined &&
        span.start >= hostCall.span.start &&
        span.start <= hostCall.span.start + hostCall.span.duration,
    );
  return hostCall !== undefined && host !== undefined
    ? { variant: 'backend-host', caller: hostCall.span, callee: host }
    : null;
}

function fixesOf(variant: Variant, callee: Span, logs: Fix): NonEmpty<Fix> {
  switch (variant) {
    case 'cli-backend':
      return [
        advice('Call HTTPXClientInstrumentor().instrument() in the command line’s set-up, before its first request.'),
        advice('Until then the two traces can be read side by side: both carry the operation id.'),
      ];
    case 'backend-worker':
      return [
        advice(
          `Call FastAPIInstrumentor.instrument_app(app) in ${callee.service}, so that it takes up the traceparent header.`,
        ),
        advice(
          'If it is called already, check that HTTPXClientInstrumentor().instrument() runs in the backend before the client is made.',
        ),
        logs,
      ];
    case 'backend-host':
      return [
        advice(
          `Call FastAPIInstrumentor.instrument_app(app) in ${callee.service}, and HTTPXClientInstrumentor().instrument() in the backend.`,
        ),
        logs,
      ];
  }
}

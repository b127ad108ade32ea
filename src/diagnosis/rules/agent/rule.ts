import { absence, attribute, record, reportedError, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, match, proofOf, type RuleContext, type RuleResult } from '../../rule.ts';
import { workerState } from '../../words.ts';
import { factsOfChild } from './child.ts';
import { childOperationOf, rejectingGateOf, waitOf } from './finder.ts';
import { AGENT_TEXTS, gateText, waitText } from './texts.ts';

/** What stops an agent's research run: its workers, its gates, its budget, or an operation that it started. */
export const rule = defineRule({
  id: 'agent',
  title: 'Research run failed or stalled',
  symptom: 'A research run failed, stopped early, or is stuck in one phase.',
  proof: 'The error message of the research run, its phase spans and gates, and the worker list.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['workers-unavailable', 'data-missing', 'resources', 'database', 'worker-lost/false-alarm'],
  variants: {
    'no-workers': 'No design or assessment agent is registered.',
    'no-result': 'The agent ended without delivering its result.',
    'waiting-for-worker': 'A phase is waiting for a free worker; nothing failed.',
    'gate-rejected': 'A quality gate rejected the result: a normal outcome.',
    budget: 'The budget for language model calls is exhausted, or too many research runs are active.',
    'child-failed': 'A training run or backtest started by the research run failed.',
    'agent-failed': 'The design or assessment agent itself failed before it delivered a result.',
  },

  check(facts, context) {
    if (facts.type?.startsWith('agent') !== true) return clear;
    return (
      reportedFailure(facts, context) ??
      rejectedStart(facts, context) ??
      gateRejected(facts, context) ??
      waiting(facts, context) ??
      clear
    );
  },
});

const MESSAGES = [
  ['no-workers', /^No available AGENT_(?<what>\w+) workers\..*$/s],
  ['no-result', /^(?:Design|Assessment) agent did not call (?<what>\w+) MCP tool\..*$/s],
  ['budget', /^(?:budget_exhausted\b.*|BudgetExhaustedError: .*|Budget check failed: .+)$/s],
  ['child-failed', /^(?<phase>Training|Backtest) failed: (?<what>.+)$/s],
  ['agent-failed', /^(?<phase>Design|Assessment) (?<dispatch>dispatch )?failed: (?<what>.+)$/s],
  [
    'agent-failed',
    /^(?<unsaved>Strategy config not found at .+The design agent may have failed to save the strategy file\.)$/s,
  ],
] as const;

function reportedFailure(facts: Facts, context: RuleContext): RuleResult | null {
  const explained = explainedBy(facts.failure, MESSAGES);
  const own = explained ?? ownFailureOf(facts, context);
  if (own === null) return null;
  const { variant } = own;
  const words: Readonly<Record<string, string | undefined>> = own.words;
  const child = childOperationOf(facts);
  const selection = variant === 'no-workers' ? facts.selections.at(-1)?.span : undefined;
  const phase = words['phase'];
  const type = phase === 'Backtest' ? 'backtesting' : 'training';
  const failed = factsOfChild(facts, own.reportedError, words['what'] ?? '', type);
  const isOfChild = variant === 'child-failed' || variant === 'agent-failed';
  const cause = isOfChild ? context.findCause(failed) : null;
  const capable = facts.selections.at(-1)?.capable ?? null;
  return match({
    ...proofOf(own),
    ...AGENT_TEXTS[variant](
      { what: words['what'] ?? words['unsaved'], step: stepOf(words), phase, child, type: facts.type, cause, capable },
      context,
    ),
    evidence: [
      reportedError(own.reportedError),
      selection && attribute(selection, 'workersTotal'),
      selection && attribute(selection, 'workersCapable'),
      variant === 'child-failed' && child !== null && record(`operation it started: ${child}`),
    ],
  });
}

function stepOf(words: Readonly<Record<string, string | undefined>>): 'work' | 'dispatch' | 'saving' {
  return words['dispatch'] !== undefined ? 'dispatch' : words['unsaved'] !== undefined ? 'saving' : 'work';
}

/** What a design or an assessment reports about itself, without the research run's words around it. */
function ownFailureOf(facts: Facts, { findCause }: RuleContext) {
  const { type, failure } = facts;
  const phase = type === 'agent_design' ? 'Design' : type === 'agent_assessment' ? 'Assessment' : null;
  const error = failure.decisive;
  if (phase === null || error === null || failure.foreign) return null;
  // A missing package or a lost database is the same cause wherever it happens.
  if (findCause(factsOfChild(facts, error, error.text, 'training')) !== null) return null;
  const confidence = failure.isCertain ? 'certain' : 'likely';
  return { variant: 'agent-failed', reportedError: error, words: { phase, what: error.text }, confidence } as const;
}

function rejectedStart({ start }: Facts, { fix }: RuleContext): RuleResult | null {
  if (start === null || start.httpStatus !== 409) return null;
  return match({
    variant: 'budget',
    confidence: 'likely',
    headline: 'The research run wasn’t started: the agent’s budget is exhausted, or too many research runs are active.',
    explanation: 'The trigger returns HTTP 409 in both cases. The response body gives the reason.',
    culprit: start.span,
    evidence: [attribute(start.span, 'httpStatus')],
    fixes: [
      readAs(
        fix.activeOperations(),
        'If research runs are listed, wait for one to end. If not, the budget is exhausted: wait until it resets, or raise it.',
      ),
    ],
  });
}

function gateRejected(facts: Facts, { fix }: RuleContext): RuleResult | null {
  const gate = rejectingGateOf(facts);
  if (gate === null || facts.status.value === 'failed') return null;
  return match({
    variant: 'gate-rejected',
    confidence: 'certain',
    severity: 'notice',
    ...gateText(gate, facts.operationId, fix),
    culprit: gate.span,
    evidence: [attribute(gate.span, 'gatePassed'), attribute(gate.span, 'gateReason')],
  });
}

function waiting(facts: Facts, context: RuleContext): RuleResult | null {
  const wait = waitOf(facts);
  if (wait === null) return null;
  const { workerType, workers } = wait;
  return match({
    variant: 'waiting-for-worker',
    confidence: 'likely',
    severity: 'degraded',
    ...waitText(wait, context),
    culprit: facts.selections.at(-1)?.span ?? null,
    evidence: [
      worker(
        workers.length === 0 ? `worker list: no worker of type ${workerType}` : workers.map(workerState).join(', '),
      ),
      absence('the research run hasn’t dispatched an operation'),
    ],
  });
}

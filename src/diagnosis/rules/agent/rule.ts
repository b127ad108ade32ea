import { absence, attribute, record, reportedError, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf, type RuleContext, type RuleResult } from '../../rule.ts';
import { workerState } from '../../words.ts';
import { childOperationOf, rejectingGateOf, waitOf } from './finder.ts';
import { AGENT_TEXTS, gateText, waitText } from './texts.ts';

/** What stops an agent's research: its workers, its gates, its budget, or an operation that it started. */
export const rule = defineRule({
  id: 'agent',
  title: 'The agent research did not get on',
  symptom: 'A research failed, stopped early, or stays in one phase.',
  proof: 'The message of the research operation, its phase spans and gates, the worker list.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['workers-unavailable', 'data-missing', 'resources', 'worker-lost/false-alarm'],
  variants: {
    'no-workers': 'No design or assessment agent is registered.',
    'no-result': 'The agent ended without delivering its result.',
    'waiting-for-worker': 'A phase waits until a worker is free; nothing failed.',
    'gate-rejected': 'A quality gate turned the result down: a normal outcome.',
    budget: 'The budget for language model calls is used up, or too many researches run.',
    'child-failed': 'A training or backtest that the research started has failed.',
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
  ['no-workers', /No available AGENT_(?<what>\w+) workers/i],
  ['no-result', /did not call (?<what>\w+) MCP tool/i],
  ['budget', /budget_exhausted|BudgetExhausted/i],
  ['child-failed', /(?:^|: )(?<phase>Training|Backtest) failed: (?<what>.*)/is],
] as const;

function reportedFailure(facts: Facts, context: RuleContext): RuleResult | null {
  const explained = explainedBy(facts.failure, MESSAGES);
  if (explained === null) return null;
  const { variant, words } = explained;
  const child = childOperationOf(facts);
  const selection = variant === 'no-workers' ? facts.selections.at(-1)?.span : undefined;
  return match({
    ...proofOf(explained),
    ...AGENT_TEXTS[variant]({ what: words['what'], phase: words['phase'], child, type: facts.type }, context),
    evidence: [
      reportedError(explained.reportedError),
      selection && attribute(selection, 'workersTotal'),
      selection && attribute(selection, 'workersCapable'),
      variant === 'child-failed' && child !== null && record(`the operation that it started: ${child}`),
    ],
  });
}

function rejectedStart({ start }: Facts, { fix }: RuleContext): RuleResult | null {
  if (start === null || start.httpStatus !== 409) return null;
  return match({
    variant: 'budget',
    confidence: 'likely',
    headline: 'The research was not started: the agent’s budget is used up, or too many researches run.',
    explanation: 'The trigger answers 409 for both; the answer itself names the reason.',
    culprit: start.span,
    evidence: [attribute(start.span, 'httpStatus')],
    fixes: [fix.activeOperations(), 'Wait for the budget to renew or raise it; or wait for a running research to end.'],
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
        workers.length === 0 ? `no worker of type ${workerType} in the list` : workers.map(workerState).join(', '),
      ),
      absence('no operation was dispatched by the research so far'),
    ],
  });
}

import { absence, attribute, record, reportedError, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import { childOf, isAgents, rejectingGateOf, waitOf } from './finder.ts';
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
    if (!isAgents(facts)) return clear;
    return (
      failed(facts, context) ??
      turnedDown(facts, context) ??
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

function failed(facts: Facts, { fix, clean }: RuleContext): RuleResult | null {
  const told = explainedBy(facts.failure, MESSAGES);
  if (told === null) return null;
  const { variant, reportedError: said, words } = told;
  const child = childOf(facts);
  const counted = variant === 'no-workers' ? (facts.selections.at(-1)?.span ?? null) : null;
  return match({
    variant,
    confidence: said.source === 'record' ? 'likely' : 'certain',
    ...AGENT_TEXTS[variant]({ what: words['what'], phase: words['phase'], child, type: facts.type }, fix, clean),
    culprit: said.span,
    evidence: [
      reportedError(said),
      ...(counted === null ? [] : [attribute(counted, 'workersTotal'), attribute(counted, 'workersCapable')]),
      ...(variant === 'child-failed' && child !== null ? [record(`the operation that it started: ${child}`)] : []),
    ],
  });
}

function turnedDown({ start }: Facts, { fix }: RuleContext): RuleResult | null {
  if (start === null || start.httpStatus !== 409) return null;
  return match({
    variant: 'budget',
    confidence: 'likely',
    headline: 'The research was not started: the agent’s budget is used up, or too many researches run.',
    explanation: 'The trigger answers 409 for both; the answer itself names the reason.',
    culprit: start.span,
    evidence: [attribute(start.span, 'httpStatus')],
    fixes: [
      fix.activeOperations(),
      advice('Wait for the budget to renew or raise it; or wait for a running research to end.'),
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

function waiting(facts: Facts, { fix, now }: RuleContext): RuleResult | null {
  const wait = waitOf(facts);
  if (wait === null) return null;
  const { workerType, taken } = wait;
  const states = taken.map((one) => `${one.workerId} is ${one.status.replaceAll('_', ' ')}`).join(', ');
  return match({
    variant: 'waiting-for-worker',
    confidence: 'likely',
    severity: 'degraded',
    ...waitText(wait, now, fix),
    culprit: facts.selections.at(-1)?.span ?? null,
    evidence: [
      worker(taken.length === 0 ? `no worker of type ${workerType} in the list` : states),
      absence('no operation was dispatched by the research so far'),
    ],
  });
}

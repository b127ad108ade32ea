import { readText } from '../attributes.ts';
import { absence, attribute, complaint, record, shorten, worker } from '../evidence.ts';
import { explainedBy } from '../facts/failure.ts';
import type { Facts } from '../facts/index.ts';
import { capableOf } from '../facts/workers.ts';
import type { Evidence } from '../finding.ts';
import { advice, workerName } from '../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../rule.ts';
import { duration } from '../words.ts';

/** What stops an agent's research: its workers, its gates, its budget, or an operation that it started. */
export const rule = defineRule({
  id: 'agent',
  title: 'The agent research did not get on',
  symptom: 'A research failed, stopped early, or stays in one phase.',
  proof: 'The message of the research operation, its phase spans and gates, the worker list.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {
    'no-workers': 'No design or assessment agent is registered.',
    'no-result': 'The agent ended without delivering its result.',
    'waiting-for-worker': 'A phase waits until a worker is free; nothing failed.',
    'gate-rejected': 'A quality gate turned the result down: a normal outcome.',
    budget: 'The budget for language model calls is used up.',
    'child-failed': 'A training or backtest that the research started has failed.',
  },
  supersedes: ['workers-unavailable', 'unhandled-exception', 'failed-without-trace', 'invalid-input', 'data-missing', 'resources', 'still-running', 'worker-lost/false-alarm'],

  check(facts, context) {
    const isAgent = facts.type?.startsWith('agent') === true || facts.start?.route.endsWith('/agent/trigger') === true;
    if (!isAgent) return clear;
    const told = explainedBy(facts.failure, MESSAGES);
    if (told !== null) return explain(told, facts, context);
    if (facts.start?.refused === true && facts.start.httpStatus === 409) {
      return match({ variant: 'budget', confidence: 'likely', headline: 'The research was not started: the agent’s budget is used up, or too many researches run.', explanation: 'The trigger answers 409 for both; the answer itself names the reason.', culprit: facts.start.span, evidence: [attribute(facts.start.span, 'httpStatus')], fixes: [advice('Wait for the daily budget to renew or raise it; or wait for a running research to end.'), context.fix.activeOperations()] });
    }
    return gateRejected(facts, context) ?? waiting(facts, context) ?? clear;
  },
});

const MESSAGES = [
  ['no-workers', /No available AGENT_(?<what>\w+) workers/i],
  ['no-result', /did not call (?<what>\w+) MCP tool/i],
  ['budget', /budget_exhausted|BudgetExhausted/i],
  ['child-failed', /(?:^|: )(?<phase>Training|Backtest) failed: (?<what>.*)/is],
] as const;

function explain({ variant, complaint: said, words }: NonNullable<ReturnType<typeof explainedBy<(typeof MESSAGES)[number][0]>>>, facts: Facts, { fix }: RuleContext): RuleResult {
  const kind = (words['what'] ?? 'design').toLowerCase();
  const child = facts.scope.registered.filter((id) => id !== facts.operationId).at(-1) ?? facts.case.otherOperations.find((other) => other.parentOperationId === facts.operationId)?.operationId ?? null;
  const selection = facts.selections.at(-1);
  const evidence: [Evidence, ...Evidence[]] = [complaint(said)];
  if (selection?.total != null && variant === 'no-workers') evidence.push(attribute(selection.span, 'workersTotal'), attribute(selection.span, 'workersCapable'));
  if (child !== null && variant === 'child-failed') evidence.push(record(`the operation that it started: ${child}`));
  const texts = {
    'no-workers': { headline: `No ${kind} agent is registered (AGENT_${kind.toUpperCase()}), so the research stopped.`, explanation: `Each phase of a research needs a worker of its own kind. The ${kind} agent’s container is not running or has not registered.`, fixes: [fix.listWorkers(), fix.startWorkers(`agent_${kind}`), advice('Then trigger the research again.')] },
    'no-result': { headline: `The agent ended without delivering: it never called ${words['what'] ?? 'its result tool'}.`, explanation: 'The language model finished its turns without handing over what the phase needs. Its transcript in the agent’s log shows what it did instead.', fixes: [fix.workerLogs(null, facts.type === 'agent_assessment' ? 'agent_assessment' : 'agent_design'), advice('Trigger the research again; if it repeats, look at the prompt and at the tool’s errors.')] },
    budget: { headline: 'The agent’s budget is used up.', explanation: 'A research is not started when the rest of the budget does not cover its estimated cost.', fixes: [advice('Wait for the budget to renew, or raise it.'), fix.activeOperations()] },
    'child-failed': { headline: `The ${(words['phase'] ?? 'operation').toLowerCase()} that this research started has failed: ${shorten(words['what'] ?? '', 180)}`.replace(/[.]?$/, '.'), explanation: `The research ends when one of its steps fails.${child === null ? ' Look for that operation in the list of failures.' : ` Diagnose ${child} for the whole story.`}${/\/app\/models/.test(said.text) ? ' The research passes a path below /app/models, which exists only inside the containers.' : ''}`, fixes: [child === null ? fix.recentFailures() : fix.showStatus(child), fix.backendLogs()] },
  } as const;
  return match({ variant, confidence: said.source === 'record' ? 'likely' : 'certain', ...texts[variant], culprit: said.span, evidence });
}

function gateRejected(facts: Facts, { fix }: RuleContext): RuleResult | null {
  const gate = facts.own.findLast((span) => readText(span, 'gatePassed')?.toLowerCase() === 'false');
  if (gate === undefined || facts.status.value === 'failed') return null;
  return match({
    variant: 'gate-rejected',
    confidence: 'certain',
    severity: 'notice',
    headline: `The ${readText(gate, 'gateName') ?? ''} gate turned this research down: ${readText(gate, 'gateReason')?.replaceAll('_', ' ') ?? 'no reason given'}.`.replace('  ', ' '),
    explanation: 'A gate stops a strategy that is not good enough before more is spent on it. This is a normal outcome, not a fault.',
    culprit: gate,
    evidence: [attribute(gate, 'gatePassed'), attribute(gate, 'gateReason')],
    fixes: [advice('Nothing has to be mended; the next research tries another strategy.'), fix.showStatus(facts.operationId ?? '')],
  });
}

/** A research waits without a span and without an error: the worker list is the only sign. */
function waiting(facts: Facts, { fix, now }: RuleContext): RuleResult | null {
  const { value, startedAt } = facts.status;
  if (facts.type !== 'agent_research' || value !== 'running' || facts.workers.all === null || startedAt === null || now - startedAt < PATIENCE) return null;
  const all = facts.workers.all;
  const selected = facts.selections.at(-1);
  const wanted = selected !== undefined && selected.status !== 'success' && selected.workerType !== null ? [selected.workerType] : ['training', 'backtesting'];
  const lacking = wanted.find((type) => !capableOf(all, type).some((one) => one.status === 'available'));
  if (lacking === undefined || facts.dispatches.some((dispatch) => !dispatch.failed)) return null;
  const some = capableOf(all, lacking);
  return match({
    variant: 'waiting-for-worker',
    confidence: 'likely',
    severity: 'degraded',
    headline: `This research has waited ${duration(now - startedAt)} for a ${workerName(lacking)} worker: ${some.length === 0 ? 'none is registered' : 'all are busy'}.`,
    explanation: 'A research does not fail when no worker is free: it waits in its phase, without a span and without progress, until one is.',
    culprit: facts.selections.at(-1)?.span ?? null,
    evidence: [worker(some.length === 0 ? `no worker of type ${lacking} in the list` : `${some.map((one) => `${one.workerId} is ${one.status}`).join(', ')}`), absence('no operation was dispatched by the research so far')],
    fixes: [fix.listWorkers(), some.length === 0 ? fix.startWorkers(lacking) : advice('It goes on by itself as soon as one is free.'), fix.activeOperations()],
  });
}

const PATIENCE = 30_000_000;

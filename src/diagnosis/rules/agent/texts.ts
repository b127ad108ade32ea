import { shorten } from '../../evidence.ts';
import type { Finding } from '../../finding.ts';
import { type FixTable, readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { duration, joined, sentence, workerName } from '../../words.ts';
import type { RejectingGate, WaitForWorker } from './finder.ts';

/** What the message of a failed research names. */
interface FailedResearch {
  /** The kind of agent, the tool that was not called, or the message of the failed step. */
  readonly what: string | undefined;
  readonly phase: string | undefined;
  /** Whether the agent worked, never got the task, or left no strategy where the backend looks. */
  readonly step: 'work' | 'dispatch' | 'saving';
  /** Agents of the kind that were registered; null if unknown. */
  readonly capable: number | null;
  /** The operation that it had started. */
  readonly child: string | null;
  readonly type: string | null;
  /** Why the child failed; null where no rule knows its message. */
  readonly cause: Finding | null;
}

type Variant = 'no-workers' | 'no-result' | 'budget' | 'child-failed' | 'agent-failed';
type TextOf = (research: FailedResearch, context: RuleContext) => RuleText;

export const AGENT_TEXTS: Readonly<Record<Variant, TextOf>> = {
  'no-workers': ({ what, capable }, { fix }) => {
    const kind = (what ?? 'design').toLowerCase();
    const state = capable === null ? 'available' : capable === 0 ? 'registered' : 'free';
    const reason = {
      available: `No container of a ${kind} agent has registered, or all are busy or unhealthy.`,
      registered: `The ${kind} agent’s container is not running or has not registered.`,
      free: `A ${kind} agent is registered, but it was busy or unhealthy at that moment.`,
    }[state];
    return {
      headline: `No ${kind} agent is ${state} (AGENT_${kind.toUpperCase()}), so the research stopped.`,
      explanation: `Each phase of a research needs a worker of its own kind. ${reason}`,
      fixes: [
        fix.listWorkers(),
        state === 'free'
          ? fix.agentLogs(what === 'ASSESSMENT' ? 'assessment' : 'design')
          : fix.startWorkers(`agent_${kind}`),
        'Then trigger the research again.',
      ],
    };
  },
  'no-result': ({ what, type }, { fix }) => ({
    headline: `The agent ended without delivering: it never called ${what ?? 'its result tool'}.`,
    explanation:
      'The language model finished its turns without handing over what the phase needs. Its transcript in the agent’s log shows what it did instead.',
    fixes: [
      fix.agentLogs(type === 'agent_assessment' ? 'assessment' : 'design'),
      'Trigger the research again; if it repeats, look at the prompt and at the tool’s errors.',
    ],
  }),
  budget: (_research, { fix }) => ({
    headline: 'The agent’s budget is used up.',
    explanation: 'A research is not started when the rest of the budget does not cover its estimated cost.',
    fixes: [fix.activeOperations(), 'Wait for the budget to renew, or raise it.'],
  }),
  'child-failed': ({ what = '', phase = 'operation', child, cause }, { fix, clean }) => {
    const path = /\/app\/models/.test(what)
      ? 'The research passes a path below /app/models, which exists only inside the containers.'
      : null;
    return {
      headline: sentence(
        `The ${phase.toLowerCase()} that this research started has failed: ${shorten(clean(what), 180)}`,
      ),
      explanation: joined(
        ' ',
        'The research ends when one of its steps fails.',
        cause?.explanation ??
          (child === null
            ? 'Look for that operation in the list of failures.'
            : `Diagnose ${child} for the whole story.`),
        path,
      ),
      lookFirst: cause?.fixes[0] ?? null,
      fixes: [
        (child === null ? null : fix.showStatus(child)) ?? fix.recentFailures(),
        ...(cause?.fixes ?? [fix.backendLogs()]),
      ],
    };
  },
  'agent-failed': ({ what = '', phase = 'Design', step, type, cause }, { fix, clean }) => {
    const kind = phase === 'Assessment' ? 'assessment' : 'design';
    if (step !== 'work') return notDelivered(what, kind, step, { fix, clean });
    const effect = type === 'agent_research' ? 'stopped this research' : 'failed';
    const isCredit = /^Credit balance is too low/i.test(what);
    const isLogin =
      /^(?:Invalid API key|Not logged in|OAuth token|Please run \/login|authentication_error|401\b)/i.test(what);
    return {
      headline: sentence(`The ${kind} agent ${effect}: ${shorten(clean(what), 180)}`),
      explanation: `The error comes from the ${kind} agent’s own container, where the language model runs${isCredit ? '; its account has no credit left' : isLogin ? '; its login is missing or has expired' : ''}. Training and backtest workers have no part in it.`,
      fixes: [
        fix.agentLogs(kind),
        isCredit
          ? 'Add credit to the account of the language model, then trigger the research again.'
          : cause !== null
            ? `Correct what the message names in the ${kind} agent’s container, then trigger the research again.`
            : 'Check in that container that the image is complete, the Claude command line is logged in, and its account has credit; then trigger the research again.',
      ],
    };
  },
};

/** What happens between the backend and the agent is no error of the language model. */
function notDelivered(
  what: string,
  kind: 'design' | 'assessment',
  step: 'dispatch' | 'saving',
  { fix, clean }: Pick<RuleContext, 'fix' | 'clean'>,
): RuleText {
  const text = shorten(clean(what), 180);
  return step === 'dispatch'
    ? {
        headline: sentence(`The ${kind} agent could not be given its task: ${text}`),
        explanation: `The backend called the ${kind} agent’s container, and that call failed: the container has stopped, hangs, or has registered an address that the backend does not reach.`,
        fixes: [fix.listWorkers(), fix.agentLogs(kind), 'Then trigger the research again.'],
      }
    : {
        headline: sentence(`The strategy that the ${kind} agent designed is not where the backend looks: ${text}`),
        explanation:
          'The agent reported success, but left no file there: it saved none, or its container and the backend do not share the strategies folder.',
        fixes: [
          fix.agentLogs(kind),
          'Compare the strategies folder of both containers, then trigger the research again.',
        ],
      };
}

export function waitText({ workerType, since, workers }: WaitForWorker, { now, fix }: RuleContext): RuleText {
  const isNoneRegistered = workers.length === 0;
  return {
    headline: `This research has waited ${duration(now - since)} for a ${workerName(workerType)} worker: ${isNoneRegistered ? 'none is registered' : 'none is free, all are busy or unavailable'}.`,
    explanation:
      'A research does not fail when no worker is free: it waits in its phase, without a span and without progress, until one is.',
    fixes: [
      readAs(
        fix.listWorkers(),
        `Without a ${workerName(workerType)} worker in it, start one. With one that is busy, wait.`,
      ),
      fix.activeOperations(),
      isNoneRegistered ? fix.startWorkers(workerType) : 'It goes on by itself as soon as one is free.',
    ],
  };
}

export function gateText({ name, reason }: RejectingGate, operationId: string | null, fix: FixTable): RuleText {
  return {
    headline: `The ${name} gate turned this research down: ${reason}.`,
    explanation:
      'A gate stops a strategy that is not good enough before more is spent on it. This is a normal outcome, not a fault.',
    fixes: [fix.showStatus(operationId), 'No fix needed: the next research run tries another strategy.'],
  };
}

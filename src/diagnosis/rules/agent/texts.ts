import { shorten } from '../../evidence.ts';
import type { Finding } from '../../finding.ts';
import { type FixTable, readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { duration, joined, operationNoun, sentence, workerName } from '../../words.ts';
import type { RejectingGate, WaitForWorker } from './finder.ts';

/** What the message of a failed research run names. */
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
  /** Why the child failed; null if no rule recognizes its message. */
  readonly cause: Finding | null;
}

type Variant = 'no-workers' | 'no-result' | 'budget' | 'child-failed' | 'agent-failed';
type TextOf = (research: FailedResearch, context: RuleContext) => RuleText;

export const AGENT_TEXTS: Readonly<Record<Variant, TextOf>> = {
  'no-workers': ({ what, capable }, { fix }) => {
    const kind = (what ?? 'design').toLowerCase();
    const state = capable === null ? 'available' : capable === 0 ? 'registered' : 'free';
    const reason = {
      available: `No ${kind} agent container is registered, or all are busy or unhealthy.`,
      registered: `The ${kind} agent container isn’t running or hasn’t registered.`,
      free: `A ${kind} agent is registered, but it was busy or unhealthy at the time.`,
    }[state];
    return {
      headline: `No ${kind} agent is ${state} (AGENT_${kind.toUpperCase()}), so the research run stopped.`,
      explanation: `Each phase of a research run needs a matching worker. ${reason}`,
      fixes: [
        fix.listWorkers(),
        state === 'free'
          ? fix.agentLogs(what === 'ASSESSMENT' ? 'assessment' : 'design')
          : fix.startWorkers(`agent_${kind}`),
        'Then start a new research run.',
      ],
    };
  },
  'no-result': ({ what, type }, { fix }) => ({
    headline: `The agent exited without a result: it never called ${what ?? 'its result tool'}.`,
    explanation:
      'The language model used all its turns without submitting the result that the phase needs. The transcript in the agent log shows what it did instead.',
    fixes: [
      fix.agentLogs(type === 'agent_assessment' ? 'assessment' : 'design'),
      'Start a new research run. If it fails the same way, check the prompt and the tool’s errors.',
    ],
  }),
  budget: (_research, { fix }) => ({
    headline: 'The agent’s budget is exhausted.',
    explanation: 'A research run doesn’t start if the remaining budget doesn’t cover its estimated cost.',
    fixes: [fix.activeOperations(), 'Wait until the budget resets, or raise it.'],
  }),
  'child-failed': ({ what = '', phase = 'operation', child, cause }, { fix, clean }) => {
    const path = /\/app\/models/.test(what)
      ? 'The research run passes a path under /app/models, which exists only inside the containers.'
      : null;
    return {
      headline: sentence(
        `The ${operationNoun(phase.toLowerCase())} started by this research run failed: ${shorten(clean(what), 180)}`,
      ),
      explanation: joined(
        ' ',
        'A research run ends when one of its steps fails.',
        cause?.explanation ??
          (child === null ? 'Find that operation in the list of failures.' : `Diagnose ${child} for details.`),
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
    const effect = type === 'agent_research' ? 'stopped this research run' : 'failed';
    const isCredit = /^Credit balance is too low/i.test(what);
    const isLogin =
      /^(?:Invalid API key|Not logged in|OAuth token|Please run \/login|authentication_error|401\b)/i.test(what);
    return {
      headline: sentence(`The ${kind} agent ${effect}: ${shorten(clean(what), 180)}`),
      explanation: `The error comes from the ${kind} agent container, where the language model runs${isCredit ? '; its account is out of credit' : isLogin ? '; its login is missing or has expired' : ''}. Training and backtest workers aren’t involved.`,
      fixes: [
        fix.agentLogs(kind),
        isCredit
          ? 'Add credit to the language model account, then start a new research run.'
          : cause !== null
            ? `In the ${kind} agent container, fix the problem that the message names. Then start a new research run.`
            : 'In that container, check that the image is complete, the Claude CLI is logged in, and its account has credit. Then start a new research run.',
      ],
    };
  },
};

/** Errors between the backend and the agent aren't errors of the language model. */
function notDelivered(
  what: string,
  kind: 'design' | 'assessment',
  step: 'dispatch' | 'saving',
  { fix, clean }: Pick<RuleContext, 'fix' | 'clean'>,
): RuleText {
  const text = shorten(clean(what), 180);
  return step === 'dispatch'
    ? {
        headline: sentence(`The ${kind} agent didn’t get its task: ${text}`),
        explanation: `The backend’s call to the ${kind} agent container failed: the container is stopped or hung, or it registered an address that the backend can’t reach.`,
        fixes: [fix.listWorkers(), fix.agentLogs(kind), 'Then start a new research run.'],
      }
    : {
        headline: sentence(`The backend can’t find the strategy designed by the ${kind} agent: ${text}`),
        explanation:
          'The agent reported success, but the file isn’t there: it wasn’t saved, or the agent container and the backend don’t share the strategies folder.',
        fixes: [
          fix.agentLogs(kind),
          'Compare the strategies folder in both containers, then start a new research run.',
        ],
      };
}

export function waitText({ workerType, since, workers }: WaitForWorker, { now, fix }: RuleContext): RuleText {
  const isNoneRegistered = workers.length === 0;
  return {
    headline: `This research run has been waiting for ${duration(now - since)} on a ${workerName(workerType)} worker: ${isNoneRegistered ? 'none is registered' : 'none is free; all are busy or unavailable'}.`,
    explanation:
      'A research run doesn’t fail when no worker is free. It waits in its phase, without spans or progress, until one is.',
    fixes: [
      readAs(fix.listWorkers(), `If no ${workerName(workerType)} worker is listed, start one. If one is busy, wait.`),
      fix.activeOperations(),
      isNoneRegistered ? fix.startWorkers(workerType) : 'It continues automatically as soon as one is free.',
    ],
  };
}

export function gateText({ name, reason }: RejectingGate, operationId: string | null, fix: FixTable): RuleText {
  return {
    headline: `The ${name} gate rejected this research run: ${reason}.`,
    explanation: 'A gate stops a weak strategy before more is spent on it. This is a normal outcome, not a fault.',
    fixes: [fix.showStatus(operationId), 'No fix needed: the next research run tries another strategy.'],
  };
}

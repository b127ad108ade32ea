import type { Clean } from '../../clean.ts';
import { shorten } from '../../evidence.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import type { Micros } from '../../trace.ts';
import { duration, sentence, workerName } from '../../words.ts';
import type { RuleText } from '../text.ts';
import type { Gate, Wait } from './finder.ts';

/** What the message of a failed research names. */
export interface NamedInAgentRun {
  /** The kind of agent, the tool that was not called, or the message of the failed step. */
  readonly what: string | undefined;
  readonly phase: string | undefined;
  /** The operation that it had started. */
  readonly child: string | null;
  readonly type: string | null;
}

type Variant = 'no-workers' | 'no-result' | 'budget' | 'child-failed';

export const AGENT_TEXTS: Readonly<Record<Variant, (named: NamedInAgentRun, fix: FixTable, clean: Clean) => RuleText>> =
  {
    'no-workers': ({ what }, fix) => {
      const kind = (what ?? 'design').toLowerCase();
      return {
        headline: `No ${kind} agent is registered (AGENT_${kind.toUpperCase()}), so the research stopped.`,
        explanation: `Each phase of a research needs a worker of its own kind. The ${kind} agent’s container is not running or has not registered.`,
        fixes: [fix.listWorkers(), fix.startWorkers(`agent_${kind}`), advice('Then trigger the research again.')],
      };
    },
    'no-result': ({ what, type }, fix) => ({
      headline: `The agent ended without delivering: it never called ${what ?? 'its result tool'}.`,
      explanation:
        'The language model finished its turns without handing over what the phase needs. Its transcript in the agent’s log shows what it did instead.',
      fixes: [
        fix.workerLogs({ endpoint: null, workerType: type === 'agent_assessment' ? type : 'agent_design' }),
        advice('Trigger the research again; if it repeats, look at the prompt and at the tool’s errors.'),
      ],
    }),
    budget: (_named, fix) => ({
      headline: 'The agent’s budget is used up.',
      explanation: 'A research is not started when the rest of the budget does not cover its estimated cost.',
      fixes: [fix.activeOperations(), advice('Wait for the budget to renew, or raise it.')],
    }),
    'child-failed': ({ what, phase, child }, fix, clean) => {
      const next =
        child === null ? 'Look for that operation in the list of failures.' : `Diagnose ${child} for the whole story.`;
      const path = /\/app\/models/.test(what ?? '')
        ? ' The research passes a path below /app/models, which exists only inside the containers.'
        : '';
      return {
        headline: sentence(
          `The ${(phase ?? 'operation').toLowerCase()} that this research started has failed: ${shorten(clean(what ?? ''), 180)}`,
        ),
        explanation: `The research ends when one of its steps fails. ${next}${path}`,
        fixes: [child === null ? fix.recentFailures() : fix.showStatus(child), fix.backendLogs()],
      };
    },
  };

export function waitText({ workerType, since, taken }: Wait, now: Micros, fix: FixTable): RuleText {
  return {
    headline: `This research has waited ${duration(now - since)} for a ${workerName(workerType)} worker: ${taken.length === 0 ? 'none is registered' : 'none is free, all are busy or unavailable'}.`,
    explanation:
      'A research does not fail when no worker is free: it waits in its phase, without a span and without progress, until one is.',
    fixes: [
      fix.listWorkers(),
      fix.activeOperations(),
      taken.length === 0 ? fix.startWorkers(workerType) : advice('It goes on by itself as soon as one is free.'),
    ],
  };
}

export function gateText({ name, reason }: Gate, operationId: string | null, fix: FixTable): RuleText {
  return {
    headline: `The ${name} gate turned this research down: ${reason}.`,
    explanation:
      'A gate stops a strategy that is not good enough before more is spent on it. This is a normal outcome, not a fault.',
    fixes: [fix.showStatus(operationId), advice('Nothing has to be mended; the next research tries another strategy.')],
  };
}

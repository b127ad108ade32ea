import type { Facts } from '../../facts/index.ts';
import { locationOf } from '../../facts/workers.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import { clock, operationNoun, sentence } from '../../words.ts';
import type { RuleText } from '../text.ts';

export type ResumeFailure = 'no-checkpoint' | 'corrupted' | 'no-worker' | 'rejected';

export const RESUME_TEXTS: Readonly<Record<ResumeFailure, (facts: Facts, fix: FixTable) => RuleText>> = {
  'no-checkpoint': ({ type, operationId }, fix) => ({
    headline: `This ${operationNoun(type)} cannot be resumed: it has no checkpoint.`,
    explanation:
      'Checkpoints are written every 10 epochs or 300 s, for backtests every 10,000 bars; it ended before the first.',
    fixes: [fix.showCheckpoint(operationId), advice('Start it again from the beginning.')],
  }),
  corrupted: ({ type, operationId }, fix) => ({
    headline: `This ${operationNoun(type)} cannot be resumed: its checkpoint cannot be read.`,
    explanation: 'The file is damaged or lacks what a resume needs.',
    fixes: [fix.showCheckpoint(operationId), advice('Start it again from the beginning.')],
  }),
  'no-worker': (facts, fix) => {
    const { claimant, location: place } = facts.workers;
    const busy = claimant === null ? '' : `: ${claimant.workerId} is still busy with the old run`;
    return {
      headline: `The resume${when(facts)} was refused because no worker was free${busy}.`,
      explanation:
        claimant === null
          ? 'A resume needs a free worker of the same type, like a start. A thread of the stopped run may still hold its worker.'
          : 'A thread of the stopped run still holds its worker. That process has to be killed before anything of this type can run.',
      fixes: [
        fix.listWorkers(),
        claimant === null ? fix.startWorkers(place.workerType ?? 'training') : fix.restartWorker(locationOf(claimant)),
        fix.resume(facts.operationId),
      ],
    };
  },
  rejected: (facts, fix) => ({
    headline: sentence(
      `The resume of this ${operationNoun(facts.type)}${when(facts)} was refused${facts.resume?.httpStatus == null ? '' : ` (HTTP ${facts.resume.httpStatus})`}`,
    ),
    explanation: 'The worker turned it down, or the state of the operation does not allow it.',
    fixes: [fix.showStatus(facts.operationId), fix.workerLogs(facts.workers.location), fix.backendLogs()],
  }),
};

function when({ resume }: Facts): string {
  return resume === null ? '' : ` at ${clock(resume.span.start)}`;
}

import { attribute, complaint, record } from '../evidence.ts';
import { explainedBy } from '../facts/failure.ts';
import type { Evidence } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { clock, operationNoun } from '../words.ts';

/** Someone asked to go on from a checkpoint, and it was refused. */
export const rule = defineRule({
  id: 'resume-failed',
  title: 'The operation could not be resumed',
  symptom: 'A resume is refused, and the operation stays cancelled or failed.',
  proof: 'The answer to the last resume request; the text of it where a witness has one.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {
    'no-checkpoint': 'No checkpoint was saved.',
    corrupted: 'The checkpoint cannot be read.',
    'no-worker': 'No worker was free for it.',
    rejected: 'The worker refused it, or its state does not allow it.',
  },
  supersedes: ['cancelled', 'worker-lost/shutdown', 'worker-lost/crashed', 'workers-unavailable', 'unhandled-exception', 'failed-without-trace', 'invalid-input', 'worker-rejected', 'still-running', 'status-misreported'],

  check(facts, { fix }) {
    const { resume } = facts;
    const told = explainedBy(facts.failure, MESSAGES);
    const refused = resume?.refused ?? false;
    const wentOn = resume !== null && facts.transitions.some((t) => t.at > resume.span.start && (t.to === 'running' || t.to === 'completed'));
    if ((!refused && told === null) || wentOn || facts.status.value === 'completed') return clear;

    const selection = facts.selections.findLast((one) => resume === null || one.span.start >= resume.span.start);
    const variant = told?.variant ?? (selection !== undefined && selection.status !== 'success' ? 'no-worker' : variantOf(resume?.httpStatus ?? null));
    const holder = facts.workers.all?.find((one) => one.currentOperationId === facts.operationId);
    const noun = operationNoun(facts.type);
    const id = facts.operationId ?? '';
    const when = resume === null ? '' : ` at ${clock(resume.span.start)}`;
    const evidence: Evidence[] = [];
    if (told !== null) evidence.push(complaint(told.complaint));
    if (resume !== null) evidence.push(attribute(resume.span, 'httpStatus'));
    if (selection !== undefined && selection.status !== 'success') evidence.push(attribute(selection.span, 'workersAvailable'));
    if (holder !== undefined) evidence.push(record(`worker list: ${holder.workerId} is ${holder.status} with this very operation`));
    const texts = {
      'no-checkpoint': { headline: `This ${noun} cannot be resumed: it has no checkpoint.`, explanation: 'Checkpoints are written every 10 epochs or 300 s, for backtests every 10,000 bars; it ended before the first.', fixes: [fix.showCheckpoint(id), advice('Start it again from the beginning.')] },
      corrupted: { headline: `This ${noun} cannot be resumed: its checkpoint cannot be read.`, explanation: 'The file is damaged or lacks what a resume needs.', fixes: [fix.showCheckpoint(id), advice('Start it again from the beginning.')] },
      'no-worker': {
        headline: `The resume${when} was refused because no worker was free${holder === undefined ? '' : `: ${holder.workerId} is still busy with the old run`}.`,
        explanation: holder === undefined ? 'A resume needs a free worker of the same type, like a start.' : 'A thread of the stopped run still holds its worker. That process has to be killed before anything of this type can run.',
        fixes: [fix.listWorkers(), ...(holder === undefined ? [fix.startWorkers(facts.type ?? 'training')] : [fix.restartWorker(null, holder.workerType)]), fix.resume(id)],
      },
      rejected: { headline: `The resume of this ${noun}${when} was refused${resume?.httpStatus == null ? '' : ` (HTTP ${resume.httpStatus})`}.`, explanation: 'The worker turned it down, or the operation is running or complete already.', fixes: [fix.showStatus(id), fix.workerLogs(facts.dispatches.at(-1)?.call?.endpoint ?? null, facts.type), fix.backendLogs()] },
    } as const;
    return match({ variant, confidence: told === null && variant !== 'no-worker' ? 'likely' : 'certain', ...texts[variant], culprit: resume?.span ?? told?.complaint.span ?? null, evidence: evidence as [Evidence, ...Evidence[]] });
  },
});

const MESSAGES = [
  ['no-checkpoint', /No checkpoint available for operation|CheckpointNotFound/i],
  ['corrupted', /Checkpoint corrupted|CheckpointCorrupted|Checkpoint missing both/i],
  ['no-worker', /No \w+ worker available to resume/i],
  ['rejected', /Worker failed to resume/i],
] as const;

function variantOf(httpStatus: number | null): 'no-checkpoint' | 'no-worker' | 'rejected' {
  return httpStatus === 404 ? 'no-checkpoint' : httpStatus === 503 ? 'no-worker' : 'rejected';
}

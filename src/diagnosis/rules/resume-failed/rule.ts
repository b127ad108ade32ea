import { attribute, reportedError, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { locationOf } from '../../facts/workers.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleText } from '../../rule.ts';
import { clock, sentence, workerState } from '../../words.ts';

/** Someone tried to resume from a checkpoint, and ktrdr rejected the request. */
export const rule = defineRule({
  id: 'resume-failed',
  title: 'Resume failed',
  symptom: 'A resume is rejected, and the operation stays cancelled or failed.',
  proof: 'The response to the last resume request, and its message if a source recorded it.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  supersedes: [
    'worker-lost/shutdown',
    'worker-lost/crashed',
    'worker-lost/zombie',
    'workers-unavailable',
    'status-misreported',
  ],
  variants: {
    'no-checkpoint': 'No checkpoint was saved.',
    corrupted: 'The checkpoint can’t be read.',
    'no-worker': 'No worker was free for it.',
    rejected: 'The worker rejected it, or the operation’s state doesn’t allow it.',
  },

  check(facts, context) {
    const { resume, status, selections } = facts;
    const explained = explainedBy(facts.failure, MESSAGES);
    // Status 409 changes nothing: the operation is already running, or has completed.
    const isRejected = resume?.refused === true && (resume.httpStatus !== 409 || status.value === 'failed');
    if ((explained === null && !isRejected) || hasContinued(facts) || status.value === 'completed') return clear;

    const { claimant } = facts.workers;
    const noWorker = selections.findLast(
      (selection) => selection.status !== 'success' && selection.span.start >= (resume?.span.start ?? 0),
    );
    const byStatus =
      resume?.httpStatus === 404
        ? 'no-checkpoint'
        : resume?.httpStatus === 503 || noWorker !== undefined
          ? 'no-worker'
          : 'rejected';
    const variant = explained?.variant ?? byStatus;
    const answer = resume && attribute(resume.span, 'httpStatus');
    const report = explained && reportedError(explained.reportedError);
    const first = report ?? answer;
    if (first === null) return clear;
    return match({
      variant,
      confidence: explained?.confidence ?? (variant === 'no-worker' ? 'certain' : 'likely'),
      ...RESUME_TEXTS[variant](facts, context),
      culprit: resume?.span ?? explained?.reportedError.span ?? null,
      evidence: [
        first,
        first !== answer && answer,
        noWorker && attribute(noWorker.span, 'workersAvailable'),
        claimant && worker(`worker list: ${workerState(claimant)} with this operation`),
      ],
    });
  },
});

const MESSAGES = [
  ['no-checkpoint', /^(?:No checkpoint (?:available|found) for operation \S+$|CheckpointNotFoundError: )/],
  [
    'corrupted',
    /^(?:Checkpoint corrupted: .+|CheckpointCorruptedError: .*|Checkpoint missing both strategy_path and strategy_yaml\..*|Checkpoint for \S+ has no artifacts|Artifacts directory missing for checkpoint .+|Checkpoint integrity verification failed)$/s,
  ],
  ['no-worker', /^No (?:training|backtest) worker available to resume operation$/],
  ['rejected', /^Worker failed to resume: /],
] as const;

function hasContinued({ resume, transitions }: Facts): boolean {
  return (
    resume !== null &&
    transitions.some(({ at, to }) => at > resume.span.start && (to === 'running' || to === 'completed'))
  );
}

const RESUME_TEXTS: Readonly<Record<(typeof MESSAGES)[number][0], (facts: Facts, context: RuleContext) => RuleText>> = {
  'no-checkpoint': ({ operationId }, { fix, noun }) => ({
    headline: `This ${noun} can’t be resumed: it has no checkpoint.`,
    explanation:
      'Checkpoints are written every 10 epochs or 300 s (for backtests, every 10,000 bars). This run ended before the first one.',
    fixes: [fix.showCheckpoint(operationId), 'Start it again from the beginning.'],
  }),
  corrupted: ({ operationId }, { fix, noun }) => ({
    headline: `This ${noun} can’t be resumed: its checkpoint can’t be read.`,
    explanation: 'The file is damaged or is missing data that a resume needs.',
    fixes: [fix.showCheckpoint(operationId), 'Start it again from the beginning.'],
  }),
  'no-worker': (facts, { fix }) => {
    const { claimant, location } = facts.workers;
    const busy = claimant === null ? '' : `: ${claimant.workerId} is still busy with the old run`;
    const list = readAs(
      fix.listWorkers(),
      'If one is available, resume now. If all are busy, wait. If none has that type, start one.',
    );
    return {
      headline: `The resume${timeOf(facts)} was rejected because no worker was free${busy}.`,
      explanation:
        claimant === null
          ? 'Like a start, a resume needs a free worker of the same type. A thread of the stopped run may still hold its worker.'
          : 'A thread of the stopped run still holds its worker. Nothing of this type can run until that worker process is killed.',
      lookFirst: claimant === null ? list : null,
      fixes: [
        list,
        fix.showCheckpoint(facts.operationId),
        claimant === null
          ? fix.startWorkers(location.workerType ?? 'training')
          : fix.restartWorker(locationOf(claimant)),
        fix.resume(facts.operationId),
      ],
    };
  },
  rejected: (facts, { fix, noun }) => {
    const http = facts.resume?.httpStatus == null ? '' : ` (HTTP ${facts.resume.httpStatus})`;
    return {
      headline: sentence(`The resume of this ${noun}${timeOf(facts)} was rejected${http}`),
      explanation: 'The worker rejected it, or the operation’s state doesn’t allow it.',
      fixes: [
        readAs(fix.workerLogs(facts.workers.location), 'The line about the resume says why.'),
        fix.backendLogs(),
        fix.showStatus(facts.operationId),
      ],
    };
  },
};

function timeOf({ resume }: Facts): string {
  return resume === null ? '' : ` at ${clock(resume.span.start)}`;
}

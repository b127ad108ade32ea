import { attribute, type EvidenceDraft, reportedError, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import type { NonEmpty } from '../../finding.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { RESUME_TEXTS, type ResumeFailure } from './texts.ts';

/** Someone asked to go on from a checkpoint, and it was refused. */
export const rule = defineRule({
  id: 'resume-failed',
  title: 'The operation could not be resumed',
  symptom: 'A resume is refused, and the operation stays cancelled or failed.',
  proof: 'The answer to the last resume request; the text of it where a witness has one.',
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
    corrupted: 'The checkpoint cannot be read.',
    'no-worker': 'No worker was free for it.',
    rejected: 'The worker refused it, or its state does not allow it.',
  },

  check(facts, { fix }) {
    const { resume } = facts;
    const told = explainedBy(facts.failure, MESSAGES);
    if (told === null && resume?.refused !== true) return clear;
    // 409: it runs already, or has completed; the request changed nothing.
    if (told === null && resume?.httpStatus === 409 && facts.status.value !== 'failed') return clear;
    if (wentOn(facts) || facts.status.value === 'completed') return clear;

    const variant = told?.variant ?? variantOf(facts);
    return match({
      variant,
      confidence: told === null && variant !== 'no-worker' ? 'likely' : 'certain',
      ...RESUME_TEXTS[variant](facts, fix),
      culprit: resume?.span ?? told?.reportedError.span ?? null,
      evidence: evidenceOf(facts, told === null ? [] : [reportedError(told.reportedError)]),
    });
  },
});

const MESSAGES = [
  ['no-checkpoint', /No checkpoint available for operation|CheckpointNotFound/i],
  ['corrupted', /Checkpoint corrupted|CheckpointCorrupted|Checkpoint missing both/i],
  ['no-worker', /No \w+ worker available to resume/i],
  ['rejected', /Worker failed to resume/i],
] as const;

/** Without the text of the answer its status tells. */
function variantOf(facts: Facts): ResumeFailure {
  const status = facts.resume?.httpStatus;
  if (status === 404) return 'no-checkpoint';
  return status === 503 || foundNone(facts) !== undefined ? 'no-worker' : 'rejected';
}

function wentOn({ resume, transitions }: Facts): boolean {
  return (
    resume !== null &&
    transitions.some(({ at, to }) => at > resume.span.start && (to === 'running' || to === 'completed'))
  );
}

function foundNone({ resume, selections }: Facts) {
  return selections.findLast(({ span, status }) => status !== 'success' && span.start >= (resume?.span.start ?? 0));
}

function evidenceOf(facts: Facts, told: readonly EvidenceDraft[]): NonEmpty<EvidenceDraft> {
  const { claimant } = facts.workers;
  const none = foundNone(facts);
  const seen: EvidenceDraft[] = [...told];
  if (facts.resume !== null) seen.push(attribute(facts.resume.span, 'httpStatus'));
  if (none !== undefined) seen.push(attribute(none.span, 'workersAvailable'));
  if (claimant !== null)
    seen.push(
      worker(`worker list: ${claimant.workerId} is ${claimant.status.replaceAll('_', ' ')} with this very operation`),
    );
  return seen as [EvidenceDraft, ...EvidenceDraft[]];
}

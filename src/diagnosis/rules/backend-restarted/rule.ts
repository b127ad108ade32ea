import { record, reportedError } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';

/** On startup, the backend found the operation in a state that no process could still be in. */
export const rule = defineRule({
  id: 'backend-restarted',
  title: 'Backend restarted during the run',
  symptom: 'The operation failed without an error from its own work.',
  proof: 'The message that the backend writes on startup when it finds unfinished operations.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['worker-lost/crashed'],
  variants: {
    resumable: 'A checkpoint was found: it can be resumed.',
    lost: 'It ran in the backend itself, or left no checkpoint.',
  },

  check(facts, { fix, noun }) {
    const { decisive } = facts.failure;
    const text = facts.record?.errorMessage ?? decisive?.text ?? '';
    if (!/^(?:Backend restarted|Orphaned by backend restart)/i.test(text) || facts.status.value === 'completed')
      return clear;
    const isResumable = /checkpoint available for resume/i.test(text);
    const id = facts.operationId;
    const checkpoint = fix.showCheckpoint(id);
    return match({
      variant: isResumable ? 'resumable' : 'lost',
      confidence: 'certain',
      headline: `The backend restarted during this ${noun}${isResumable ? '; it can be resumed' : ', and its work is lost'}.`,
      explanation:
        'On startup, the backend finds operations that no process is running and closes them with this message.',
      culprit: null,
      evidence: [decisive === null ? record(`ktrdr API: ${text}`) : reportedError(decisive)],
      ...(isResumable && checkpoint !== null
        ? { lookFirst: checkpoint, fixes: [checkpoint, fix.resume(id)] }
        : { fixes: [fix.backendLogs(), `Start the ${noun} again.`] }),
    });
  },
});

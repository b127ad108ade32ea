import { record, reportedError } from '../../evidence.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { operationNoun } from '../../words.ts';

/** ktrdr's start-up found the operation in a state that no process could be in any more. */
export const rule = defineRule({
  id: 'backend-restarted',
  title: 'The backend was restarted meanwhile',
  symptom: 'The operation failed without an error of its own.',
  proof: 'The message that the backend writes when it starts and finds unfinished operations.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['worker-lost/crashed'],
  variants: {
    resumable: 'A checkpoint was found: it can be resumed.',
    lost: 'It ran in the backend itself or left no checkpoint.',
  },

  check(facts, { fix }) {
    const text = facts.record?.errorMessage ?? facts.failure.decisive?.text ?? '';
    if (!/^(?:Backend restarted|Orphaned by backend restart)/i.test(text) || facts.status.value === 'completed')
      return clear;
    const resumable = /checkpoint available for resume/i.test(text);
    const noun = operationNoun(facts.type);
    const id = facts.operationId;
    return match({
      variant: resumable ? 'resumable' : 'lost',
      confidence: 'certain',
      headline: `The backend was restarted while this ${noun} was under way${resumable ? '; it can be resumed' : ', and its work is lost'}.`,
      explanation:
        'When the backend starts it looks for operations that were running and that nobody runs any more, and closes them with this message.',
      culprit: null,
      evidence: [
        facts.failure.decisive === null ? record(`the ktrdr API says: ${text}`) : reportedError(facts.failure.decisive),
      ],
      fixes: resumable
        ? [fix.showCheckpoint(id), fix.resume(id)]
        : [fix.backendLogs(), advice(`Start the ${noun} again.`)],
    });
  },
});

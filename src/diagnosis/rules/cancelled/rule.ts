import { record, spanSeen, transition } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { clock, sentence } from '../../words.ts';
import { cancelRequestOf } from './finder.ts';

/** Someone ended it on purpose. */
export const rule = defineRule({
  id: 'cancelled',
  title: 'Operation cancelled',
  symptom: 'The operation ended without a result.',
  proof: 'The transition to cancelled with its reason, and the cancel request.',
  scenario: 'failed',
  severity: 'notice',
  tier: 'general',
  supersedes: ['unhandled-exception'],
  variants: {
    user: 'A person or a program cancelled it.',
    parent: 'Its parent operation was cancelled.',
  },

  check(facts, { fix, noun }) {
    if (facts.status.value !== 'cancelled') return clear;
    const cancelling = facts.transitions.findLast(({ to }) => to === 'cancelled') ?? null;
    const request = cancelRequestOf(facts);
    const reason = cancelling?.reason ?? facts.record?.errorMessage ?? null;
    const parent = request === null ? (facts.record?.parentOperationId ?? null) : null;
    const at = cancelling?.at ?? facts.status.endedAt;
    const checkpoint = fix.showCheckpoint(facts.operationId);
    const together = parent === null ? '' : ` together with ${parent}`;
    const when = at === null ? '' : ` at ${clock(at)}`;
    const why = reason === null || /^operation cancelled by user$/i.test(reason) ? '' : `: “${reason}”`;
    return match({
      variant: parent === null ? 'user' : 'parent',
      confidence: request !== null ? 'certain' : cancelling === null ? 'possible' : 'likely',
      headline: sentence(`This ${noun} was cancelled${together}${when}${why}`),
      explanation:
        parent === null
          ? 'It was cancelled on request. No error caused it.'
          : 'Cancelling an operation also cancels its child operations.',
      culprit: cancelling?.span ?? null,
      evidence: [
        cancelling === null
          ? record(`ktrdr API: status cancelled${reason === null ? '' : `: ${reason}`}`)
          : transition(cancelling),
        request && spanSeen(request, `${request.name} at ${clock(request.start)}`),
      ],
      lookFirst: checkpoint,
      fixes: ['No fix needed. To continue where it stopped, resume it.', checkpoint, fix.resume(facts.operationId)],
    });
  },
});

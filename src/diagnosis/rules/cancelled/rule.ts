import { record, spanSeen, transition } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { clock, sentence } from '../../words.ts';
import { cancelRequestOf } from './finder.ts';

/** Someone ended it on purpose. */
export const rule = defineRule({
  id: 'cancelled',
  title: 'It was cancelled',
  symptom: 'The operation ended without a result.',
  proof: 'The transition to cancelled with its reason, and the request that asked for it.',
  scenario: 'failed',
  severity: 'notice',
  tier: 'general',
  supersedes: ['unhandled-exception'],
  variants: {
    user: 'A person or a program asked for it.',
    parent: 'The operation that started it was cancelled.',
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
          ? 'It ended because it was asked to, not because of an error.'
          : 'Cancelling an operation cancels the ones that it started.',
      culprit: cancelling?.span ?? null,
      evidence: [
        cancelling === null
          ? record(`the ktrdr API says cancelled${reason === null ? '' : `: ${reason}`}`)
          : transition(cancelling),
        request && spanSeen(request, `${request.name} at ${clock(request.start)}`),
      ],
      lookFirst: checkpoint,
      fixes: ['No fix needed. To go on from where it stopped, resume it.', checkpoint, fix.resume(facts.operationId)],
    });
  },
});

import { record, spanSeen, transition } from '../../evidence.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { clock, operationNoun, sentence } from '../../words.ts';
import { cancelRequestOf } from './finder.ts';

/** Somebody ended it on purpose. */
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

  check(facts, { fix }) {
    if (facts.status.value !== 'cancelled') return clear;
    const made = facts.transitions.findLast(({ to }) => to === 'cancelled') ?? null;
    const request = cancelRequestOf(facts);
    const reason = made?.reason ?? facts.record?.errorMessage ?? null;
    const parent = request === null ? (facts.record?.parentOperationId ?? null) : null;
    const at = made?.at ?? facts.status.endedAt;
    const why = reason === null || /^operation cancelled by user$/i.test(reason) ? '' : `: “${reason}”`;
    return match({
      variant: parent === null ? 'user' : 'parent',
      confidence: request !== null ? 'certain' : made === null ? 'possible' : 'likely',
      headline: sentence(
        `This ${operationNoun(facts.type)} was cancelled${parent === null ? '' : ` together with ${parent}`}${at === null ? '' : ` at ${clock(at)}`}${why}`,
      ),
      explanation:
        parent === null
          ? 'It ended because it was asked to, not because of an error.'
          : 'Cancelling an operation cancels the ones that it started.',
      culprit: made?.span ?? null,
      evidence: [
        made === null
          ? record(`the ktrdr API says cancelled${reason === null ? '' : `: ${reason}`}`)
          : transition(made),
        ...(request === null ? [] : [spanSeen(request, `${request.name} at ${clock(request.start)}`)]),
      ],
      fixes: [
        fix.showCheckpoint(facts.operationId),
        fix.resume(facts.operationId),
        advice('Nothing has to be mended.'),
      ],
    });
  },
});

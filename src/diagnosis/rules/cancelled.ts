import { record, spanSeen, transition } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { clock, operationNoun } from '../words.ts';

/** Somebody ended it on purpose. */
export const rule = defineRule({
  id: 'cancelled',
  title: 'It was cancelled',
  symptom: 'The operation ended without a result.',
  proof: 'The transition to cancelled with its reason, and the request that asked for it.',
  scenario: 'failed',
  severity: 'notice',
  variants: {
    user: 'A person or a program asked for it.',
    parent: 'The operation that started it was cancelled.',
  },
  supersedes: ['unhandled-exception', 'still-running'],

  check(facts, { fix }) {
    if (facts.status.value !== 'cancelled') return clear;
    const made = facts.transitions.findLast((t) => t.to === 'cancelled') ?? null;
    const request = facts.own.find((span) => span.name.startsWith('DELETE /api/v1/operations/'));
    const reason = made?.reason ?? facts.record?.errorMessage ?? null;
    const parent = facts.record?.parentOperationId ?? null;
    const byParent = parent !== null && request === undefined;
    const at = made?.at ?? facts.status.endedAt;
    const noun = operationNoun(facts.type);
    const id = facts.operationId ?? '';
    const evidence: [Evidence, ...Evidence[]] = [
      made === null ? record(`the ktrdr API says cancelled${reason === null ? '' : `: ${reason}`}`) : transition(made),
    ];
    if (request !== undefined) evidence.push(spanSeen(request, `${request.name} at ${clock(request.start)}`));
    return match({
      variant: byParent ? 'parent' : 'user',
      confidence: request !== undefined ? 'certain' : made === null ? 'possible' : 'likely',
      headline: `This ${noun} was cancelled${byParent ? ` together with ${parent}` : ''}${at === null ? '' : ` at ${clock(at)}`}${reason === null || /^operation cancelled by user$/i.test(reason) ? '' : `: “${reason}”`}.`,
      explanation: byParent
        ? 'Cancelling an operation cancels the ones that it started.'
        : 'It ended because it was asked to, not because of an error.',
      culprit: made?.span ?? null,
      evidence,
      fixes: [fix.showCheckpoint(id), fix.resume(id), advice('Nothing has to be mended.')],
    });
  },
});

import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf } from '../../rule.ts';

/** The id was taken: the same request came twice, or two parts of the system created it. */
export const rule = defineRule({
  id: 'duplicate-operation',
  title: 'The operation id exists already',
  symptom: 'The start fails at once.',
  proof: 'The message of the failure.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {},

  check(facts, { fix }) {
    const explained = explainedBy(facts.failure, [['duplicate', /^Operation ID already exists: (?<id>\S+)$/]]);
    if (explained === null) return clear;
    const { variant: _, ...proof } = proofOf(explained);
    const id = explained.words['id'] ?? facts.operationId ?? '';
    return match({
      ...proof,
      headline: `An operation with the id ${id} exists already.`,
      explanation:
        'Each id can be used once. It was submitted a second time with the same task id, or the backend and the worker both created it.',
      fixes: [
        fix.showStatus(id),
        'Look at the earlier operation: it may be the one you want. Otherwise start again without a task id, so that a new one is made.',
      ],
    });
  },
});

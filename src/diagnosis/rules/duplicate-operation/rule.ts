import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf } from '../../rule.ts';

/** The ID was already in use: the same request arrived twice, or two parts of the system created it. */
export const rule = defineRule({
  id: 'duplicate-operation',
  title: 'Operation ID already exists',
  symptom: 'The start fails immediately.',
  proof: 'The error message.',
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
      headline: `An operation with the ID ${id} already exists.`,
      explanation:
        'Each ID can be used only once. Either the operation was submitted twice with the same task ID, or the backend and the worker both created it.',
      fixes: [
        fix.showStatus(id),
        'Check the earlier operation: it may be the one you want. Otherwise, start again without a task ID so that ktrdr creates a new ID.',
      ],
    });
  },
});

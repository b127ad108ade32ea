import { absence } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';

/** Says where to see the progress, because ktrdr never traces it. */
export const rule = defineRule({
  id: 'progress-not-traced',
  title: 'Progress not traced',
  symptom: 'The trace of a running operation shows no progress.',
  proof: 'Finished phases without progress attributes, and no ktrdr API record.',
  scenario: 'tracing',
  severity: 'notice',
  tier: 'fallback',
  variants: {},

  check({ status, progress, record, phases, errors, operationId }, { fix, noun }) {
    // When only the end of the loop's span says that the operation ended, its progress is as unknown as that of a running one.
    const isUndecided =
      status.value === 'completed' &&
      phases.some(({ kind }) => kind === 'loop') &&
      !status.isStated &&
      errors.origins.length === 0;
    if (progress !== null || record !== null || (status.value !== 'running' && !isUndecided)) return clear;
    return match({
      confidence: isUndecided ? 'likely' : 'certain',
      headline: `The trace doesn’t show the progress of this ${noun}.`,
      explanation: 'ktrdr stores progress in the operation record, not in spans, and unfinished spans aren’t exported.',
      evidence: [absence('no progress on any span of the operation')],
      fixes: [fix.showStatus(operationId), 'Set KTRDR_API_URL to include the progress in the diagnosis.'],
    });
  },
});

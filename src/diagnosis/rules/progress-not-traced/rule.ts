import { absence } from '../../evidence.ts';
import { lastPhase } from '../../facts/phases.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { operationNoun } from '../../words.ts';

/** Normal today, and asked about often: where the progress is to be seen. */
export const rule = defineRule({
  id: 'progress-not-traced',
  title: 'Progress is not in the trace',
  symptom: 'The trace of a running operation shows no progress.',
  proof: 'Finished phases without progress attributes, and no record of the ktrdr API.',
  scenario: 'tracing',
  severity: 'notice',
  tier: 'fallback',
  variants: {},

  check(facts, { fix }) {
    const { status, progress, record, phases, errors } = facts;
    const phase = lastPhase(phases);
    // A loop whose span has ended, without a word of how the operation ended, tells no more than one that runs.
    const isUndecided =
      status.value === 'completed' &&
      phases.some(({ kind }) => kind === 'loop') &&
      !status.isStated &&
      errors.origins.length === 0;
    if (progress !== null || record !== null || (status.value !== 'running' && !isUndecided)) return clear;
    return match({
      confidence: isUndecided ? 'likely' : 'certain',
      headline: `How far this ${operationNoun(facts.type)} is cannot be seen in its trace.`,
      explanation:
        'ktrdr keeps progress in the operation record, not in spans, and spans of unfinished work are not exported.',
      culprit: phase?.span ?? null,
      evidence: [absence('no progress on any span of the operation')],
      fixes: [
        fix.showStatus(facts.operationId),
        advice('Set KTRDR_API_URL, so that the progress is part of the answer.'),
      ],
    });
  },
});

import { percent } from '../../../language/numbers.ts';
import { attribute, type EvidenceDraft, record, spanSeen, took } from '../../evidence.ts';
import type { Progress } from '../../facts/progress.ts';
import { isTerminal } from '../../facts/transitions.ts';
import type { NonEmpty } from '../../finding.ts';
import { clear, defineRule, match, notEnoughData } from '../../rule.ts';
import type { Micros } from '../../trace.ts';
import { clock, duration, operationNoun } from '../../words.ts';

/** It runs by all accounts, and nothing has moved for far longer than a step takes. */
export const rule = defineRule({
  id: 'progress-stalled',
  title: 'Progress has stopped',
  symptom: 'The operation is shown as running, at the same percentage for a long time.',
  proof: 'The time of the last finished epoch or progress update against now and against the usual pace.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'general',
  supersedes: ['slow'],
  variants: {},

  check(facts, { fix }) {
    const { progress, status, workers } = facts;
    if (isTerminal(status.value) || status.refused || progress === null || progress.moved === true) return clear;
    if (progress.percentage !== null && progress.percentage >= 100) return clear;
    if (progress.lastSign === null || !progress.lastSignIsCurrent) {
      return status.value === 'running'
        ? notEnoughData('a second reading of the progress, or the time of its last change')
        : clear;
    }
    const idle = progress.seenUntil - progress.lastSign;
    const pace = (progress.secondsPerEpoch ?? 0) * 1e6;
    if (idle < Math.max(LEAST_IDLE, PACES * pace)) return clear;

    const where = progress.percentage === null ? '' : ` at ${percent(progress.percentage)}`;
    const usual = pace === 0 ? '' : `, and a step usually takes ${duration(pace)}`;
    return match({
      confidence: 'likely',
      headline: `This ${operationNoun(facts.type)} has not moved for ${duration(idle)}: it stands${where}${progress.step === null ? '' : ` in ${progress.step}`}.`,
      explanation: `The last sign of progress is from ${clock(progress.lastSign)}${usual}. The worker has not reported an end; it hangs, waits for something, or lost its way to report.`,
      culprit: progress.span,
      evidence: evidenceOf(progress, progress.lastSign, pace),
      fixes: [
        fix.workerLogs(workers.location),
        ...(workers.location.endpoint === null ? [] : [fix.workerHealth(workers.location)]),
        fix.cancel(facts.operationId),
        fix.resume(facts.operationId),
      ],
    });
  },
});

const LEAST_IDLE = 120_000_000;
const PACES = 10;

function evidenceOf({ span, step }: Progress, lastSign: Micros, pace: number): NonEmpty<EvidenceDraft> {
  if (span === null) {
    const usual = pace === 0 ? '' : `; an epoch takes ${duration(pace)}`;
    return [
      record(`last epoch finished at ${clock(lastSign)}${usual}`),
      ...(step === null ? [] : [record(`step: ${step}`)]),
    ];
  }
  return [
    attribute(span, 'progressPercentage'),
    attribute(span, 'progressUpdatedAt'),
    took(span),
    ...(step === null ? [] : [spanSeen(span, `phase: ${step}`)]),
  ];
}

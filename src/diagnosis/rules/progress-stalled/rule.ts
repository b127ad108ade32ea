import { percent } from '../../../language/numbers.ts';
import { gapBetween } from '../../culprit.ts';
import { attribute, record, spanSeen, took } from '../../evidence.ts';
import type { Progress } from '../../facts/progress.ts';
import { isTerminal } from '../../facts/transitions.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, type MatchDraft, match, notEnoughData } from '../../rule.ts';
import type { Micros } from '../../trace.ts';
import { clock, duration } from '../../words.ts';

/** Every source says that it runs, and its progress has not changed for far longer than a step takes. */
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

  check(facts, { fix, noun }) {
    const { progress, status, workers, operationId } = facts;
    const { location } = workers;
    if (isTerminal(status.value) || status.refused || progress === null) return clear;
    if (progress.percentage !== null && progress.percentage >= 100) return clear;
    if (progress.lastSign === null || !progress.lastSignIsCurrent) {
      return status.value === 'running'
        ? notEnoughData('a second reading of the progress, or the time of its last change')
        : clear;
    }
    const idle = progress.seenUntil - progress.lastSign;
    const pace = (progress.secondsPerEpoch ?? 0) * 1e6;
    if (idle < Math.max(SHORTEST_STALL, STEPS * pace)) return clear;

    const percentage = progress.percentage === null ? '' : ` at ${percent(progress.percentage)}`;
    const step = progress.step === null ? '' : ` in ${progress.step}`;
    const usual = pace === 0 ? '' : `, and a step usually takes ${duration(pace)}`;
    return match({
      confidence: 'likely',
      headline: `This ${noun} has not moved for ${duration(idle)}: it stands${percentage}${step}.`,
      explanation: `The last sign of progress is from ${clock(progress.lastSign)}${usual}. The worker has not reported an end; it hangs, waits for something, or lost its way to report.`,
      culprit: progress.span,
      gap: progress.span === null ? gapBetween(facts, progress.lastSign, progress.seenUntil) : null,
      evidence: evidenceOf(progress, progress.lastSign, pace),
      fixes: [
        readAs(
          fix.workerLogs(location),
          `New lines mean that it still works. If they stopped at ${clock(progress.lastSign)}, it hangs: cancel it.`,
        ),
        fix.workerHealth(location),
        fix.cancel(operationId),
        fix.resume(operationId),
      ],
    });
  },
});

const SHORTEST_STALL = 120_000_000;
/** Steps that the stall lasts at least. */
const STEPS = 10;

function evidenceOf({ span, step }: Progress, lastSign: Micros, pace: number): MatchDraft['evidence'] {
  if (span === null) {
    const usual = pace === 0 ? '' : `; an epoch takes ${duration(pace)}`;
    return [record(`last epoch finished at ${clock(lastSign)}${usual}`), step !== null && record(`step: ${step}`)];
  }
  return [
    attribute(span, 'progressPercentage'),
    attribute(span, 'progressUpdatedAt'),
    took(span),
    step !== null && spanSeen(span, `phase: ${step}`),
  ];
}

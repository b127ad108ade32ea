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
  title: 'Progress stopped',
  symptom: 'The operation is shown as running but stays at the same percentage.',
  proof: 'The time since the last finished epoch or progress update, compared with the usual pace.',
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
      return status.value === 'running' ? notEnoughData('second progress reading') : clear;
    }
    const idle = progress.seenUntil - progress.lastSign;
    const pace = (progress.secondsPerEpoch ?? 0) * 1e6;
    if (idle < Math.max(SHORTEST_STALL, STEPS * pace)) return clear;

    const percentage = progress.percentage === null ? '' : ` at ${percent(progress.percentage)}`;
    const step = progress.step === null ? '' : ` in ${progress.step}`;
    const usual = pace === 0 ? '' : `. A step usually takes ${duration(pace)}`;
    return match({
      confidence: 'likely',
      headline: `No progress in this ${noun} for ${duration(idle)}: stuck${percentage}${step}.`,
      explanation: `Last progress: ${clock(progress.lastSign)}${usual}. The worker hasn’t reported a result. It’s hung, waiting, or can’t report.`,
      culprit: progress.span,
      gap: progress.span === null ? gapBetween(facts, progress.lastSign, progress.seenUntil) : null,
      evidence: evidenceOf(progress, progress.lastSign, pace),
      fixes: [
        readAs(
          fix.workerLogs(location),
          `New lines mean it’s still working. If they stopped at ${clock(progress.lastSign)}, it’s hung: cancel it.`,
        ),
        fix.workerHealth(location),
        fix.cancel(operationId),
        fix.resume(operationId),
      ],
    });
  },
});

const SHORTEST_STALL = 120_000_000;
/** The stall lasts at least this many steps. */
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

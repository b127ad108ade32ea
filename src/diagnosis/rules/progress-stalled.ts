import { attribute, record, spanSeen, took } from '../evidence.ts';
import { isTerminal } from '../facts/transitions.ts';
import type { Evidence } from '../finding.ts';
import { clear, defineRule, match, notEnoughData } from '../rule.ts';
import { endOf } from '../trace.ts';
import { clock, duration, operationNoun } from '../words.ts';

/** It runs by all accounts, and nothing has moved for far longer than a step takes. */
export const rule = defineRule({
  id: 'progress-stalled',
  title: 'Progress has stopped',
  symptom: 'The operation is shown as running, at the same percentage for a long time.',
  proof: 'The time of the last finished epoch or progress update against now and against the usual pace.',
  scenario: 'stuck',
  severity: 'blocking',
  variants: {},
  supersedes: ['still-running', 'progress-not-traced', 'slow'],

  check(facts, { fix, now }) {
    const { progress, status } = facts;
    if (isTerminal(status.value) || status.refused || progress === null) return clear;
    if (progress.percentage !== null && progress.percentage >= 100) return clear;
    if (progress.moved === true) return clear;
    if (progress.lastSign === null || !progress.lastSignIsCurrent) {
      return status.value === 'running'
        ? notEnoughData('a second reading of the progress, or the time of its last change')
        : clear;
    }
    // A span that was exported has ended: nothing can move in it afterwards.
    const until = progress.span === null ? now : endOf(progress.span);
    const idle = until - progress.lastSign;
    const pace = progress.secondsPerEpoch === null ? 0 : progress.secondsPerEpoch * 1e6;
    if (idle < Math.max(LEAST_IDLE, PACES * pace)) return clear;

    const noun = operationNoun(facts.type);
    const at = facts.dispatches.at(-1)?.call?.endpoint ?? null;
    const where =
      progress.percentage === null
        ? ''
        : ` at ${progress.percentage < 10 ? progress.percentage.toFixed(1) : Math.round(progress.percentage)} %`;
    const evidence: [Evidence, ...Evidence[]] =
      progress.span === null
        ? [
            record(
              `last epoch finished at ${clock(progress.lastSign)}${progress.secondsPerEpoch === null ? '' : `; an epoch takes ${duration(pace)}`}`,
            ),
          ]
        : [
            attribute(progress.span, 'progressPercentage'),
            attribute(progress.span, 'progressUpdatedAt'),
            took(progress.span),
          ];
    if (progress.step !== null)
      evidence.push(
        progress.span === null ? record(`step: ${progress.step}`) : spanSeen(progress.span, `phase: ${progress.step}`),
      );
    return match({
      confidence: 'likely',
      headline: `This ${noun} has not moved for ${duration(idle)}: it stands${where}${progress.step === null ? '' : ` in ${progress.step}`}.`,
      explanation: `The last sign of progress is from ${clock(progress.lastSign)}${pace === 0 ? '' : `, and a step usually takes ${duration(pace)}`}. The worker has not reported an end; it hangs, waits for something, or lost its way to report.`,
      culprit: progress.span,
      evidence,
      fixes: [
        fix.workerLogs(at, facts.type),
        ...(at === null ? [] : [fix.workerHealth(at)]),
        fix.cancel(facts.operationId),
        fix.resume(facts.operationId),
      ],
    });
  },
});

const LEAST_IDLE = 120_000_000;
const PACES = 10;

import { percent } from '../../../language/numbers.ts';
import { absence, exception, record, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { lastPhase } from '../../facts/phases.ts';
import { idleTimeOf, isTerminal } from '../../facts/transitions.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { duration, joined } from '../../words.ts';

/** Not a fault: reports the progress so far, and how long the rest will take. */
export const rule = defineRule({
  id: 'still-running',
  title: 'It is still running',
  symptom: 'The operation has not ended.',
  proof: 'No final state in any source; progress from the ktrdr API, because unfinished spans aren’t exported.',
  scenario: 'stuck',
  severity: 'notice',
  tier: 'fallback',
  variants: {},

  check(facts, { fix, now, noun }) {
    const { value, startedAt, refused } = facts.status;
    if (refused || isTerminal(value) || value === 'unknown') return clear;
    const { progress, record: shown } = facts;
    const hasMoved = progress?.moved === true;
    const phase = lastPhase(facts.phases)?.span ?? null;
    const elapsed =
      startedAt === null ? '' : `, for ${duration(now - startedAt - idleTimeOf(facts.transitions))} so far`;
    const done = progressSoFar(facts);
    return match({
      confidence: shown === null ? 'possible' : hasMoved ? 'certain' : 'likely',
      headline: `This ${noun} is ${value}${done === '' ? '' : `: ${done}`}${elapsed}.`,
      explanation:
        shown === null
          ? `Its traces show a start and no end. Spans of unfinished work are not exported and progress is not traced, so the traces alone cannot tell running from stuck${phase === null ? '' : `; the last phase that ended is ${phase.name}`}. Connect the ktrdr API (KTRDR_API_URL) to see its progress.`
          : `${timeLeft(facts)}${survivedErrors(facts)}${hasMoved ? 'Its progress moved between two looks. ' : ''}Nothing looks wrong.`,
      evidence: [
        shown === null
          ? absence('no terminal state in the traces, and the ktrdr API was not asked or does not know it')
          : record(`the ktrdr API says ${shown.status}${progress?.step == null ? '' : `: ${progress.step}`}`),
        phase && spanSeen(phase, `last finished phase: ${phase.name}`),
        ...facts.failure.survived.slice(0, 3).map(exception),
      ],
      fixes: [fix.follow(facts.operationId) ?? 'Check again in a minute.', fix.showStatus(facts.operationId)],
    });
  },
});

function progressSoFar({ progress, type }: Facts): string {
  if (progress === null) return '';
  const { percentage, step, stepsCompleted, stepsTotal } = progress;
  // Until the first epoch has ended, ktrdr counts none of none.
  const isInEpochs = type === 'training' && stepsCompleted !== null && (stepsTotal ?? 0) > 0;
  return joined(
    ', ',
    isInEpochs ? `epoch ${stepsCompleted} of ${stepsTotal}` : step,
    percentage === null ? null : percent(percentage),
  );
}

function survivedErrors({ failure: { survived } }: Facts): string {
  if (survived.length === 0) return '';
  return `${survived.length === 1 ? 'A request or step' : `${survived.length} requests or steps`} failed and work went on. `;
}

function timeLeft({ progress }: Facts): string {
  if (progress?.secondsPerEpoch == null) return '';
  const pace = progress.secondsPerEpoch * 1e6;
  const { stepsCompleted, stepsTotal } = progress;
  const left =
    stepsCompleted === null || stepsTotal === null
      ? ''
      : `, so some ${duration((stepsTotal - stepsCompleted) * pace)} are left`;
  return `One epoch takes about ${duration(pace)}${left}. `;
}

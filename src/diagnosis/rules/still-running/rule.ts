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
  title: 'Still running',
  symptom: 'The operation hasn’t ended.',
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
          ? `The traces show a start but no end. Unfinished spans aren’t exported and progress isn’t traced, so traces alone can’t distinguish running from stuck.${phase === null ? '' : ` Last finished phase: ${phase.name}.`} Connect the ktrdr API (KTRDR_API_URL) to see its progress.`
          : `${timeLeft(facts)}${survivedErrors(facts)}${hasMoved ? 'Progress advanced between two checks. ' : ''}No problems found.`,
      evidence: [
        shown === null
          ? absence('no final state in the traces, and the ktrdr API wasn’t queried or has no record')
          : record(
              `ktrdr API: status ${shown.status}${done !== '' || progress?.step == null ? '' : `: ${progress.step}`}`,
            ),
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
  // Until the first epoch has ended, ktrdr reports epoch 0 of 0.
  const isInEpochs = type === 'training' && stepsCompleted !== null && (stepsTotal ?? 0) > 0;
  return joined(
    ', ',
    isInEpochs ? `epoch ${stepsCompleted} of ${stepsTotal}` : step,
    percentage === null ? null : percent(percentage),
  );
}

function survivedErrors({ failure: { survived } }: Facts): string {
  if (survived.length === 0) return '';
  return `${survived.length === 1 ? 'A request or step' : `${survived.length} requests or steps`} failed, but work continued. `;
}

function timeLeft({ progress }: Facts): string {
  if (progress?.secondsPerEpoch == null) return '';
  const pace = progress.secondsPerEpoch * 1e6;
  const { stepsCompleted, stepsTotal } = progress;
  const epochs = stepsCompleted === null || stepsTotal === null ? 0 : stepsTotal - stepsCompleted;
  // After the last epoch it evaluates and saves the model, which takes an unknown time.
  const left = epochs > 0 ? `, so about ${duration(epochs * pace)} remain` : '';
  return `One epoch takes about ${duration(pace)}${left}. `;
}

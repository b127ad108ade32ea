import { percent } from '../../../language/numbers.ts';
import { absence, record, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { lastPhase } from '../../facts/phases.ts';
import { isTerminal } from '../../facts/transitions.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { duration, operationNoun } from '../../words.ts';

/** Not a fault: how far it is, and how long it will take. */
export const rule = defineRule({
  id: 'still-running',
  title: 'It is still running',
  symptom: 'The operation has not ended.',
  proof:
    'No terminal state at any witness; progress from the ktrdr API, because spans of unfinished work are not exported.',
  scenario: 'stuck',
  severity: 'notice',
  tier: 'fallback',
  variants: {},

  check(facts, { fix, now }) {
    const { value, startedAt, refused } = facts.status;
    if (refused || isTerminal(value) || value === 'unknown') return clear;
    const { progress, record: row } = facts;
    const phase = lastPhase(facts.phases)?.span ?? null;
    const elapsed = startedAt === null ? '' : `, for ${duration(now - startedAt)} so far`;
    const how = howFar(facts);
    return match({
      confidence: row === null ? 'possible' : progress?.moved === true ? 'certain' : 'likely',
      headline: `This ${operationNoun(facts.type)} is ${value}${how === '' ? '' : `: ${how}`}${elapsed}.`,
      explanation:
        row === null
          ? blind(phase?.name ?? null)
          : `${howLong(facts)}${progress?.moved === true ? 'Its progress moved between two looks. ' : ''}Nothing looks wrong.`,
      culprit: phase,
      evidence: [
        row === null
          ? absence('no terminal state in the traces, and the ktrdr API was not asked or does not know it')
          : record(`the ktrdr API says ${row.status}${progress?.step == null ? '' : `: ${progress.step}`}`),
        ...(phase === null ? [] : [spanSeen(phase, `last finished phase: ${phase.name}`)]),
      ],
      fixes: [fix.follow(facts.operationId), fix.showStatus(facts.operationId)],
    });
  },
});

function howFar({ progress, type }: Facts): string {
  if (progress === null) return '';
  const { percentage, step, stepsCompleted, stepsTotal } = progress;
  const isInEpochs = type === 'training' && stepsCompleted !== null && stepsTotal !== null;
  const where = isInEpochs ? `epoch ${stepsCompleted} of ${stepsTotal}` : step;
  return [where, percentage === null ? null : percent(percentage)].filter((part) => part !== null).join(', ');
}

function howLong({ progress }: Facts): string {
  if (progress?.secondsPerEpoch == null) return '';
  const pace = progress.secondsPerEpoch * 1e6;
  const { stepsCompleted, stepsTotal } = progress;
  const left =
    stepsCompleted === null || stepsTotal === null
      ? ''
      : `, so some ${duration((stepsTotal - stepsCompleted) * pace)} are left`;
  return `One epoch takes about ${duration(pace)}${left}. `;
}

function blind(phase: string | null): string {
  return `Its traces show a start and no end. Spans of unfinished work are not exported and progress is not traced, so the traces alone cannot tell running from stuck${phase === null ? '' : `; the last phase that ended is ${phase}`}. Connect the ktrdr API (KTRDR_API_URL) to see its progress.`;
}

import { absence, record, spanSeen } from '../evidence.ts';
import { lastPhase } from '../facts/phases.ts';
import { isTerminal } from '../facts/transitions.ts';
import type { Evidence } from '../finding.ts';
import { clear, defineRule, match } from '../rule.ts';
import { duration, operationNoun } from '../words.ts';

/** Not a fault: how far it is, and how long it will take. */
export const rule = defineRule({
  id: 'still-running',
  title: 'It is still running',
  symptom: 'The operation has not ended.',
  proof:
    'No terminal state at any witness; progress from the ktrdr API, because spans of unfinished work are not exported.',
  scenario: 'stuck',
  severity: 'notice',
  variants: {},

  check(facts, { fix, now }) {
    const { value, startedAt, refused } = facts.status;
    if (refused || isTerminal(value) || value === 'unknown') return clear;
    const { progress } = facts;
    const noun = operationNoun(facts.type);
    const id = facts.operationId;
    const elapsed = startedAt === null ? null : now - startedAt;
    const share =
      progress?.percentage == null
        ? null
        : `${progress.percentage < 10 ? progress.percentage.toFixed(1) : Math.round(progress.percentage)} %`;
    const steps =
      progress?.stepsCompleted != null && progress.stepsTotal != null && facts.type === 'training'
        ? `epoch ${progress.stepsCompleted} of ${progress.stepsTotal}`
        : (progress?.step ?? null);
    const left =
      progress?.secondsPerEpoch == null || progress.stepsTotal === null || progress.stepsCompleted === null
        ? null
        : (progress.stepsTotal - progress.stepsCompleted) * progress.secondsPerEpoch * 1e6;
    const phase = lastPhase(facts.phases);
    const how = [steps, share].filter((part) => part !== null).join(', ');
    const evidence: [Evidence, ...Evidence[]] = [
      facts.record === null
        ? absence('no terminal state in the traces, and the ktrdr API was not asked or does not know it')
        : record(`the ktrdr API says ${facts.record.status}${progress?.step == null ? '' : `: ${progress.step}`}`),
    ];
    if (phase !== null) evidence.push(spanSeen(phase.span, `last finished phase: ${phase.name}`));
    return match({
      confidence: facts.record === null ? 'possible' : progress?.moved === true ? 'certain' : 'likely',
      headline: `This ${noun} is ${value === 'running' ? 'running' : value}${how === '' ? '' : `: ${how}`}${elapsed === null ? '' : `, for ${duration(elapsed)} so far`}.`,
      explanation:
        facts.record === null
          ? `Its traces show a start and no end. Spans of unfinished work are not exported and progress is not traced, so the traces alone cannot tell running from stuck${phase === null ? '' : `; the last phase that ended is ${phase.name}`}. Connect the ktrdr API (KTRDR_API_URL) to see its progress.`
          : `${progress?.secondsPerEpoch == null ? '' : `One epoch takes about ${duration(progress.secondsPerEpoch * 1e6)}${left === null ? '' : `, so some ${duration(left)} are left`}. `}${progress?.moved === true ? 'Its progress moved between two looks. ' : ''}Nothing looks wrong.`,
      culprit: phase?.span ?? null,
      evidence,
      fixes: [fix.follow(id), fix.showStatus(id)],
    });
  },
});

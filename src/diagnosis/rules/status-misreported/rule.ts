import { percent } from '../../../language/numbers.ts';
import { type EvidenceDraft, record, spanSeen, transition, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { latestAnswerOf } from '../../facts/progress.ts';
import { isTerminal } from '../../facts/transitions.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import type { Span } from '../../trace.ts';
import { clock, duration } from '../../words.ts';
import { backendStopOf } from '../cancelled/finder.ts';

/** The ktrdr API, which people look at, disagrees with the trace or the worker list, and is wrong. */
export const rule = defineRule({
  id: 'status-misreported',
  title: 'ktrdr shows an outdated status',
  symptom: 'The operation stays at “resuming” or 0%, although it’s running or has ended.',
  proof: 'A final state change, or a worker that is running the operation, contradicts the ktrdr API record.',
  scenario: 'stuck',
  // Only the displayed status is wrong: the operation itself runs or has ended as its trace says.
  severity: 'notice',
  tier: 'specific',
  supersedes: ['progress-stalled', 'worker-lost/undetected'],
  variants: {
    'after-resume': 'After a resume, the backend can’t query the worker, so its record stays at “resuming”.',
    'after-backend-restart': 'After a restart, the backend can’t query the worker, so its record stops updating.',
    unexplained: 'The operation has ended, but its record wasn’t updated, and the data doesn’t show why.',
  },

  check(facts, context) {
    if (facts.record === null || isTerminal(facts.record.status) || facts.status.refused) return clear;
    return recordBehindTrace(facts, context) ?? runningWithoutProgress(facts, context) ?? clear;
  },
});

/** The record is cached for some seconds, so a newer transition isn't a disagreement. */
const SETTLING_TIME = 10_000_000;
/** The first epoch or the first bars of a fresh worker process take up to a minute after the last phase before them. */
const STARTUP_TIME = 60_000_000;

function recordBehindTrace(facts: Facts, { fix, noun }: RuleContext): RuleResult | null {
  const { record: shown, transitions, resume } = facts;
  const last = transitions.at(-1);
  const readAt = latestAnswerOf(facts.case)?.readAt ?? facts.case.now;
  if (shown === null || last === undefined || readAt - last.at <= SETTLING_TIME) return null;
  if (!isTerminal(last.to) && !(shown.status === 'resuming' && last.to === 'running')) return null;

  const wasResumed = shown.status === 'resuming' || resume !== null || transitions.some(({ to }) => to === 'resuming');
  const stop = wasResumed ? null : backendStopOf(facts);
  const percentage = shown.progress.percentage === null ? '' : ` at ${percent(shown.progress.percentage)}`;
  // Without progress the backend never reached the worker; a cancel comes from the backend itself.
  const mayHaveRestarted = (shown.progress.percentage ?? 0) === 0 && last.to !== 'cancelled';
  const variant = wasResumed
    ? 'after-resume'
    : stop !== null || mayHaveRestarted
      ? 'after-backend-restart'
      : 'unexplained';
  return match({
    variant,
    // Even a restart in the same minutes isn't proof that it's the reason.
    confidence: variant === 'after-backend-restart' ? 'likely' : 'certain',
    headline: `This ${noun} ${CHANGES[last.to] ?? `changed to ${last.to} at`} ${clock(last.at)}, but ktrdr still shows “${shown.status}”.`,
    explanation: `The trace records the state change itself, so trust it over the ktrdr API. ${REASONS[variant]}`,
    culprit: last.span,
    evidence: [transition(last), record(`ktrdr API: still ${shown.status}${percentage}`), stop && shutdownNotice(stop)],
    fixes: [
      fix.workerLogs(facts.workers.location),
      last.to === 'completed'
        ? 'Trust the trace, and look for the result where this operation writes it.'
        : 'Trust the trace, not the status that ktrdr shows.',
    ],
  });
}

const REASONS = {
  'after-resume': 'After a resume, the backend can’t query the worker, so its record stopped updating.',
  'after-backend-restart':
    'Most likely the backend has restarted: then it can’t query the worker, and its record stops updating.',
  unexplained: 'The data doesn’t show why its record wasn’t updated.',
};

const CHANGES: Readonly<Record<string, string>> = {
  running: 'has been running again since',
  completed: 'completed at',
  failed: 'failed at',
  cancelled: 'was cancelled at',
};

function shutdownNotice(stop: Span): EvidenceDraft {
  return spanSeen(stop, `the backend announced its shutdown to ${stop.service} at ${clock(stop.start)}`);
}

/** A healthy worker holds the operation, and the record shows no progress at all. */
function runningWithoutProgress(facts: Facts, { fix, now, noun }: RuleContext): RuleResult | null {
  const { record: shown, progress, workers, lastActivity } = facts;
  const { claimant, assignedId } = workers;
  if (shown?.status !== 'running' || shown.startedAt === null || progress?.moved === true) return null;
  const { percentage, currentStep } = shown.progress;
  if ((percentage ?? 0) !== 0 || currentStep !== null || shown.epochs.length > 0) return null;
  if (claimant?.workerId !== assignedId || claimant?.status !== 'busy' || claimant.healthCheckFailures > 0) return null;

  const stop = backendStopOf(facts);
  if (stop === null && now - Math.max(shown.startedAt, lastActivity ?? 0) < STARTUP_TIME) return null;
  const age = duration(now - shown.startedAt);
  return match({
    variant: 'after-backend-restart',
    confidence: stop === null ? 'possible' : 'likely',
    headline: `This ${noun} has been running on ${claimant.workerId} for ${age}, but ktrdr shows no progress: the backend ${stop === null ? 'may have' : 'has probably'} restarted since then.`,
    explanation: `The worker is ${stop === null ? 'busy with' : 'running'} the operation and is healthy. A restarted backend can’t query it, so the record stays at 0% until the end.`,
    culprit: stop,
    evidence: [
      worker(`${claimant.workerId} is busy with it and passes its health checks`),
      record(`ktrdr API: running at 0% without a step, ${age} after the start`),
      stop && shutdownNotice(stop),
    ],
    fixes: [
      readAs(fix.workerLogs(workers.location), 'New lines show that it’s working.'),
      'Let it run: the worker will still record its end.',
    ],
  });
}

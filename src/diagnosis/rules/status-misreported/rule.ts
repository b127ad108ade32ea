import { percent } from '../../../language/numbers.ts';
import { record, spanSeen, transition, worker } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { isTerminal } from '../../facts/transitions.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import { clock, duration, operationNoun } from '../../words.ts';
import { backendStopOf } from '../cancelled/finder.ts';

/** The two witnesses disagree, and the one people look at is the wrong one. */
export const rule = defineRule({
  id: 'status-misreported',
  title: 'ktrdr shows a status that is not true',
  symptom: 'The operation stays at “resuming” or at 0 % although it runs or has ended.',
  proof: 'A terminal transition or a worker that holds the operation, against the record of the ktrdr API.',
  scenario: 'stuck',
  // Only what is shown is wrong: the operation itself runs or has ended as its trace says.
  severity: 'notice',
  tier: 'specific',
  supersedes: ['progress-stalled', 'worker-lost/undetected'],
  variants: {
    'after-resume': 'After a resume the backend has no way to ask the worker, so its record stays at “resuming”.',
    'after-backend-restart':
      'After a restart the backend has lost its way to ask the worker, so its record stands still.',
  },

  check(facts, context) {
    if (facts.record === null || isTerminal(facts.record.status) || facts.status.refused) return clear;
    return overtaken(facts, context) ?? heldWithoutProgress(facts, context) ?? clear;
  },
});

/** The record lags behind by the life of its cache; a transition just made is no disagreement. */
const SETTLE = 10_000_000;
/** The first epoch or the first bars of a fresh worker process take up to a minute. */
const YOUNG = 60_000_000;

/** The trace has gone further than the record. */
function overtaken(facts: Facts, { fix }: RuleContext): RuleResult | null {
  const { record: row, transitions, resume } = facts;
  const last = transitions.at(-1);
  const readAt = facts.case.operation?.readAt ?? facts.case.now;
  if (row === null || last === undefined || readAt - last.at <= SETTLE) return null;
  if (!isTerminal(last.to) && !(row.status === 'resuming' && last.to === 'running')) return null;

  const wasResumed = row.status === 'resuming' || resume !== null || transitions.some(({ to }) => to === 'resuming');
  const truth =
    last.to === 'running'
      ? 'is running again since'
      : last.to === 'completed'
        ? 'completed at'
        : `ended as ${last.to} at`;
  const percentage = row.progress.percentage === null ? '' : ` at ${percent(row.progress.percentage)}`;
  return match({
    variant: wasResumed ? 'after-resume' : 'after-backend-restart',
    confidence: 'certain',
    headline: `This ${operationNoun(facts.type)} ${truth} ${clock(last.at)}; ktrdr still shows “${row.status}”.`,
    explanation: `The trace has the transition itself, and that is the better witness: ${wasResumed ? 'after a resume the backend registers no way to ask the worker' : 'a restarted backend has lost its way to ask the worker'}, so its record stands still.`,
    culprit: last.span,
    evidence: [transition(last), record(`the ktrdr API still says ${row.status}${percentage}`)],
    fixes: [
      fix.workerLogs(facts.workers.location),
      advice('Trust the trace; look for the result where this operation writes it.'),
    ],
  });
}

/** A healthy worker has it, and the record shows nothing of what it does. */
function heldWithoutProgress(facts: Facts, { fix, now }: RuleContext): RuleResult | null {
  const { record: row, progress, workers } = facts;
  const { claimant, assignedId } = workers;
  if (row?.status !== 'running' || row.startedAt === null) return null;
  const isBlank = (row.progress.percentage ?? 0) === 0 && row.progress.currentStep === null && row.epochs.length === 0;
  if (!isBlank || progress?.moved === true) return null;
  if (claimant?.workerId !== assignedId || claimant?.status !== 'busy' || claimant.healthCheckFailures > 0) return null;

  const stop = backendStopOf(facts);
  if (stop === null && now - row.startedAt < YOUNG) return null;
  const age = duration(now - row.startedAt);
  return match({
    variant: 'after-backend-restart',
    confidence: stop === null ? 'possible' : 'likely',
    headline: `This ${operationNoun(facts.type)} has run on ${claimant.workerId} for ${age}, but ktrdr shows no progress: the backend was probably restarted meanwhile.`,
    explanation:
      'The worker holds the operation and is healthy. A restarted backend has no way to ask it any more, so the record stays at 0 % until the end.',
    culprit: stop,
    evidence: [
      worker(`${claimant.workerId} is busy with it and passes its health checks`),
      record(`the ktrdr API says running at 0 % without a step, ${age} after the start`),
      ...(stop === null
        ? []
        : [spanSeen(stop, `the backend announced its shutdown to ${stop.service} at ${clock(stop.start)}`)]),
    ],
    fixes: [fix.workerLogs(workers.location), advice('Let it run: its end will still be recorded by the worker.')],
  });
}

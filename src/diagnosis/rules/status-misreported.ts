import { record, spanSeen, transition, worker } from '../evidence.ts';
import { isTerminal } from '../facts/transitions.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { clock, duration, operationNoun } from '../words.ts';

/** The two witnesses disagree, and the one people look at is the wrong one. */
export const rule = defineRule({
  id: 'status-misreported',
  title: 'ktrdr shows a status that is not true',
  symptom: 'The operation stays at “resuming” or at 0 % although it runs or has ended.',
  proof: 'A terminal transition or a worker that holds the operation, against the record of the ktrdr API.',
  scenario: 'stuck',
  severity: 'degraded',
  variants: {
    'after-resume': 'After a resume the backend has no way to ask the worker, so its record stays at “resuming”.',
    'after-backend-restart':
      'After a restart the backend has lost its way to ask the worker, so its record stands still.',
  },
  supersedes: ['still-running', 'progress-stalled', 'worker-lost/undetected', 'progress-not-traced'],

  check(facts, { fix, now }) {
    const { record: row } = facts;
    if (row === null || isTerminal(row.status) || facts.status.refused) return clear;
    const last = facts.transitions.at(-1) ?? null;
    const noun = operationNoun(facts.type);
    const resumed =
      row.status === 'resuming' || facts.resume !== null || facts.transitions.some((t) => t.to === 'resuming');

    if (
      last !== null &&
      (isTerminal(last.to) || (row.status === 'resuming' && last.to === 'running')) &&
      now - last.at > SETTLE
    ) {
      return match({
        variant: resumed ? 'after-resume' : 'after-backend-restart',
        confidence: 'certain',
        headline: `This ${noun} ${last.to === 'running' ? 'is running again' : `has ${last.to === 'completed' ? 'completed' : `ended as ${last.to}`}`} since ${clock(last.at)}; ktrdr still shows “${row.status}”.`,
        explanation: `The trace has the transition itself, and that is the better witness: ${resumed ? 'after a resume the backend registers no way to ask the worker' : 'a restarted backend has lost its way to ask the worker'}, so its record stands still.`,
        culprit: last.span,
        evidence: [
          transition(last),
          record(
            `the ktrdr API still says ${row.status}${row.progress.percentage === null ? '' : ` at ${row.progress.percentage} %`}`,
          ),
        ],
        fixes: [
          fix.workerLogs(facts.workers.place),
          advice('Trust the trace; look for the result where this operation writes it.'),
        ],
      });
    }

    const { claimant, assignedId } = facts.workers;
    const age = row.startedAt === null ? 0 : now - row.startedAt;
    const blank =
      row.status === 'running' &&
      (row.progress.percentage ?? 0) === 0 &&
      row.progress.currentStep === null &&
      row.epochs.length === 0;
    const held =
      claimant !== null &&
      claimant.workerId === assignedId &&
      claimant.status === 'busy' &&
      claimant.healthCheckFailures === 0;
    const toldToGo = facts.case.neighbours
      .flatMap((trace) => trace.spans)
      .find((span) => span.name === 'POST /backend-shutdown' && span.start > (row.startedAt ?? 0));
    if (!blank || !held || age < YOUNG || facts.progress?.moved === true) return clear;
    return match({
      variant: 'after-backend-restart',
      confidence: toldToGo === undefined ? 'possible' : 'likely',
      headline: `This ${noun} runs on ${claimant.workerId} for ${duration(age)}, but ktrdr shows no progress: the backend was probably restarted meanwhile.`,
      explanation:
        'The worker holds the operation and is healthy. A restarted backend has no way to ask it any more, so the record stays at 0 % until the end.',
      culprit: toldToGo ?? null,
      evidence: [
        worker(`${claimant.workerId} is busy with it and passes its health checks`),
        record(`the ktrdr API says running at 0 % without a step, ${duration(age)} after the start`),
        ...(toldToGo === undefined
          ? []
          : [
              spanSeen(
                toldToGo,
                `the backend announced its shutdown to ${toldToGo.service} at ${clock(toldToGo.start)}`,
              ),
            ]),
      ],
      fixes: [
        fix.workerLogs(facts.workers.place),
        advice('Let it run: its end will still be recorded by the worker.'),
      ],
    });
  },
});

/** The record lags behind by the life of its cache; a transition just made is no disagreement. */
const SETTLE = 10_000_000;
/** The first epoch or the first bars of a fresh worker process take up to a minute. */
const YOUNG = 90_000_000;

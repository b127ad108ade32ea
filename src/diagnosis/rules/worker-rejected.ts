import { attribute, complaint, exception } from '../evidence.ts';
import { addressOf } from '../facts/endpoints.ts';
import { explainedBy } from '../facts/failure.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { operationNoun } from '../words.ts';

/** The worker was reached and said no. */
export const rule = defineRule({
  id: 'worker-rejected',
  title: 'The worker refused the start',
  symptom: 'The start fails although a worker was chosen and answers.',
  proof: 'The status of the worker’s answer to the start request.',
  scenario: 'stuck',
  severity: 'blocking',
  variants: {},
  supersedes: ['failed-without-trace', 'backend-spans-only', 'still-running', 'worker-selection-missing'],

  check(facts, { fix }) {
    const dispatch = facts.dispatches.at(-1);
    const call = dispatch?.call ?? null;
    const told = explainedBy(facts.failure, [
      ['rejected', /start failed on worker (?<worker>\S+) \((?<url>[^,]+), HTTP (?<status>\d+)\): ?(?<detail>.*)/i],
    ]);
    const answer = call?.trouble === 'bad-answer' ? call.httpStatus : null;
    if (told === null && (call === null || answer === null)) return clear;
    // An exception inside the worker says more than the status that it led to.
    const deeper = facts.errors.origins.find((origin) => origin.span !== call?.span && origin.type !== null);
    if (told === null && deeper !== undefined) return clear;

    const status = told?.words['status'] ?? String(answer);
    const where = call === null ? (told?.words['worker'] ?? 'the worker') : `the worker at ${addressOf(call.endpoint)}`;
    const detail = told?.words['detail'] ?? '';
    return match({
      confidence: 'certain',
      headline: `${where.charAt(0).toUpperCase()}${where.slice(1)} refused to start this ${operationNoun(facts.type)}: HTTP ${status}${detail === '' ? '' : ` (${detail.slice(0, 120)})`}.`,
      explanation:
        status === '422'
          ? 'The worker does not understand what the backend sent: they run images of different versions.'
          : 'The worker was reached and turned the request down; its log says why.',
      culprit: dispatch?.span ?? null,
      evidence: [
        told === null
          ? exception(call?.error as NonNullable<NonNullable<typeof call>['error']>)
          : complaint(told.complaint),
        ...(call === null ? [] : [attribute(call.span, 'httpUrl')]),
      ],
      fixes: [
        fix.workerLogs(call?.endpoint ?? null, facts.type),
        fix.listWorkers(),
        advice(
          status === '422'
            ? 'Deploy backend and workers from the same version.'
            : 'Mend what the log names, then start again.',
        ),
        fix.restartWorker(call?.endpoint ?? null, facts.type),
      ],
    });
  },
});

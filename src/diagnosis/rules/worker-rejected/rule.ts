import { attribute, exception, reportedError } from '../../evidence.ts';
import { addressOf } from '../../facts/endpoints.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { capital, operationNoun, sentence } from '../../words.ts';

/** The worker was reached and said no. */
export const rule = defineRule({
  id: 'worker-rejected',
  title: 'The worker refused the start',
  symptom: 'The start fails although a worker was chosen and answers.',
  proof: 'The status of the worker’s answer to the start request.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'general',
  supersedes: ['worker-selection-missing'],
  variants: {},

  check(facts, { fix, clean }) {
    const call = facts.dispatches.at(-1)?.call ?? null;
    const told = explainedBy(facts.failure, MESSAGES);
    const rejected = call?.failure === 'bad-answer' ? call.error : null;
    const answered = rejected === null ? [] : [exception(rejected), attribute(rejected.span, 'httpUrl')];
    const [first, ...rest] = told === null ? answered : [reportedError(told.reportedError), ...answered];
    if (first === undefined) return clear;
    // An exception inside the worker says more than the status that it led to.
    const deeper = facts.errors.origins.some((origin) => origin.span !== call?.span && origin.type !== null);
    if (told === null && deeper) return clear;

    const status = told?.words['status'] ?? String(call?.httpStatus);
    const where = call === null ? (told?.words['worker'] ?? 'the worker') : `the worker at ${addressOf(call.endpoint)}`;
    const detail = clean(told?.words['detail'] ?? '');
    const isOtherVersion = status === '422';
    return match({
      confidence: 'certain',
      headline: sentence(
        `${capital(where)} refused to start this ${operationNoun(facts.type)}: HTTP ${status}${detail === '' ? '' : ` (${detail.slice(0, 120)})`}`,
      ),
      explanation: isOtherVersion
        ? 'The worker does not understand what the backend sent: they run images of different versions.'
        : 'The worker was reached and turned the request down; its log says why.',
      culprit: call?.span ?? told?.reportedError.span ?? null,
      evidence: [first, ...rest],
      fixes: [
        fix.workerLogs(facts.workers.location),
        fix.listWorkers(),
        advice(
          isOtherVersion
            ? 'Deploy backend and workers from the same version.'
            : 'Mend what the log names, then start again.',
        ),
        fix.restartWorker(facts.workers.location),
      ],
    });
  },
});

const MESSAGES = [
  ['rejected', /start failed on worker (?<worker>\S+) \((?<url>[^,]+), HTTP (?<status>\d+)\): ?(?<detail>.*)/i],
] as const;

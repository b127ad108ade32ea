import { attribute, exception, reportedError } from '../../evidence.ts';
import { addressOf } from '../../facts/endpoints.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { capital, sentence } from '../../words.ts';

/** The worker responded to the start request and rejected it. */
export const rule = defineRule({
  id: 'worker-rejected',
  title: 'Worker rejected the start',
  symptom: 'The start fails, although a worker was selected and responds.',
  proof: 'The status of the worker’s response to the start request.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'general',
  supersedes: ['worker-selection-missing'],
  variants: {},

  check(facts, { fix, clean, noun }) {
    if (!facts.failure.hasFailed) return clear;
    const call = facts.dispatches.at(-1)?.call ?? null;
    const explained = explainedBy(facts.failure, MESSAGES);
    // If the worker has a span below the call, it returned the status itself; otherwise, a proxy may have.
    const hasAnswered = call?.failure === 'bad-answer' || (call?.failure === 'bad-gateway' && call.answered);
    const error = hasAnswered ? (call?.error ?? null) : null;
    const response = error === null ? [] : [exception(error), attribute(error.span, 'httpUrl')];
    const [first, ...rest] = explained === null ? response : [reportedError(explained.reportedError), ...response];
    if (first === undefined) return clear;
    // An exception inside the worker says more than the status that it led to.
    const hasDeeperCause = facts.errors.origins.some((origin) => origin.span !== call?.span && origin.type !== null);
    if (explained === null && hasDeeperCause) return clear;

    const status = explained?.words['status'] ?? String(call?.httpStatus);
    const worker =
      call === null ? (explained?.words['worker'] ?? 'the worker') : `the worker at ${addressOf(call.endpoint)}`;
    const detail = clean(explained?.words['detail'] ?? '').slice(0, 120);
    const isOtherVersion = status === '422';
    return match({
      confidence: error === null ? (explained?.confidence ?? 'likely') : 'certain',
      headline: sentence(
        `${capital(worker)} rejected this ${noun}: HTTP ${status}${detail === '' ? '' : ` (${detail})`}`,
      ),
      explanation: isOtherVersion
        ? 'The worker doesn’t understand the backend’s request: their images have different versions.'
        : 'The worker received the request and rejected it. Its log says why.',
      culprit: call?.span ?? explained?.reportedError.span ?? null,
      evidence: [first, ...rest],
      fixes: [
        readAs(fix.workerLogs(facts.workers.location), 'The line about this request says why.'),
        isOtherVersion
          ? 'Deploy the backend and the workers from the same version.'
          : 'Fix the error in the log, then start again.',
      ],
    });
  },
});

const MESSAGES = [
  [
    'rejected',
    /^Training start failed on worker (?<worker>\S+) \((?<url>[^,]+), HTTP (?<status>\d+)\): (?<detail>.*)$/s,
  ],
] as const;

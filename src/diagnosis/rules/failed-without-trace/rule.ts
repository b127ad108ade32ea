import { absence, record, reportedError, shorten } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { sentence } from '../../words.ts';

/** Only the ktrdr API knows that it failed, and why. */
export const rule = defineRule({
  id: 'failed-without-trace',
  title: 'It failed, and no span says why',
  symptom: 'ktrdr shows the operation as failed; its traces are missing or look well.',
  proof: 'The record of the ktrdr API says failed; no span of the operation carries an error.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'fallback',
  supersedes: ['trace-not-found', 'backend-spans-only', 'worker-selection-missing'],
  variants: {},

  check(facts, { fix, clean, noun }) {
    if (facts.record?.status !== 'failed' || facts.status.value !== 'failed' || facts.failure.orphaned !== null)
      return clear;
    const error = facts.failure.decisive;
    if (error !== null && error.source !== 'record') return clear;
    const isUntraced = facts.own.length === 0;
    const wasSearched = (facts.case.search?.unanswered ?? []).length === 0;
    const untraced = wasSearched ? 'no trace of the operation was found' : 'its traces could not be searched';
    return match({
      confidence: error === null ? 'possible' : 'likely',
      headline:
        error === null
          ? `This ${noun} failed, and neither its record nor its traces say why.`
          : sentence(`This ${noun} failed: ${shorten(clean(error.text), 220)}`),
      explanation: `The ktrdr API ${error === null ? 'has no message' : 'gives this message'}; ${isUntraced ? untraced : 'none of its spans carries an error'}, so where in the code it happened cannot be told.`,
      culprit: null,
      evidence: [
        error === null ? record(`the ktrdr API says ${facts.record.status} without a message`) : reportedError(error),
        absence(
          isUntraced
            ? wasSearched
              ? 'no span of the operation'
              : untraced
            : `${facts.own.length} spans, none with an error`,
        ),
      ],
      fixes: [fix.showStatus(facts.operationId), fix.workerLogs(facts.workers.location), fix.backendLogs()],
    });
  },
});

import { absence, exception, record, reportedError, shorten } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { capital, sentence } from '../../words.ts';

/** Only the ktrdr API knows that it failed, and why. */
export const rule = defineRule({
  id: 'failed-without-trace',
  title: 'Failed without a traced error',
  symptom: 'ktrdr shows the operation as failed. Its traces are missing or show no error.',
  proof: 'The ktrdr API record says failed, and no span of the operation has an error.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'fallback',
  supersedes: ['trace-not-found', 'backend-spans-only', 'worker-selection-missing'],
  variants: {},

  check(facts, { fix, clean, noun }) {
    const { decisive: error, orphaned, survived } = facts.failure;
    if (facts.status.value !== 'failed' || !facts.status.isStated || orphaned !== null) return clear;
    if (error !== null && error.source !== 'record') return clear;
    const isUntraced = facts.own.length === 0;
    const inTraces = isUntraced
      ? 'no trace of the operation was found'
      : survived.length === 0
        ? 'none of its spans has an error'
        : 'its spans have only errors that may have been handled';
    const saidBy = facts.record?.status === 'failed' ? 'the ktrdr API' : 'its last state change';
    return match({
      confidence: error === null ? 'possible' : 'likely',
      headline:
        error === null
          ? `This ${noun} failed, and no source says why.`
          : sentence(`This ${noun} failed: ${shorten(clean(error.text), 220)}`),
      explanation: `${capital(saidBy)} ${error === null ? 'has no message' : 'gives this message'}; ${inTraces}, so the code location is unknown.`,
      culprit: null,
      evidence: [
        error === null ? record(`${saidBy} says failed without a message`) : reportedError(error),
        absence(
          isUntraced ? 'no span of the operation' : `${facts.own.length} spans, none with an error that ended it`,
        ),
        ...survived.slice(0, 3).map(exception),
      ],
      fixes: [fix.workerLogs(facts.workers.location), fix.backendLogs(), fix.showStatus(facts.operationId)],
    });
  },
});

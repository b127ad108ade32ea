import { plural } from '../../../language/plurals.ts';
import { gapBetween } from '../../culprit.ts';
import { absence, exception, record } from '../../evidence.ts';
import { locationOf } from '../../facts/workers.ts';
import { readAs } from '../../fixes/table.ts';
import { micros } from '../../trace.ts';
import { clock, duration, joined } from '../../words.ts';
import type { MatchOf } from './texts.ts';
import { healthOf, NOTICED_AFTER } from './unnoticed-texts.ts';

export const unresponsive: MatchOf<'unresponsive'> = ({ holder, since, checks }, facts, { fix, now, noun }) => {
  const { progress, workers, record: shown } = facts;
  const location = holder === null ? workers.location : locationOf(holder);
  const name = holder?.workerId ?? 'The worker';
  const poll = workers.unansweredPolls?.last.error ?? checks.at(-1)?.error ?? null;
  const count = Math.max(holder?.healthCheckFailures ?? 0, checks.length);
  const removedAt = holder?.lastHealthyAt == null ? null : micros(holder.lastHealthyAt + NOTICED_AFTER);
  return {
    confidence: 'likely',
    headline: `${name} is running this ${noun} but hasn’t responded${since === null ? '' : ` for ${duration(now - since)}`}: it’s hung, or too busy to respond.`,
    explanation: joined(
      ' ',
      `${count === 0 ? 'Requests to it' : `Its last ${plural(count, 'health check')}`} timed out. A dead process would refuse connections immediately, so this one still exists.`,
      progress?.step == null ? null : `Last progress: ${progress.step}.`,
      `The ${noun} may continue as soon as the process wakes up.`,
      removedAt &&
        (removedAt > now
          ? `If it hasn’t responded by about ${clock(removedAt)}, ktrdr will mark the ${noun} as failed.`
          : `ktrdr should have marked the ${noun} as failed at about ${clock(removedAt)}.`),
    ),
    gap: gapBetween(facts, progress?.lastSign ?? since, now),
    evidence: [
      holder === null ? absence('no response from the worker since its last progress') : healthOf(holder),
      poll && exception(poll),
      shown && record(`ktrdr API: still ${shown.status}`),
    ],
    fixes: [
      readAs(
        fix.containerLoad(location),
        'Near 0% CPU, the worker is hung: restart it, which ends this run. At 100% or more, it’s working: wait.',
      ),
      fix.workerHealth(location),
      fix.workerLogs(location),
      fix.restartWorker(location),
      `A resume is rejected (HTTP 409) while ktrdr shows the ${noun} as ${shown?.status ?? 'running'}.`,
    ],
  };
};

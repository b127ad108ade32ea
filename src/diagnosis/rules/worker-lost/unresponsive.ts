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
    headline: `${name} runs this ${noun} and has not answered${since === null ? '' : ` for ${duration(now - since)}`}: it hangs, or is too busy to answer.`,
    explanation: joined(
      ' ',
      `${count === 0 ? 'Requests to it' : `Its last ${plural(count, 'health check')}`} timed out. Those of a process that has died are refused at once, so this one exists.`,
      progress?.step == null ? null : `Last progress: ${progress.step}.`,
      `The ${noun} may go on as soon as the process wakes up.`,
      removedAt &&
        (removedAt > now
          ? `If it stays silent until about ${clock(removedAt)}, ktrdr marks the ${noun} as failed.`
          : `ktrdr should have marked the ${noun} as failed at about ${clock(removedAt)}.`),
    ),
    gap: gapBetween(facts, progress?.lastSign ?? since, now),
    evidence: [
      holder === null ? absence('no answer of the worker since its last progress') : healthOf(holder),
      poll && exception(poll),
      shown && record(`the ktrdr API still says ${shown.status}`),
    ],
    fixes: [
      readAs(
        fix.containerLoad(location),
        'Near 0% CPU, the worker hangs: restart it, which ends this run. Near 100% or more, it works: wait.',
      ),
      fix.workerHealth(location),
      fix.workerLogs(location),
      fix.restartWorker(location),
      `A resume is refused (409) as long as ktrdr shows the ${noun} as ${shown?.status ?? 'running'}.`,
    ],
  };
};

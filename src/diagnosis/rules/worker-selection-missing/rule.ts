import { gapBetween } from '../../culprit.ts';
import { absence, spanSeen } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { isRegistration } from '../../facts/operation-spans.ts';
import { isWorkersRequest } from '../../facts/start.ts';
import { readAs } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import type { Span } from '../../trace.ts';
import { clock, duration } from '../../words.ts';

/** The operation was registered, and the backend never selected a worker for it. */
export const rule = defineRule({
  id: 'worker-selection-missing',
  title: 'No worker selected',
  symptom: 'The operation exists and stays at 0%.',
  proof: 'The trace registers the operation, but no worker selection, dispatch, or worker span follows.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'general',
  variants: {
    'none-registered': 'The worker list from the ktrdr API is empty.',
    'not-reached': 'Workers may be registered, but the backend stopped before it selected one.',
  },

  check(facts, { fix, now, noun }) {
    if (facts.type !== 'training' && facts.type !== 'backtesting') return clear;
    const registration = registrationWithoutDispatch(facts);
    if (registration === null || now - registration.start < GRACE_PERIOD) return clear;

    const isNoneRegistered = facts.workers.all?.length === 0;
    return match({
      variant: isNoneRegistered ? 'none-registered' : 'not-reached',
      confidence: isNoneRegistered ? 'certain' : 'likely',
      headline: `The backend registered this ${noun} but never selected a worker for it${isNoneRegistered ? ': none is registered' : ''}.`,
      explanation: `${duration(now - registration.start)} after the registration, there is no worker selection, dispatch, or worker span. ${isNoneRegistered ? 'The worker list is empty.' : 'Either no worker is registered, or the backend stopped before it selected one. Check the worker list.'}`,
      gap: gapBetween(facts, null, now),
      evidence: [
        spanSeen(registration, `${registration.name} on ${registration.service} at ${clock(registration.start)}`),
        absence('no worker selection, dispatch, or worker span after it'),
      ],
      fixes: [
        readAs(
          fix.listWorkers(),
          'If the list is empty, start a worker. If not, the backend stopped before it selected one: read its log.',
        ),
        fix.backendLogs(),
        fix.startWorkers(facts.type, 'all'),
        `Then start the ${noun} again.`,
      ],
    });
  },
});

/** Exporters deliver every 5 s; a selection takes milliseconds. */
const GRACE_PERIOD = 30_000_000;

/**
 * The registration, unless anything follows it. A worker registers after its selection and dispatch, so that doesn't count. Nor
 * does a trace without them if the record or the worker list shows that a worker took it: spans may be missing.
 */
function registrationWithoutDispatch({ own, status, tree, ...facts }: Facts): Span | null {
  if (facts.workers.assignedId !== null || facts.workers.claimant !== null || hasProgress(facts)) return null;
  const isOpen = status.value === 'unknown' || status.value === 'pending' || status.value === 'running';
  const followed = [facts.selections, facts.dispatches, facts.phases, facts.transitions, facts.errors.origins];
  const registration = own.find(isRegistration);
  if (registration === undefined || !isOpen || followed.some(({ length }) => length > 0)) return null;
  return tree.ancestorsOf(registration).some(isWorkersRequest) ? null : registration;
}

/** Only a worker creates such spans. */
function hasProgress({ progress, record }: Pick<Facts, 'progress' | 'record'>): boolean {
  return (progress?.percentage ?? 0) > 0 || (progress?.stepsCompleted ?? 0) > 0 || (record?.epochs ?? []).length > 0;
}

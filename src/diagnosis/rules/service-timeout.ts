import { absence, complaint, exception } from '../evidence.ts';
import { addressOf } from '../facts/endpoints.ts';
import { explainedBy } from '../facts/failure.ts';
import type { Fix } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { duration, operationNoun, plural } from '../words.ts';

/** A needed service accepted the connection and did not answer, usually several times in a row. */
export const rule = defineRule({
  id: 'service-timeout',
  title: 'A needed service does not answer in time',
  symptom: 'The operation waits for minutes and then fails with a timeout.',
  proof: 'Request spans that ended in a read or connect timeout.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {
    'ib-host': 'The IB host service, most often because it waits for the IB Gateway.',
    'training-host': 'The training host service.',
    backend: 'The ktrdr backend itself.',
    other: 'Another service.',
  },
  supersedes: ['unhandled-exception', 'failed-without-trace', 'slow'],

  check(facts, { fix }) {
    if (facts.status.value === 'completed' || facts.status.value === 'cancelled') return clear;
    const timeouts = facts.calls.filter(
      (call) =>
        !call.observation &&
        call.trouble === 'timeout' &&
        call.endpoint.role !== 'worker' &&
        !facts.errors.handled.some((handled) => handled.span === call.span),
    );
    const told = explainedBy(facts.failure, [['ib-host', /Host service timeout/i]]);
    const last = timeouts.at(-1);
    if (last === undefined && told === null) return clear;

    const role = last?.endpoint.role ?? 'ib-host';
    const variant = role === 'ib-host' || role === 'training-host' || role === 'backend' ? role : 'other';
    const name =
      variant === 'ib-host'
        ? 'The IB host service'
        : variant === 'training-host'
          ? 'The training host service'
          : variant === 'backend'
            ? 'The backend'
            : `The service${last === undefined ? '' : ` at ${addressOf(last.endpoint)}`}`;
    const looks: readonly [Fix, ...Fix[]] =
      variant === 'ib-host'
        ? [
            fix.ibHostHealth(),
            fix.gatewayPort(4002),
            advice(
              'The health answer of the IB host says nothing about the IB Gateway behind it: check that the Gateway runs and is logged in.',
            ),
          ]
        : variant === 'backend'
          ? [fix.backendHealth(), fix.backendLogs()]
          : [advice('Check whether that service is overloaded or hangs; restart it if it does.'), fix.backendLogs()];
    const waited = timeouts.reduce((sum, call) => sum + call.span.duration, 0);
    return match({
      variant,
      confidence: last === undefined ? 'likely' : 'certain',
      headline: `${name}${last === undefined || variant === 'other' ? '' : ` at ${addressOf(last.endpoint)}`} did not answer${timeouts.length === 0 ? '' : `: ${plural(timeouts.length, 'request')} timed out after ${duration(waited)} in all`}.`,
      explanation: `The connection stood, but no answer came, so the ${operationNoun(facts.type)} ${facts.status.value === 'failed' ? 'failed' : 'is still waiting'}.${variant === 'ib-host' ? ' The IB host service hangs like this while it waits for an IB Gateway that does not answer.' : ''}`,
      culprit: last?.span ?? told?.complaint.span ?? null,
      evidence: [
        told === null ? absence('no message names the timeout') : complaint(told.complaint),
        ...timeouts.flatMap((call) => (call.error === null ? [] : [exception(call.error)])).slice(0, 4),
      ],
      fixes: looks,
    });
  },
});

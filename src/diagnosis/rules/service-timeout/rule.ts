import { plural } from '../../../language/plurals.ts';
import { exception, reportedError } from '../../evidence.ts';
import type { Call } from '../../facts/calls.ts';
import { addressOf, isOutside, serviceVariantOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { type FixTable, readAs } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleText } from '../../rule.ts';
import { duration } from '../../words.ts';

/** A required service did not respond in time, usually several times in a row. */
export const rule = defineRule({
  id: 'service-timeout',
  title: 'Service timeout',
  symptom: 'The operation waits for minutes and then fails with a timeout.',
  proof: 'Request spans that ended with a read or connect timeout.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'general',
  supersedes: ['slow', 'worker-lost/false-alarm'],
  variants: {
    'ib-host': 'The IB host service, usually because it’s waiting for the IB Gateway.',
    'training-host': 'The training host service.',
    backend: 'The ktrdr backend itself.',
    other: 'Another service.',
  },

  check(facts, { fix, noun }) {
    if (!facts.failure.hasFailed) return clear;
    const report = explainedBy(facts.failure, MESSAGES)?.reportedError ?? null;
    const timeouts = timeoutsOf(facts);
    const exceptions = timeouts.flatMap(({ error }) => (error === null ? [] : [exception(error)])).slice(0, 4);
    const [first, ...rest] = report === null ? exceptions : [reportedError(report), ...exceptions];
    if (first === undefined) return clear;

    const last = timeouts.at(-1) ?? null;
    const unnamed = facts.type === 'training' ? 'training-host' : 'ib-host';
    const variant = last === null ? unnamed : serviceVariantOf(last.endpoint.role);
    const address = last === null ? '' : ` at ${addressOf(last.endpoint)}`;
    const waited = timeouts.reduce((sum, { span }) => sum + span.duration, 0);
    const tries =
      last === null ? '' : `: ${plural(timeouts.length, 'request')} timed out after ${duration(waited)} in total`;
    const ibGateway =
      variant === 'ib-host' ? ' The IB host service hangs like this when the IB Gateway doesn’t respond.' : '';
    return match({
      variant,
      confidence: last === null ? 'likely' : 'certain',
      headline: `${NAMES[variant]}${address} didn’t respond${tries}.`,
      explanation: `${waitOf(last)}, so the ${noun} ${facts.status.value === 'failed' ? 'failed' : 'is still waiting'}.${ibGateway}`,
      culprit: last?.span ?? report?.span ?? null,
      evidence: [first, ...rest],
      fixes: fixesOf(variant, fix),
    });
  },
});

const MESSAGES = [['host', /^Host service timeout: /]] as const;

const NAMES = {
  'ib-host': 'The IB host service',
  'training-host': 'The training host service',
  backend: 'The backend',
  other: 'The service',
} as const;

type Variant = keyof typeof NAMES;

/** All attempts of the last request that timed out with no other cause below it and no later success. Workers have a separate rule. */
function timeoutsOf({ calls, failure: { causes } }: Facts): readonly Call[] {
  const timeouts = calls.filter(
    ({ failure, endpoint, observation }) =>
      failure === 'timeout' && endpoint.role !== 'worker' && !isOutside(endpoint) && !observation,
  );
  const decisive = timeouts.findLast(({ span }) => causes.has(span));
  return timeouts.filter(({ endpoint }) => endpoint.url === decisive?.endpoint.url);
}

/** What was waited for: the connection, the response, or, without a request, either. */
function waitOf(call: Call | null): string {
  if (call === null) return 'The service didn’t respond in time';
  return /^Connect/.test(call.error?.type ?? '')
    ? 'The connection timed out'
    : 'It accepted the connection but didn’t respond';
}

function fixesOf(variant: Variant, fix: FixTable): RuleText['fixes'] {
  switch (variant) {
    case 'ib-host':
      return [
        readAs(
          fix.gatewayPort(),
          '“refused”: start the IB Gateway and log in. “succeeded”: it may be logged out, so log in again.',
        ),
        fix.ibHostHealth(),
        'Log in to the IB Gateway, or start it. The health check of the IB host service doesn’t cover the Gateway.',
      ];
    case 'backend':
      return [fix.backendHealth(), fix.backendLogs()];
    default:
      return [fix.backendLogs(), 'Check whether that service is overloaded or hung. If it is, restart it.'];
  }
}

import { exception, reportedError, spanSeen } from '../../evidence.ts';
import type { Call } from '../../facts/calls.ts';
import { addressOf, isOwnHost, serviceVariantOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import type { FixTable } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleText } from '../../rule.ts';

/** A service that ktrdr needs, other than the worker that was to run the operation, accepts no connection. */
export const rule = defineRule({
  id: 'service-unreachable',
  title: 'A needed service does not accept connections',
  symptom: 'The operation fails at once with a connection error.',
  proof: 'A request span that ended in a connection error; its host and port name the service.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'general',
  supersedes: ['worker-lost/false-alarm'],
  variants: {
    'ib-host': 'The IB host service, which fetches market data.',
    'training-host': 'The training host service, which trains on the GPU of the host.',
    backend: 'The ktrdr backend itself.',
    other: 'Another service.',
  },

  check(facts, { fix, noun }) {
    if (!facts.failure.hasFailed) return clear;
    const call = failedConnectionOf(facts);
    const report = explainedBy(facts.failure, MESSAGES)?.reportedError ?? null;
    const connection =
      call?.error == null ? [] : [exception(call.error), spanSeen(call.span, `${call.method} ${call.endpoint.url}`)];
    const [first, ...rest] = report === null ? connection : [reportedError(report), ...connection];
    if (first === undefined) return clear;

    const variant = call === null ? 'ib-host' : serviceVariantOf(call.endpoint.role);
    const address = call === null ? '' : ` at ${addressOf(call.endpoint)}`;
    const isForUnknownWork = variant === 'other' || facts.type === null;
    const effect = isForUnknownWork
      ? ''
      : `, so the ${noun} ${facts.status.value === 'failed' ? 'failed' : 'cannot go on'}`;
    const reason =
      call?.failure === 'unresolvable'
        ? 'The host name cannot be resolved from there.'
        : 'The connection was refused or cut: the service is not running, or it listens somewhere else.';
    const callsItself = call !== null && variant === 'ib-host' && isOwnHost(call.endpoint);
    return match({
      variant,
      confidence: call === null ? 'likely' : 'certain',
      headline: `${NAMES[variant]} does not accept connections${address}${effect}.`,
      explanation: `${reason}${callsItself ? ' The caller used its own localhost: inside a container that is the container itself, not the host.' : ''}`,
      culprit: call?.span ?? report?.span ?? null,
      evidence: [first, ...rest],
      fixes: fixesOf(variant, callsItself, fix),
    });
  },
});

const MESSAGES = [['ib-host', /Host service connection failed|Cannot connect to (?:the )?IB host/i]] as const;

const NAMES = {
  'ib-host': 'The IB host service',
  'training-host': 'The training host service',
  backend: 'The ktrdr backend',
  other: 'A service',
} as const;

type Variant = keyof typeof NAMES;

function isFailedConnection({ failure, endpoint, observation }: Call): boolean {
  const isCut = failure === 'refused' || failure === 'unresolvable' || failure === 'disconnected';
  return isCut && endpoint.role !== 'worker' && !observation;
}

/** The failed connection that the operation failed with. */
function failedConnectionOf({ calls, failure: { causes } }: Facts): Call | null {
  return calls.find((call) => causes.has(call.span) && isFailedConnection(call)) ?? null;
}

function fixesOf(variant: Variant, callsItself: boolean, fix: FixTable): RuleText['fixes'] {
  switch (variant) {
    case 'ib-host':
      return [fix.ibHostHealth(), fix.startIbHost(), callsItself && fix.ibHostFromContainer()];
    case 'training-host':
      return [
        fix.startTrainingHost(),
        'Then start the training again; without the host service a CPU training worker serves as well.',
      ];
    case 'backend':
      return [fix.backendHealth(), fix.backendLogs(), fix.startBackend()];
    case 'other':
      return ['Check that the service named in the address runs and can be reached from the caller.'];
  }
}

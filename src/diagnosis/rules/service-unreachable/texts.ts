import { shorten } from '../../evidence.ts';
import type { Call } from '../../facts/calls.ts';
import { addressOf, isOwnHost } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { connectionFailureOf } from '../../vocabulary/messages.ts';
import { sentence } from '../../words.ts';
import type { ServiceVariant, UnreachableService } from './finder.ts';

type OwnService = Exclude<ServiceVariant, 'data-provider'>;

const NAMES: Readonly<Record<OwnService, string>> = {
  'ib-host': 'The IB host service',
  'training-host': 'The training host service',
  backend: 'The ktrdr backend',
  other: 'A service',
};

export function serviceText(
  variant: OwnService,
  call: Call | null,
  facts: Facts,
  { fix, noun }: RuleContext,
): RuleText {
  const address = call === null ? '' : ` at ${addressOf(call.endpoint)}`;
  const isForUnknownWork = variant === 'other' || facts.type === null;
  const effect = isForUnknownWork
    ? ''
    : `, so the ${noun} ${facts.status.value === 'failed' ? 'failed' : 'can’t continue'}`;
  const isUnresolvable =
    (call?.failure ?? connectionFailureOf(null, facts.failure.decisive?.text ?? '')) === 'unresolvable';
  const reason = isUnresolvable
    ? 'The caller can’t resolve the service’s host name.'
    : 'The connection was refused or reset: the service isn’t running, or it listens elsewhere.';
  const callsItself = call !== null && variant === 'ib-host' && isOwnHost(call.endpoint);
  return {
    headline: `${NAMES[variant]} ${isUnresolvable ? 'is unreachable' : 'isn’t accepting connections'}${address}${effect}.`,
    explanation: `${reason}${callsItself ? ' The caller used localhost, which inside a container means the container itself, not the host.' : ''}`,
    fixes: fixesOf(variant, callsItself, { fix, noun }),
  };
}

/** Providers of ktrdr, by the name in its messages, and by their host. */
const PROVIDERS = [
  { name: 'FRED', id: 'fred', host: 'api.stlouisfed.org', key: 'KTRDR_FRED_API_KEY' },
  { name: 'the CFTC', id: 'cftc_cot', host: 'www.cftc.gov', key: null },
] as const;

export function providerText(
  { call, provider, reason, httpStatus, lacksKey }: UnreachableService,
  { workers: { location } }: Facts,
  { fix, noun, clean }: RuleContext,
): RuleText {
  const isNamed = ({ id, host }: (typeof PROVIDERS)[number]) =>
    id === provider || host === call?.endpoint.host || reason.includes(host) || reason.startsWith(id.toUpperCase());
  const known = PROVIDERS.find(isNamed) ?? null;
  const host = call?.endpoint.host ?? known?.host ?? null;
  const name = known?.name ?? provider ?? host ?? 'a provider';
  const isKey = lacksKey || httpStatus === 400 || httpStatus === 401 || httpStatus === 403;
  const failure = call?.failure ?? connectionFailureOf(null, reason);
  const hasNoConnection = httpStatus === null && (failure !== null || reason === '');
  const problem = lacksKey
    ? 'but no API key is configured for it'
    : httpStatus !== null
      ? `which returned HTTP ${httpStatus}`
      : failure === 'unresolvable'
        ? 'whose host name the worker can’t resolve'
        : failure === 'timeout'
          ? 'which didn’t respond in time'
          : hasNoConnection
            ? 'which couldn’t be reached'
            : `which couldn’t be read: ${shorten(clean(reason), 140)}`;
  const where = host === null || host === name ? name : `${name} (${host})`;
  return {
    headline: sentence(`The ${noun} needs data from ${where}, ${problem}`),
    explanation: lacksKey
      ? 'The worker didn’t request the data, because the API key is missing from its environment.'
      : isKey
        ? 'The provider rejected the request: the API key is missing or wrong in that worker’s environment.'
        : hasNoConnection
          ? 'The provider is outside ktrdr. The worker can’t reach it through its network or DNS, or the provider is down. IB market data isn’t involved.'
          : 'The provider is outside ktrdr and is reachable, but it doesn’t have that data, is limiting requests, or is having problems. IB market data isn’t involved.',
    fixes: [
      !isKey && hasNoConnection && host !== null ? fix.reach(host, location) : fix.workerLogs(location),
      isKey
        ? `Set ${known?.key ?? 'the API key of that provider'} for the worker, restart it, and start the ${noun} again.`
        : hasNoConnection
          ? `Fix the network, DNS, or proxy of the worker’s container so that it can reach ${host ?? 'the provider'}.`
          : 'Compare the names and dates of the strategy’s context data with what that provider offers, or try again later.',
      hasNoConnection &&
        known?.key != null &&
        `The provider also requires an API key: check that ${known.key} is set for the worker.`,
    ],
  };
}

function fixesOf(
  variant: OwnService,
  callsItself: boolean,
  { fix, noun }: Pick<RuleContext, 'fix' | 'noun'>,
): RuleText['fixes'] {
  switch (variant) {
    case 'ib-host':
      return [
        readAs(fix.ibHostHealth(), 'If there is no response, start it. If there is, the caller uses another address.'),
        fix.startIbHost(),
        `Then start the ${noun} again.`,
        callsItself && fix.ibHostFromContainer(),
      ];
    case 'training-host':
      return [
        fix.trainingHostHealth(),
        fix.startTrainingHost(),
        'Then start the training run again. Without the host service, a CPU training worker also works.',
      ];
    case 'backend':
      return [fix.backendHealth(), fix.backendLogs(), fix.startBackend()];
    case 'other':
      return ['Check that the service at that address is running and reachable from the caller.'];
  }
}

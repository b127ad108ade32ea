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
    : `, so the ${noun} ${facts.status.value === 'failed' ? 'failed' : 'cannot go on'}`;
  const isUnresolvable =
    (call?.failure ?? connectionFailureOf(null, facts.failure.decisive?.text ?? '')) === 'unresolvable';
  const reason = isUnresolvable
    ? 'The host name cannot be resolved from there.'
    : 'The connection was refused or cut: the service is not running, or it listens somewhere else.';
  const callsItself = call !== null && variant === 'ib-host' && isOwnHost(call.endpoint);
  return {
    headline: `${NAMES[variant]} ${isUnresolvable ? 'cannot be reached' : 'does not accept connections'}${address}${effect}.`,
    explanation: `${reason}${callsItself ? ' The caller used its own localhost: inside a container that is the container itself, not the host.' : ''}`,
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
    ? 'has no API key configured'
    : httpStatus !== null
      ? `answered HTTP ${httpStatus}`
      : failure === 'unresolvable'
        ? 'cannot be resolved from there'
        : failure === 'timeout'
          ? 'did not answer in time'
          : hasNoConnection
            ? 'could not be reached'
            : `could not be read: ${shorten(clean(reason), 140)}`;
  const where = host === null || host === name ? name : `${name} (${host})`;
  return {
    headline: sentence(`The ${noun} needs data from ${where}, which ${problem}`),
    explanation: lacksKey
      ? 'The worker did not ask for it: the API key is missing in its environment.'
      : isKey
        ? 'The provider was asked and refused the request: the API key is missing or wrong in that worker’s environment.'
        : hasNoConnection
          ? 'The provider is outside of ktrdr: the worker’s network or its name resolution does not reach it, or the provider is down. Market data of IB has nothing to do with it.'
          : 'The provider is outside of ktrdr and was reached: it has nothing there, limits the requests, or has a problem of its own. Market data of IB has nothing to do with it.',
    fixes: [
      !isKey && hasNoConnection && host !== null ? fix.reach(host, location) : fix.workerLogs(location),
      isKey
        ? `Set ${known?.key ?? 'the API key of that provider'} for the worker, restart it, and start the ${noun} again.`
        : hasNoConnection
          ? `Correct the network, the name resolution, or the proxy of the worker’s container, so that it reaches ${host ?? 'the provider'}.`
          : 'Compare the names and dates of the strategy’s context data with what that provider offers, and try again later.',
      hasNoConnection &&
        known?.key != null &&
        `Once it is reached it needs a key: check that ${known.key} is set there.`,
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
        readAs(fix.ibHostHealth(), 'Without an answer, start it. With one, the caller uses another address.'),
        fix.startIbHost(),
        `Then start the ${noun} again.`,
        callsItself && fix.ibHostFromContainer(),
      ];
    case 'training-host':
      return [
        fix.trainingHostHealth(),
        fix.startTrainingHost(),
        'Then start the training again; without the host service a CPU training worker serves as well.',
      ];
    case 'backend':
      return [fix.backendHealth(), fix.backendLogs(), fix.startBackend()];
    case 'other':
      return ['Check that the service named in the address runs and can be reached from the caller.'];
  }
}

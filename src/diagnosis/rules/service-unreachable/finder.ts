/** Which failed request, or which message of the operation, names the service that it could not reach. */
import type { Call } from '../../facts/calls.ts';
import { isOutside, serviceVariantOf } from '../../facts/endpoints.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy, type Failure, type ReportedError } from '../../facts/reported-error.ts';

export type ServiceVariant = 'ib-host' | 'training-host' | 'backend' | 'data-provider' | 'other';

export interface UnreachableService {
  readonly variant: ServiceVariant;
  readonly call: Call | null;
  readonly reported: ReportedError | null;
  /** The data provider, as the message names it: `fred`. */
  readonly provider: string | null;
  /** Why its data did not arrive, in the words of the message. */
  readonly reason: string;
  /** The provider responded with this status, or its key is missing. */
  readonly httpStatus: number | null;
  readonly lacksKey: boolean;
}

const MESSAGES = [
  [
    'data-provider',
    /^Failed to fetch context data from '(?<provider>(?!ib')[^']+)': (?!No CFTC COT data found for )(?<reason>.*)\. Context data is required for this model — backtest cannot proceed without it\.$/s,
  ],
  ['data-provider', /^FRED API key not configured\. .+$/s],
  [
    'data-provider',
    /^(?:Client|Server) error '\d{3}[^']*' for url 'https:\/\/\S*\b(?:stlouisfed\.org|cftc\.gov)\/.+$/s,
  ],
  ['ib-host', /^Host service (?:connection failed|communication error): .*\b(?:GET|POST) \/data\/\S*: .+$/s],
  ['training-host', /^Host service (?:connection failed|communication error): .*\b(?:GET|POST) \/training\/\S*: .+$/s],
  // A response with an error status came over a working connection.
  ['host', /^Host service connection failed: (?!Host service error \(HTTP ).+$/s],
] as const;

export function unreachableServiceOf(facts: Facts): UnreachableService | null {
  const explained = explainedBy(facts.failure, MESSAGES);
  const named = explained?.variant ?? null;
  const call = failedConnectionOf(facts, named);
  if (explained === null && call === null) return null;
  const reported = explained?.reportedError ?? null;
  const reason = explained?.words['reason'] ?? reported?.text ?? '';
  return {
    variant: call === null ? variantOf(named, facts) : variantOfCall(call),
    call,
    reported,
    provider: explained?.words['provider'] ?? null,
    reason,
    httpStatus: call?.httpStatus ?? statusIn(reason),
    lacksKey: /^FRED API key not configured\. /.test(reason),
  };
}

function variantOf(named: (typeof MESSAGES)[number][0] | null, { type }: Facts): ServiceVariant {
  if (named !== 'host') return named ?? 'other';
  return type === 'data_load' ? 'ib-host' : type === 'training' ? 'training-host' : 'other';
}

function variantOfCall({ endpoint }: Call): ServiceVariant {
  return isOutside(endpoint) ? 'data-provider' : serviceVariantOf(endpoint.role);
}

function statusIn(text: string): number | null {
  const status = /(?:Client|Server) error '(\d{3})\b/.exec(text)?.[1];
  return status === undefined ? null : Number(status);
}

function isFailedConnection({ failure, endpoint, observation }: Call): boolean {
  const isCut = failure === 'refused' || failure === 'unresolvable' || failure === 'disconnected';
  // If the provider itself rejects the request or doesn't respond, its data is missing as well.
  return (isCut || (failure !== null && isOutside(endpoint))) && endpoint.role !== 'worker' && !observation;
}

/** The last failed connection that the operation's own message can refer to. */
function failedConnectionOf({ calls, failure }: Facts, named: (typeof MESSAGES)[number][0] | null): Call | null {
  const isNamed = (call: Call) => named === null || named === 'host' || variantOfCall(call) === named;
  const isDecisive = (call: Call) => failure.causes.has(call.span) || isQuotedStatus(call, failure);
  return calls.findLast((call) => isFailedConnection(call) && isDecisive(call) && isNamed(call)) ?? null;
}

/** httpx writes the status of a provider's response into its message. */
function isQuotedStatus({ httpStatus, endpoint }: Call, { decisive }: Failure): boolean {
  return httpStatus !== null && isOutside(endpoint) && decisive !== null && statusIn(decisive.text) === httpStatus;
}

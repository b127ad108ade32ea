import { plural } from '../../../language/plurals.ts';
import { attribute, count, exception, reportedError } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf, type RuleContext, type RuleResult, type RuleText } from '../../rule.ts';
import { gatewayConnectionsOf, usesGateway } from './finder.ts';
import { IB_MESSAGES } from './messages.ts';

/** The IB host service runs, but the IB Gateway behind it does not respond, or responds with one of its error codes. */
export const rule = defineRule({
  id: 'ib-gateway',
  title: 'IB Gateway error or outage',
  symptom: 'A download times out, fails with an IB error, or reports that a well-known symbol doesn’t exist.',
  proof:
    'Failed connection spans of the IB host service around the same time (in separate traces), or an IB error code in a message.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['worker-lost/false-alarm'],
  variants: {
    unreachable: 'Nothing accepts connections on the Gateway’s port.',
    pacing: 'Too many historical data requests: IB limits their number.',
    'no-data': 'IB has no data for the request.',
    'unknown-contract': 'IB doesn’t recognize the symbol as requested.',
    'client-id-in-use': 'Another program uses the same client ID.',
    'no-permission': 'The account doesn’t have the market data subscription.',
    'connection-lost': 'The Gateway lost its connection to IB, or the host service lost the Gateway.',
  },

  check(facts, context) {
    if (!facts.failure.hasFailed || !usesGateway(facts)) return clear;
    const failed = failedConnections(facts, context);
    if (failed !== null) return failed;
    const explained = explainedBy(facts.failure, IB_MESSAGES);
    return explained === null ? clear : match({ ...proofOf(explained), ...IB_TEXTS[explained.variant](context) });
  },
});

/** The IB host connects to the Gateway in separate traces, while the operation runs. */
function failedConnections(facts: Facts, { fix }: RuleContext): RuleResult | null {
  const { failed, hasRecovered } = gatewayConnectionsOf(facts);
  const first = failed[0];
  if (first === undefined || hasRecovered) return null;
  const error = facts.failure.decisive;
  return match({
    variant: 'unreachable',
    confidence: 'certain',
    headline: `The IB Gateway isn’t accepting connections at ${first.address}: ${plural(failed.length, 'attempt')} failed during this operation.`,
    explanation:
      'The IB host service is running, but the Gateway behind it is stopped, logged out, or listening on another port. The timeout or unknown-symbol error that the operation reports is only a consequence.',
    culprit: first.span,
    evidence: [
      exception(first.error),
      attribute(first.span, 'ibPort'),
      error !== null && error.text !== first.error.message && reportedError(error),
      count(`${plural(failed.length, 'failed connection')} to the Gateway around that time, none successful`),
    ],
    fixes: [
      fix.gatewayPort(first.port),
      `Start the IB Gateway and log in. Check that its API port is ${first.port} and that API connections are allowed.`,
      'Start the download again when the Gateway accepts connections.',
    ],
  });
}

const IB_TEXTS: Readonly<Record<(typeof IB_MESSAGES)[number][0], (context: RuleContext) => RuleText>> = {
  unreachable: reportedByIb(
    'The IB host service couldn’t connect to the IB Gateway.',
    'Start the IB Gateway, log in, and check its API port.',
    true,
  ),
  pacing: reportedByIb(
    'IB rejected the request because there were too many (pacing).',
    'Wait 60 seconds, then load a shorter range or one symbol at a time.',
  ),
  'no-data': reportedByIb(
    'IB has no data for this symbol and range.',
    'Request another range or timeframe. For forex and futures, check the trading hours and the contract’s first date.',
  ),
  'unknown-contract': reportedByIb(
    'IB doesn’t recognize this contract.',
    'Check the symbol and its instrument type in IB’s contract search.',
  ),
  'client-id-in-use': reportedByIb(
    'Another program is connected to the IB Gateway with the same client ID.',
    'Stop the other program, or restart the IB host service, which then uses another client ID.',
  ),
  'no-permission': reportedByIb(
    'The IB account has no permission for this market data.',
    'Subscribe to the market data in IB’s account management, or close the other session that holds it.',
  ),
  'connection-lost': reportedByIb(
    'The connection to IB was lost.',
    'Check that the IB Gateway is logged in and online, then start the download again.',
    true,
  ),
};

function reportedByIb(headline: string, advice: string, isGatewayGone = false) {
  return ({ fix }: RuleContext): RuleText => ({
    headline,
    explanation: 'The error comes from IB, its Gateway, or the connection between them and the IB host service.',
    fixes: [isGatewayGone && fix.gatewayPort(), advice],
  });
}

import { plural } from '../../../language/plurals.ts';
import { attribute, count, exception, reportedError } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf, type RuleContext, type RuleResult, type RuleText } from '../../rule.ts';
import { gatewayConnectionsOf, usesGateway } from './finder.ts';
import { IB_MESSAGES } from './messages.ts';

/** The IB host service runs, but the IB Gateway behind it does not answer, or answers with one of its error codes. */
export const rule = defineRule({
  id: 'ib-gateway',
  title: 'The IB Gateway refused or did not answer',
  symptom: 'A download times out, fails with an IB error, or says that a well-known symbol does not exist.',
  proof:
    'Failed connection spans of the IB host service in the same minutes (they are traces of their own), or an IB error code in a message.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['worker-lost/false-alarm'],
  variants: {
    unreachable: 'Nothing accepts connections on the Gateway’s port.',
    pacing: 'IB limits the number of historical data requests; too many were made.',
    'no-data': 'IB has no data for what was asked.',
    'unknown-contract': 'IB does not know the symbol in the way it was asked for.',
    'client-id-in-use': 'Another program uses the same client id.',
    'no-permission': 'The account lacks the market data subscription.',
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
    headline: `The IB Gateway does not accept connections at ${first.address}: ${plural(failed.length, 'attempt')} failed while this was running.`,
    explanation:
      'The IB host service runs, but the Gateway behind it is stopped, logged out, or listens on another port. What the operation reports, a timeout or a symbol that is not found, only follows from that.',
    culprit: first.span,
    evidence: [
      exception(first.error),
      attribute(first.span, 'ibPort'),
      error !== null && error.text !== first.error.message && reportedError(error),
      count(`${plural(failed.length, 'failed connection')} to the Gateway in these minutes, none that went well`),
    ],
    fixes: [
      fix.gatewayPort(first.port),
      `Start the IB Gateway and log in; check that its API port is ${first.port} and that API connections are allowed.`,
      'Then start the download again.',
    ],
  });
}

const IB_TEXTS: Readonly<Record<(typeof IB_MESSAGES)[number][0], (context: RuleContext) => RuleText>> = {
  unreachable: reportedByIb(
    'The IB host service could not connect to the IB Gateway.',
    'Start the IB Gateway, log in, and check its API port.',
    true,
  ),
  pacing: reportedByIb(
    'IB refused the request because too many were made (pacing).',
    'Wait 60 seconds, then load a shorter range or one symbol at a time.',
  ),
  'no-data': reportedByIb(
    'IB has no data for this symbol and range.',
    'Ask for another range or timeframe; for forex and futures check the trading hours and the contract’s first date.',
  ),
  'unknown-contract': reportedByIb(
    'IB does not know this contract.',
    'Check the symbol and its instrument type in IB’s contract search.',
  ),
  'client-id-in-use': reportedByIb(
    'Another program is connected to the IB Gateway with the same client id.',
    'Stop the other program or restart the IB host service, which then takes another client id.',
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
    explanation: 'The reason comes from IB, its Gateway, or the connection between the IB host service and them.',
    fixes: [isGatewayGone && fix.gatewayPort(), advice],
  });
}

import { plural } from '../../../language/plurals.ts';
import { attribute, count, exception, reportedError } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../../rule.ts';
import { asksIb, gatewayConnectionsOf } from './finder.ts';
import { IB_TEXTS } from './texts.ts';

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
    if (facts.status.value === 'completed' || facts.status.value === 'cancelled' || !asksIb(facts)) return clear;
    return noConnection(facts, context) ?? saidByIb(facts) ?? clear;
  },
});

/** The IB host reaches the Gateway over connections of its own, which fail beside the operation. */
function noConnection(facts: Facts, { fix }: RuleContext): RuleResult | null {
  const { failed, lastWentWell } = gatewayConnectionsOf(facts);
  const first = failed[0];
  if (first === undefined || lastWentWell) return null;
  const said = facts.failure.decisive;
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
      ...(said === null || said.text === first.error.message ? [] : [reportedError(said)]),
      count(`${plural(failed.length, 'failed connection')} to the Gateway in these minutes, none that went well`),
    ],
    fixes: [
      fix.gatewayPort(first.port),
      advice(
        'Start the IB Gateway and log in; check that its API port is the one above and that API connections are allowed.',
      ),
      advice('Then start the download again.'),
    ],
  });
}

function saidByIb(facts: Facts): RuleResult | null {
  const told = explainedBy(facts.failure, MESSAGES);
  if (told === null) return null;
  return match({
    variant: told.variant,
    confidence: told.reportedError.source === 'record' ? 'likely' : 'certain',
    ...IB_TEXTS[told.variant],
    culprit: told.reportedError.span,
    evidence: [reportedError(told.reportedError)],
  });
}

const CODE = (codes: string) => `(?:error|code|errorCode)\\W{0,12}(?:${codes})\\b`;
const MESSAGES = [
  ['pacing', new RegExp(`pacing violation|max rate of messages|rate ?limit|${CODE('100|420')}`, 'i')],
  ['client-id-in-use', new RegExp(`client id is already in use|${CODE('326')}`, 'i')],
  ['no-permission', new RegExp(`market data permissions?|not subscribed|${CODE('354|10197')}`, 'i')],
  ['unknown-contract', new RegExp(`no security definition|${CODE('200')}`, 'i')],
  ['no-data', new RegExp(`HMDS query returned no data|historical market data service error|${CODE('162|165')}`, 'i')],
  [
    'unreachable',
    /Failed to create connection after \d+ attempts|Failed to establish IB connection|Timeout while creating connection|Couldn't connect to TWS/i,
  ],
  [
    'connection-lost',
    new RegExp(
      `connectivity between IB and|Connection not connected to IB|Connection pool exhausted|Request timeout for connection|${CODE('502|504|1100')}`,
      'i',
    ),
  ],
] as const;

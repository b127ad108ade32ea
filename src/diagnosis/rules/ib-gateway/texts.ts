import { advice } from '../../fixes/table.ts';
import type { RuleText } from '../text.ts';

type Variant =
  | 'unreachable'
  | 'pacing'
  | 'no-data'
  | 'unknown-contract'
  | 'client-id-in-use'
  | 'no-permission'
  | 'connection-lost';

export const IB_TEXTS: Readonly<Record<Variant, RuleText>> = {
  unreachable: because(
    'The IB host service could not connect to the IB Gateway.',
    'Start the IB Gateway, log in, and check its API port.',
  ),
  pacing: because(
    'IB refused the request because too many were made (pacing).',
    'Wait 60 seconds, then load a shorter range or one symbol at a time.',
  ),
  'no-data': because(
    'IB has no data for this symbol and range.',
    'Ask for another range or timeframe; for forex and futures check the trading hours and the contract’s first date.',
  ),
  'unknown-contract': because(
    'IB does not know this contract.',
    'Check the symbol and its instrument type in IB’s contract search.',
  ),
  'client-id-in-use': because(
    'Another program is connected to the IB Gateway with the same client id.',
    'Stop the other program or restart the IB host service, which then takes another client id.',
  ),
  'no-permission': because(
    'The IB account has no permission for this market data.',
    'Subscribe to the market data in IB’s account management, or close the other session that holds it.',
  ),
  'connection-lost': because(
    'The connection to IB was lost.',
    'Check that the IB Gateway is logged in and online, then start the download again.',
  ),
};

function because(headline: string, what: string): RuleText {
  return {
    headline,
    explanation: 'IB or its Gateway gives this reason itself; nothing in ktrdr has to be repaired for it.',
    fixes: [advice(what)],
  };
}

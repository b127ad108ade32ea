/** The errors of IB's API by number and words, and those of the IB host's connections to the Gateway. */
import { IB_GATEWAY_PORTS } from '../../facts/endpoints.ts';

/** How IB's API and the IB host write an error: `Error 162, reqId 5: …`. */
const ib = (codes: string, words = '.*') =>
  new RegExp(String.raw`^(?:IB )?Error(?: code)?:? (?:${codes})(?:, reqId -?\d+)?:? ${words}$`, 'i');

/** If HTTP has the same number, IB's words must be there too. */
export const IB_MESSAGES = [
  ['pacing', ib('420|162', String.raw`.*pacing violation.*`)],
  ['pacing', ib('100', 'Max rate of messages per second has been exceeded.*')],
  [
    'pacing',
    /^(?:Historical Market Data Service error message: ?.*pacing violation.*|Max rate of messages per second has been exceeded.*)$/i,
  ],
  ['client-id-in-use', ib('326')],
  ['client-id-in-use', /^(?:Unable to connect as the )?client id is already in use\.?$/i],
  ['no-permission', ib('354|10090|10197')],
  [
    'no-permission',
    /^(?:(?:Part of )?requested market data is not subscribed\.?.*|No market data permissions(?: for .+)?)$/i,
  ],
  ['unknown-contract', ib('200', 'No security definition has been found for the request.*')],
  ['unknown-contract', /^No security definition has been found for the request\.?$/i],
  // Another login took over the session, or the permission is missing.
  ['no-permission', ib('162', '.*(?:No market data permissions|connected from a different IP address).*')],
  ['no-data', ib('162|165', '(?!.*query cancelled).*')],
  [
    'no-data',
    /^(?:HMDS query returned no data(?::.*)?|No data returned for \S+ \S+|Historical market data service (?:error message|query message): ?.*returned no data.*)$/i,
  ],
  ['unreachable', ib('502', "Couldn't connect to TWS.*")],
  [
    'unreachable',
    /^(?:Failed to create connection after \d+ attempts|Failed to establish IB connection(?: \d+)?|Timeout while (?:creating|acquiring) connection|Couldn't connect to TWS\..*)$/i,
  ],
  [
    'unreachable',
    new RegExp(
      String.raw`^(?:Multiple exceptions: )?\[Errno \d+\] Connect call failed \('[^']+', (?:${IB_GATEWAY_PORTS.join('|')})\b.*$`,
    ),
  ],
  ['connection-lost', ib('1100|1300|2103|2105|2110|2157')],
  ['connection-lost', ib('504', 'Not connected.*')],
  [
    'connection-lost',
    /^(?:Connectivity between IB(?:KR)? and (?:the )?(?:TWS|Trader Workstation) has been lost\.?.*|(?:Market|HMDS|Sec-def) data farm connection is (?:broken|disconnected):? ?\S*|Connection not connected to IB|Connection thread not alive|Connection pool exhausted: .+|IB connection \d+ is not healthy|Request (?:timeout|queue full) for connection \d+)$/i,
  ],
] as const;

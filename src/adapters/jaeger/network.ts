/** Why no answer came, as a phrase that a person can act on. */
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'the network is unreachable',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  EPROTO: 'it does not speak TLS: try http instead of https',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: try http instead of https',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: try http instead of https',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
};
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_/;

/** Null for an error that is not the network's: a bug. Node wraps one error for each address of a name. */
export function networkReason(error: unknown): string | null {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(inner instanceof Error)) return null;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  if (code in NETWORK) return NETWORK[code] ?? null;
  if (UNTRUSTED.test(code)) return 'its certificate is not trusted: set JAEGER_CA_FILE to the authority that signed it';
  if (code.startsWith('HPE_')) return 'it does not speak HTTP: try https instead of http, and check the port';
  return code.startsWith('ERR_SSL') || /^E[A-Z]+$/.test(code) ? inner.message : null;
}

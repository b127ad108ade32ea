/** Why no response came, and what to do about it. */
import { errors } from 'undici';
import type { Service } from './client.ts';

export interface Trouble {
  /** Completes "Jaeger is unreachable at {host}: …". */
  readonly reason: string;
  readonly advice?: string;
}

type Advice = (service: Service) => string;

const CHECK_HOST: Advice = ({ urlVariable }) => `Check the host name in ${urlVariable}.`;
const START_IT: Advice = ({ name, urlVariable }) =>
  `Nothing is listening there. Start ${name}, or check ${urlVariable}.`;
const CHECK_PORT: Advice = ({ urlVariable }) => `Check the port in ${urlVariable}.`;
const USE_HTTP: Advice = ({ urlVariable }) => `Use http instead of https in ${urlVariable}.`;
const USE_HTTPS: Advice = ({ urlVariable }) => `Use https instead of http in ${urlVariable}, or check the port.`;
const CHECK_HEADERS: Advice = ({ headersVariable }) => `Check ${headersVariable}.`;

const KNOWN: Readonly<Record<string, readonly [reason: string, advice?: Advice]>> = {
  ECONNREFUSED: ['connection refused', START_IT],
  ENOTFOUND: ['the host name is unknown', CHECK_HOST],
  EAI_AGAIN: ['the host name couldn’t be looked up', CHECK_HOST],
  EHOSTUNREACH: ['no route to the host'],
  ENETUNREACH: ['the network is unreachable'],
  ECONNRESET: ['the connection was reset'],
  EPIPE: ['the connection was closed'],
  ETIMEDOUT: ['the connection timed out'],
  UND_ERR_CONNECT_TIMEOUT: ['the connection timed out'],
  UND_ERR_SOCKET: ['the connection was closed before the response was complete'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['the response doesn’t have the length it announced'],
  UND_ERR_HEADERS_OVERFLOW: ['its response headers are too large'],
  UND_ERR_INVALID_ARG: ['the request headers are invalid', CHECK_HEADERS],
  UND_ERR_NOT_SUPPORTED: ['one of the request headers isn’t supported', CHECK_HEADERS],
  EPROTO: ['it doesn’t speak TLS', USE_HTTP],
  ERR_SSL_WRONG_VERSION_NUMBER: ['it doesn’t speak TLS', USE_HTTP],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['it doesn’t speak TLS', USE_HTTP],
  CERT_HAS_EXPIRED: ['its certificate has expired'],
  CERT_NOT_YET_VALID: ['its certificate isn’t valid yet'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['its certificate is for another host name', CHECK_HOST],
};

const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_/;
const CLIENT_CERTIFICATE = /ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE)/;

export interface Connection {
  readonly isTls: boolean;
  /** Whether a private certificate authority is configured. */
  readonly hasCa: boolean;
}

/** Explains an error thrown by undici. For a host name with several addresses, Node wraps one error per address. */
export function networkTrouble(error: unknown, service: Service, { isTls, hasCa }: Connection): Trouble {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  if (inner instanceof errors.SocketError && inner.socket?.bytesRead === 0) return silentlyClosed(service, isTls);
  const [reason, advice] = KNOWN[code] ?? [];
  if (reason !== undefined) return advice === undefined ? { reason } : { reason, advice: advice(service) };
  if (UNTRUSTED.test(code)) return untrusted(service, hasCa);
  if (CLIENT_CERTIFICATE.test(code))
    return { reason: 'it requires a client certificate, which ktrdr-bot doesn’t support' };
  // The parser's own errors carry no code.
  if (inner instanceof Error && inner.name === 'HTTPParserError')
    return { reason: 'it doesn’t speak HTTP/1.1', advice: isTls ? CHECK_PORT(service) : USE_HTTPS(service) };
  return { reason: inner instanceof Error ? inner.message.replace(/(?<![\s.?!])[\s.?!]+$/, '') : 'an unknown error' };
}

function silentlyClosed({ urlVariable }: Service, isTls: boolean): Trouble {
  const reason = 'it closed the connection without a response';
  return isTls ? { reason } : { reason, advice: `If it expects TLS, use https in ${urlVariable}.` };
}

function untrusted({ caFileVariable }: Service, hasCa: boolean): Trouble {
  if (hasCa) return { reason: `its certificate isn’t signed by the authority in ${caFileVariable}` };
  return {
    reason: 'its certificate isn’t trusted',
    advice: `Set ${caFileVariable} to the PEM file of the authority that signed it.`,
  };
}

/** Which of ktrdr's services listens at an address, by path, port, and host name. */

export type Role = 'ib-host' | 'training-host' | 'backend' | 'worker' | 'ib-gateway' | 'database' | 'other';

export interface Endpoint {
  readonly url: string;
  readonly host: string;
  readonly port: number | null;
  readonly path: string;
  readonly role: Role;
}

/** The default port of IB Gateway for a paper account. */
export const IB_GATEWAY_PORT = 4002;
/** Ports of the Gateway and of TWS, each for live and paper accounts. */
export const IB_GATEWAY_PORTS = [4001, IB_GATEWAY_PORT, 7496, 7497] as const;

const WORKER_PATH = /\/(?:training|trainings|backtests?|designs|assessments)\/(?:start|resume)$/;
/** Only the IB host has these, on whatever port it listens; the backend's routes of the same name are below `/api/`. */
const IB_HOST_PATH = /^\/data\/(?:validate|historical|head-timestamp|symbol-info)(?:\/|$)/;
const ROLE_OF_PORT: Readonly<Record<number, Role>> = {
  5001: 'ib-host',
  5002: 'training-host',
  8000: 'backend',
  5432: 'database',
  ...Object.fromEntries(IB_GATEWAY_PORTS.map((port) => [port, 'ib-gateway'])),
};

/** Reads `http://host:port/path`; null for text that isn't a URL. */
export function endpointOf(url: string): Endpoint | null {
  const parts = /^https?:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d{1,5}))?([^?#]*)/i.exec(url);
  if (parts?.[1] === undefined) return null;
  const host = parts[1];
  const port = parts[2] === undefined ? null : Number(parts[2]);
  const path = parts[3] ?? '';
  return { url, host, port, path, role: roleOf(host, port, path) };
}

/** `host:port`, or only the host when no port is written. */
export function addressOf(endpoint: Endpoint): string {
  return endpoint.port === null ? endpoint.host : `${endpoint.host}:${endpoint.port}`;
}

/** A process that calls its own machine: inside a container that is the container itself. */
export function isOwnHost(endpoint: Endpoint): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(endpoint.host);
}

/** A host of the Internet: a name with a public domain, as opposed to names and addresses on a private network. */
export function isOutside({ host, role }: Endpoint): boolean {
  return (
    role === 'other' &&
    /\.[a-z]{2,}$/i.test(host) &&
    !/\.(?:local|internal|lan|home|svc|cluster|corp|test|example)$/i.test(host)
  );
}

/** A start request to a worker's own port, as opposed to the backend's `/api/v1/…/start`. */
export function isWorkerStart(endpoint: Endpoint): boolean {
  return WORKER_PATH.test(endpoint.path) && !endpoint.path.startsWith('/api/');
}

function roleOf(host: string, port: number | null, path: string): Role {
  if (IB_HOST_PATH.test(path)) return 'ib-host';
  const byPort = port === null ? undefined : ROLE_OF_PORT[port];
  if (byPort === 'ib-host' || byPort === 'training-host') return byPort;
  if (/ib-host/i.test(host)) return 'ib-host';
  if (/training-host/i.test(host)) return 'training-host';
  if (/worker|agent-\d/i.test(host)) return 'worker';
  if (WORKER_PATH.test(path) && !path.startsWith('/api/')) return 'worker';
  if (byPort !== undefined) return byPort;
  if (/\bbackend\b/i.test(host) || path.startsWith('/api/v1/')) return 'backend';
  return 'other';
}

/** The service that a finding names for the role; all other roles are `other`. */
export function serviceVariantOf(role: Role): 'ib-host' | 'training-host' | 'backend' | 'other' {
  return role === 'ib-host' || role === 'training-host' || role === 'backend' ? role : 'other';
}

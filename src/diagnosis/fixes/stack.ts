/** The containers of one running ktrdr, and the address that people use for its API. */
import type { Clean } from '../clean.ts';
import { type Endpoint, endpointOf, isOwnHost } from '../facts/endpoints.ts';
import { AGENTS, BACKEND, DATABASE, type Deployment, LAYOUTS, SANDBOX_SERVICES } from './deployment.ts';
import { literal, type ShellWord, wordOf } from './shell.ts';

export interface DeploymentOptions {
  readonly deployment: Deployment;
  /** The Compose project of the containers; null or absent for the deployment's usual one. */
  readonly project?: string | null;
  /** Base URL of the ktrdr backend, preferably as a person would call it; null for the usual one. */
  readonly apiUrl: string | null;
}

export interface Container {
  readonly service: ShellWord;
  /** Null if the project is unknown. */
  readonly name: ShellWord | null;
  /** Reached by ssh; null for this machine. */
  readonly host: ShellWord | null;
  /** What to know before changing it. */
  readonly note: string | null;
  /** What creates it where it never existed, without touching the others or needing secrets; null where nothing does. */
  readonly creation: string | null;
}

export interface Stack {
  readonly deployment: Deployment;
  /** The Compose project; null if it is unknown, and in the homelab. */
  readonly project: ShellWord | null;
  /** Base URL without a trailing slash; null if only the sandbox's machine knows it. */
  readonly api: string | null;
  readonly backend: Container;
  readonly database: Container;
  /** The container that listens at an address; null when that doesn't name exactly one. */
  readonly at: (endpoint: Endpoint) => Container | null;
  /** In the order to start them; empty where the deployment has none of that type, or may have one of two layouts. */
  readonly ofType: (workerType: string) => readonly Container[];
}

export function stackOf(options: DeploymentOptions, clean: Clean): Stack {
  const { deployment } = options;
  const layout = LAYOUTS[deployment];
  return layout.kind === 'hosts' ? stackOnHosts(options, layout) : composeStack(options, layout, clean);
}

type Layout<Kind> = Extract<(typeof LAYOUTS)[Deployment], { readonly kind: Kind }>;

/** Docker takes the first 12 digits of a container's id for its host name. */
const CONTAINER_ID = /^[0-9a-f]{12}$/;
const SLOT_PORT = /^80(0[1-9]|10)$/;

function composeStack(
  { deployment, project: given, apiUrl }: DeploymentOptions,
  layout: Layout<'compose'>,
  clean: Clean,
): Stack {
  const { workers, ports } = layout;
  const project = given ?? projectIn(deployment, apiUrl) ?? layout.project;
  const isLocal = deployment === 'local';
  const containerOf = (service: ShellWord): Container => ({
    service,
    name: project === null ? null : wordOf(`${project}-${service}-1`, clean),
    host: null,
    note: null,
    creation: isLocal ? `docker compose up -d --no-deps --no-recreate ${service}` : null,
  });
  const services = [...(workers === null ? SANDBOX_SERVICES : Object.values(workers).flat()), BACKEND];
  return {
    deployment,
    project: project === null ? null : wordOf(project, clean),
    api: publicAddress(apiUrl) ?? usualAddress(deployment, project),
    backend: containerOf(BACKEND),
    database: containerOf(DATABASE),
    at(endpoint) {
      const { host, port } = endpoint;
      const id = CONTAINER_ID.test(host) ? wordOf(host, clean) : null;
      if (id !== null) return { service: id, name: id, host: null, note: null, creation: null };
      const service =
        services.find((name) => host === name || (project !== null && host === `${project}-${name}-1`)) ??
        (isOwnHost(endpoint) ? ports[port ?? 0] : undefined);
      return service === undefined ? null : containerOf(service);
    },
    ofType: (type) => listOf(workers ?? AGENTS, type).map(containerOf),
  };
}

function stackOnHosts({ deployment, apiUrl }: DeploymentOptions, { core, machines }: Layout<'hosts'>): Stack {
  const onCore = (service: ShellWord): Container => ({
    service,
    name: service,
    host: core,
    note: null,
    creation: null,
  });
  const isLocal = apiUrl !== null && isLoopback(apiUrl);
  const all = machines.flatMap(({ host, target, containers, note }) =>
    Object.entries(containers).map(([port, name]) => {
      const creation = Object.values(STARTED_PORTS).flat().includes(Number(port))
        ? `uv run kinfra deploy workers ${target}`
        : null;
      return { port: Number(port), service: name, name, host, note, creation };
    }),
  );
  return {
    deployment,
    project: null,
    api: (isLocal ? null : publicAddress(apiUrl)) ?? `http://${core}:8000`,
    backend: onCore(literal('ktrdr-backend')),
    database: onCore(literal('ktrdr-db')),
    at: ({ host, port }) =>
      host === core && port === 8000
        ? onCore(literal('ktrdr-backend'))
        : (all.find((one) => one.port === port && (host === one.host || host === one.host.split('.')[0])) ?? null),
    ofType: (type) => all.filter(({ port }) => listOf(STARTED_PORTS, type).includes(port)),
  };
}

/** The homelab's workers by type; the others need a profile that no deployment starts automatically. */
const STARTED_PORTS: Readonly<Record<string, readonly number[]>> = { training: [5005], backtesting: [5003] };

/** A worker's type is text from a span, which may be `constructor`. */
function listOf<Item>(lists: Readonly<Record<string, readonly Item[]>>, type: string): readonly Item[] {
  return Object.hasOwn(lists, type) ? (lists[type] ?? []) : [];
}

function projectIn(deployment: Deployment, apiUrl: string | null): string | null {
  const api = apiUrl === null ? null : endpointOf(apiUrl);
  if (api === null) return null;
  const byName = /^(.+)-backend-1$/.exec(api.host)?.[1];
  const slot = deployment === 'sandbox' && !/backend/.test(api.host) ? SLOT_PORT.exec(String(api.port)) : null;
  return byName ?? (slot === null ? null : `slot-${Number(slot[1])}`);
}

/** Null for a name that only containers on the same network can resolve. */
function publicAddress(apiUrl: string | null): string | null {
  const host = apiUrl === null ? null : (endpointOf(apiUrl)?.host ?? null);
  if (apiUrl === null || host === 'host.docker.internal' || (host !== null && /^[\w-]*backend[\w-]*$/.test(host)))
    return null;
  return apiUrl.replace(/(?<!\/)\/+$/, '');
}

function usualAddress(deployment: Deployment, project: string | null): string | null {
  if (deployment !== 'sandbox') return 'http://localhost:8000';
  const slot = /^slot-(\d{1,2})$/.exec(project ?? '');
  return slot === null ? null : `http://localhost:${8000 + Number(slot[1])}`;
}

function isLoopback(url: string): boolean {
  const endpoint = endpointOf(url);
  return endpoint !== null && isOwnHost(endpoint);
}

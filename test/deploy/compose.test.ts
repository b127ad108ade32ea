import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configOf } from './settings.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'compose');
const BASE = 'compose.yaml';
const OVERLAYS = readdirSync(FOLDER).filter((name) => name !== BASE);
const SLOT = { KTRDR_SLOT: '3', KTRDR_API_PORT: '8003' };

/** Of the linter, whose own types TypeScript doesn't find. */
interface Linted {
  readonly filePath: string;
  readonly messages: readonly { readonly message: string }[];
}

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly image?: string;
}

interface File {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly external?: boolean; readonly name?: string }>>;
}

/** As Compose fills in `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
function load(name: string, env: Readonly<Record<string, string>> = SLOT): File {
  const text = readFileSync(join(FOLDER, name), 'utf8').replace(/^\s*#.*$/gm, '');
  const filled = text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, variable: string, kind = '?', rest = '') => {
    const value = env[variable];
    if (value !== undefined) return value;
    if (kind === '?') throw new Error(`${variable}: ${rest}`);
    return rest;
  });
  return parse(filled);
}

/** The bot as Compose joins it from both files: maps by name, lists one after the other. */
function botOf(overlay: string) {
  const base = load(BASE);
  const over = load(overlay);
  const [one, two] = [base.services['ktrdr-bot'], over.services['ktrdr-bot']];
  const names = [...(one?.networks ?? []), ...(two?.networks ?? [])];
  return {
    config: configOf({ ...one?.environment, ...two?.environment }),
    networks: names.map((name) => over.networks[name] ?? base.networks[name]),
    services: { ...base.services, ...over.services },
  };
}

/** Networks and addresses as ktrdr's compose files have them: of slot 3, where there are slots. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  'local.yaml': {
    network: 'ktrdr_ktrdr-network',
    jaeger: 'http://jaeger:16686',
    api: 'http://backend:8000',
    people: 'http://localhost:8000',
    grafana: 'http://localhost:3000',
    deployment: 'local',
  },
  'local-prod.yaml': {
    network: 'devops-ai-observability',
    jaeger: 'http://devops-ai-jaeger:16686',
    api: 'http://ktrdr-prod-backend-1:8000',
    people: 'http://localhost:8000',
    grafana: null,
    deployment: 'local-prod',
  },
  'sandbox.yaml': {
    network: 'devops-ai-observability',
    jaeger: 'http://devops-ai-jaeger:16686',
    api: 'http://slot-3-backend-1:8000',
    people: 'http://localhost:8003',
    grafana: null,
    deployment: 'sandbox',
  },
  'sandbox-pool.yaml': {
    network: 'slot-3_ktrdr-network',
    jaeger: 'http://jaeger:16686',
    api: 'http://backend:8000',
    people: 'http://localhost:8003',
    grafana: null,
    deployment: 'sandbox',
  },
  'homelab.yaml': {
    network: 'ktrdr-core_ktrdr-core',
    jaeger: 'http://jaeger:16686',
    api: 'http://backend:8000',
    people: 'http://backend.ktrdr.home.mynerd.place:8000',
    grafana: 'http://grafana.ktrdr.home.mynerd.place:3000',
    deployment: 'homelab',
  },
};
/** Services of ktrdr on those networks, whose names must keep leading to them. */
const TAKEN = ['backend', 'db', 'jaeger', 'grafana', 'prometheus', 'mcp'];

it('has an overlay for every deployment', () => {
  expect(OVERLAYS.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
});

it('is valid by the schema of Compose, and by the rules of its linter', () => {
  const files = [BASE, ...OVERLAYS].map((name) => join(FOLDER, name));
  const results: readonly Linted[] = new DCLinter({
    // What is built gets that name, and an overlay has the project of what it lies over.
    rules: { 'no-build-and-image': 0, 'require-project-name-field': 0 },
    quiet: false,
    debug: false,
    exclude: [],
  }).lintFiles(files, false);
  expect(results.map(({ filePath }) => filePath)).toEqual(files);
  expect(results.flatMap(({ filePath, messages }) => messages.map(({ message }) => `${filePath}: ${message}`))).toEqual(
    [],
  );
});

describe.each(OVERLAYS)('%s', (overlay) => {
  const expected = EXPECTED[overlay] ?? {};

  it('joins ktrdr’s network, and finds everything there', () => {
    const { config, networks } = botOf(overlay);
    expect(networks).toContainEqual({ external: true, name: expected['network'] });
    expect({
      jaeger: config.jaeger.url,
      api: config.ktrdr.apiUrl,
      people: config.ktrdr.publicUrl,
      grafana: config.grafanaUrl,
      deployment: config.ktrdr.deployment,
    }).toEqual({ ...expected, network: undefined });
    // Never the address in the network: people follow these links.
    expect(new URL(config.jaeger.publicUrl).hostname).toMatch(/localhost|[.]/);
  });

  it('shares nothing but the bot with that network, under no name of ktrdr’s', () => {
    const { services } = botOf(overlay);
    expect(Object.keys(services).filter((name) => TAKEN.includes(name))).toEqual([]);
    expect(services['redis']?.networks).toEqual(['default']);
  });
});

it('sandboxes ask for the slot', () => {
  for (const name of ['sandbox.yaml', 'sandbox-pool.yaml']) expect(() => load(name, {})).toThrow(/KTRDR_SLOT: set it/);
});

describe('compose.yaml', () => {
  const { services } = load(BASE);

  it('works alone with the addresses of .env, and keeps its queue in Redis', () => {
    const config = configOf({ ...services['ktrdr-bot']?.environment, JAEGER_URL: 'http://jaeger.example.com' });
    expect(config.queue.redisUrl).toBe('redis://redis:6379');
    expect(services['redis']).toMatchObject({ command: expect.stringMatching(/--appendonly yes.*noeviction/) });
  });

  it('leaves Grafana its port, and is published for this machine only', () => {
    expect(services['ktrdr-bot']?.ports).toEqual(['127.0.0.1:3100:3000']);
    expect(services['redis']?.ports).toBeUndefined();
  });

  it('gives nobody more rights than needed', () => {
    for (const service of Object.values(services))
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  });

  it('names exact versions, the bot’s own among them', () => {
    const { version } = JSON.parse(readFileSync(join(FOLDER, '..', '..', 'package.json'), 'utf8'));
    expect(services['ktrdr-bot']?.image).toBe(`ktrdr-bot:${version}`);
    expect(services['redis']?.image).toMatch(/:\d+\.\d+\.\d+-/);
  });
});

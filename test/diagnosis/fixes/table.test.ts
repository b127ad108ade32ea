/** Every fix of the table in every deployment, also where its project or the address of its API is not known. */
import { describe, expect, it } from 'vitest';
import type { Case, WorkerRecord } from '../../../src/diagnosis/case.ts';
import { cleanText } from '../../../src/diagnosis/clean.ts';
import { endpointOf } from '../../../src/diagnosis/facts/endpoints.ts';
import { factsOf } from '../../../src/diagnosis/facts/index.ts';
import type { WorkerLocation } from '../../../src/diagnosis/facts/workers.ts';
import type { Fix } from '../../../src/diagnosis/finding.ts';
import { DEPLOYMENTS } from '../../../src/diagnosis/fixes/deployment.ts';
import { type DeploymentOptions, type FixTable, fixesFor } from '../../../src/diagnosis/fixes/table.ts';
import { caseOf, record, worker } from '../../support/build.ts';
import { howToAllow, refusedCommands, unknownCommands } from '../../support/commands.ts';
import { BACKTEST, DOWNLOAD, TRAINING } from '../../support/ktrdr-spans.ts';

const HOMELAB = 'ktrdr.home.mynerd.place';
const CORE = `ssh backend.${HOMELAB}`;

const workerAt = (url: string | null, workerType = 'training'): WorkerLocation => ({
  endpoint: url === null ? null : endpointOf(url),
  workerType,
});

/** As the workers of each deployment register, and as none should. */
const LOCATIONS = [
  workerAt('http://training-worker-1:5005/x'),
  workerAt('http://backtest-worker-2:5004', 'backtesting'),
  workerAt('http://0a1b2c3d4e5f:5005'),
  workerAt(`http://workers-b.${HOMELAB}:5005`),
  workerAt('http://workers-c:5003', 'backtesting'),
  workerAt(`http://ktrdr-gpuworker.${HOMELAB}:5005`),
  workerAt('http://127.0.0.1:5005'),
  workerAt('http://slot-3-training-worker-1-1:5005'),
  workerAt('http://10.0.0.9:5005'),
  workerAt('http://elsewhere:5005'),
  workerAt(null),
  workerAt(null, 'backtesting'),
  workerAt(null, 'agent_design'),
  workerAt(null, 'data_load'),
  workerAt(null, 'constructor'),
];
const TYPES = ['training', 'backtesting', 'agent_design', 'agent_assessment', 'constructor'];
const IDS: [string | null][] = [[TRAINING], [null]];
const STRATEGIES: [string | null][] = [
  ['momentum'],
  ['momentum.yml'],
  ['/app/strategies/a b.yaml'],
  ['other/x.yaml'],
  [null],
];
const processes = LOCATIONS.map((location): [WorkerLocation] => [location]);

/** What each fix is asked for with. A new fix has to be listed here. */
const ARGUMENTS: { readonly [Name in keyof FixTable]: readonly Parameters<FixTable[Name]>[] } = {
  listWorkers: [[]],
  workerStates: TYPES.map((type) => [type]),
  startWorkers: TYPES.flatMap((type) => [[type] as [string], [type, 'all'] as [string, 'all']]),
  addWorker: TYPES.flatMap((type) => [
    [type, 0],
    [type, 1],
    [type, 5],
  ]),
  workerLogs: processes,
  agentLogs: [['design'], ['assessment']],
  restartWorker: processes,
  startWorkerAt: processes,
  workerHealth: processes,
  containerLoad: [[], ...processes],
  reach: [
    ['api.stlouisfed.org'],
    ...LOCATIONS.map((location): [string, WorkerLocation] => ['api.stlouisfed.org', location]),
  ],
  memoryKills: [[], ...processes],
  backendLogs: [[]],
  startBackend: [[]],
  backendHealth: [[]],
  databaseLogs: [[]],
  startDatabase: [[]],
  databaseSettings: processes,
  tracingSettings: [[]],
  migrate: [[]],
  migrations: [[]],
  diskSpace: [[], ...processes],
  dockerSpace: [[], ...processes],
  mounts: [[], ...processes],
  startIbHost: [[]],
  ibHostHealth: [[]],
  ibHostFromContainer: [[]],
  trainingHostHealth: [[]],
  startTrainingHost: [[]],
  gatewayPort: [[], [7497]],
  showStatus: IDS,
  follow: IDS,
  resume: IDS,
  cancel: IDS,
  showCheckpoint: IDS,
  recentFailures: [[]],
  activeOperations: [[]],
  dataRange: [['EURUSD', '1h']],
  loadData: [['EURUSD', '1h']],
  listStrategies: [[]],
  listModels: [[]],
  validateStrategy: STRATEGIES,
  migrateStrategy: STRATEGIES,
};

const OPTIONS: readonly DeploymentOptions[] = DEPLOYMENTS.flatMap((deployment) =>
  [null, 'slot-3'].flatMap((project) =>
    [null, 'http://backend:8000', 'http://localhost:8000/', 'http://localhost:8003', 'https://ktrdr.example/base/'].map(
      (apiUrl) => ({ deployment, project, apiUrl }),
    ),
  ),
);

/** Cancelled after its first epochs, with a worker that is free: it may be resumed. */
const RESUMABLE = resumable('cancelled', [worker('training-worker-a', 'available')]);

function resumable(
  status: 'cancelled' | 'failed' | 'running',
  workers: readonly WorkerRecord[] | null,
  epochs = 40,
): Case {
  const epochsAt = Array.from({ length: epochs }, (_, i) => i * 1000);
  const kase = caseOf({
    id: TRAINING,
    now: 90_000,
    operation: record(TRAINING, status, { ended: status === 'running' ? null : 60_000, epochsAt }),
  });
  return { ...kase, workers };
}

function tableFor(options: DeploymentOptions, kase = RESUMABLE): FixTable {
  return fixesFor(options, factsOf(kase), (text) => cleanText(text));
}

function allFixes(options: DeploymentOptions): readonly Fix[] {
  const table = tableFor(options);
  return Object.entries(ARGUMENTS).flatMap(([name, calls]) =>
    (calls as readonly (readonly unknown[])[]).flatMap(
      (values) => (table[name as keyof FixTable] as (...values: readonly unknown[]) => Fix | null)(...values) ?? [],
    ),
  );
}

function commandOf(fix: Fix | null): string {
  return fix === null ? '(none)' : fix.kind === 'command' ? fix.command : `(${fix.kind})`;
}

const CHANGES =
  /docker (?:start|restart)|upgrade head|ktrdr .*(?:resume|cancel|load|migrate) |start\.sh|kinfra .*start-/;

describe.each(OPTIONS)('$deployment, project $project, API $apiUrl', (options) => {
  const fixes = allFixes(options);
  const commands = fixes.filter((fix) => fix.kind === 'command');

  it('has commands that a shell accepts and that exist', () => {
    const texts = commands.map(({ command }) => command as string);
    expect(texts.length).toBeGreaterThan(20);
    expect(refusedCommands(texts)).toEqual([]);
    const unknown = unknownCommands(texts);
    expect(unknown, howToAllow(unknown)).toEqual([]);
  });

  it('says of each whether it changes anything', () => {
    for (const { command, effect } of commands)
      expect(effect, command).toBe(CHANGES.test(command) ? 'changes' : 'inspects');
  });

  it('never creates containers again, and reaches those of other machines by ssh only', () => {
    for (const { command, label } of commands) {
      expect(command).not.toMatch(/docker compose|kinfra (?:sandbox|deploy (?:core|patch))|dmesg|start_ktrdr/);
      const isLocal = options.deployment === 'local';
      expect(label).not.toMatch(isLocal ? /docker compose (?!up -d --no-deps --no-recreate )/ : /docker compose/);
      if (options.deployment === 'homelab')
        expect(command).not.toMatch(/^(?:docker|df|nc|cd) |localhost:(?!500\d\/health)/);
      else expect(command).not.toContain('ssh ');
    }
  });

  it('asks the ktrdr API where people reach it', () => {
    for (const { command } of commands)
      expect(command).not.toMatch(/\/\/backend[:/]|--url https?:\/\/localhost|\/\/+api\//);
    const target = /^ktrdr(?: --url (\S+))? ops/.exec(commandOf(tableFor(options).activeOperations()))?.[1];
    if (options.apiUrl === 'http://localhost:8003' && options.deployment !== 'homelab')
      expect(target).toBe('http://127.0.0.1:8003');
    if (options.apiUrl === 'https://ktrdr.example/base/') expect(target).toBe('https://ktrdr.example/base');
  });

  it('ends every advice like a sentence', () => {
    for (const fix of fixes) if (fix.kind === 'advice') expect(fix.text).toMatch(/^[A-Z].*[^ .]\.$/s);
  });
});

describe('the container of a worker', () => {
  const logs = (
    options: Partial<DeploymentOptions> & Pick<DeploymentOptions, 'deployment'>,
    ...location: Parameters<typeof workerAt>
  ) => commandOf(tableFor({ apiUrl: null, ...options }).workerLogs(workerAt(...location)));

  it.each([
    ['local', null, 'http://training-worker-1:5005', 'docker logs --tail 200 ktrdr-training-worker-1-1'],
    ['local', 'other', 'http://localhost:5004', 'docker logs --tail 200 other-backtest-worker-2-1'],
    // An address outside of the deployment.
    [
      'local',
      null,
      'http://10.0.0.9:5005',
      'docker ps -a --filter label=com.docker.compose.project=ktrdr --filter name=training-worker',
    ],
    ['local', null, 'http://0a1b2c3d4e5f:5005', 'docker logs --tail 200 0a1b2c3d4e5f'],
    ['local-prod', null, 'http://training-worker-2:5006', 'docker logs --tail 200 ktrdr-prod-training-worker-2-1'],
    ['sandbox', 'slot-3', 'http://training-worker-1:5005', 'docker logs --tail 200 slot-3-training-worker-1-1'],
    ['sandbox', 'slot-3', 'http://training-worker:5005', 'docker logs --tail 200 slot-3-training-worker-1'],
    ['sandbox', null, 'http://0a1b2c3d4e5f:5005', 'docker logs --tail 200 0a1b2c3d4e5f'],
    [
      'sandbox',
      null,
      'http://training-worker-1:5005',
      "docker ps -a --filter label=com.docker.compose.service=training-worker-1 --format '{{.Names}}\\t{{.Status}}'",
    ],
    // In a sandbox these ports belong to local-prod.
    [
      'sandbox',
      'slot-3',
      'http://localhost:5005',
      'docker ps -a --filter label=com.docker.compose.project=slot-3 --filter name=training-worker',
    ],
    [
      'homelab',
      null,
      `http://workers-c.${HOMELAB}:5008`,
      `ssh workers-c.${HOMELAB} docker logs --tail 200 training-worker-3`,
    ],
    [
      'homelab',
      null,
      `http://ktrdr-gpuworker.${HOMELAB}:5005`,
      `ssh ktrdr-gpuworker.${HOMELAB} docker logs --tail 200 training-worker-gpu`,
    ],
    ['homelab', null, `http://ktrdr-gpuworker.${HOMELAB}:5003`, 'uv run kinfra deploy status all'],
    // Two hosts have one of that name.
    ['homelab', null, 'http://training-worker-1:5005', 'uv run kinfra deploy status all'],
    ['homelab', null, 'http://elsewhere.example:5005', 'uv run kinfra deploy status all'],
  ] as const)('%s, project %s: %s → %s', (deployment, project, url, command) => {
    expect(logs({ deployment, project }, url)).toBe(command);
  });

  it('is never guessed where only its type is known', () => {
    for (const deployment of DEPLOYMENTS) {
      const table = tableFor({ deployment, project: 'slot-3', apiUrl: null });
      for (const type of ['training', 'backtesting']) {
        const logs = table.workerLogs(workerAt(null, type));
        expect(commandOf(logs)).toMatch(/^docker ps -a|^uv run kinfra deploy status all$/);
        expect(logs).toMatchObject({ reading: expect.stringContaining('`docker logs --tail 200 NAME`') });
        expect(commandOf(table.restartWorker(workerAt(null, type)))).toBe('(advice)');
      }
      // The backend runs what no worker runs.
      expect(commandOf(table.workerLogs(workerAt(null, 'data_load')))).toBe(commandOf(table.backendLogs()));
    }
    expect(logs({ deployment: 'local-prod' }, null, 'agent_design')).toBe(
      'docker logs --tail 200 ktrdr-prod-design-agent-1-1',
    );
  });

  it('may be on another host of the homelab than its address says', () => {
    const fix = tableFor({ deployment: 'homelab', apiUrl: null }).restartWorker(workerAt('http://workers-b:5005'));
    expect(fix).toMatchObject({ label: expect.stringMatching(/also check workers-c/) });
  });

  it('is named with what its restart kills', () => {
    const busy = worker('training-worker-a', 'busy', { currentOperationId: BACKTEST });
    const url = busy.endpointUrl ?? '';
    const restart = (kase: Case) => tableFor({ deployment: 'local', apiUrl: null }, kase).restartWorker(workerAt(url));
    expect(restart(resumable('failed', [busy]))).toMatchObject({
      command: 'docker restart ktrdr-training-worker-1-1',
      label: expect.stringMatching(new RegExp(`30 s and kills ${BACKTEST}`)),
    });
    expect(restart(resumable('failed', null))).toMatchObject({
      label: expect.stringMatching(/30 s and kills whatever the worker is running/),
    });
  });

  it('to add is one that is not registered', () => {
    const first = worker('training-worker-a', 'busy');
    const added = tableFor({ deployment: 'local', apiUrl: null }, resumable('failed', [first])).addWorker(
      'training',
      1,
    );
    expect(commandOf(added)).toBe('docker start ktrdr-training-worker-2-1');
  });
});

describe('the address of the API', () => {
  const target = (deployment: DeploymentOptions['deployment'], apiUrl: string | null, project: string | null = null) =>
    commandOf(tableFor({ deployment, apiUrl, project }).activeOperations()).replace(' ops --active', '');

  it.each([
    ['local', 'http://backend:8000', null, 'ktrdr'],
    ['local-prod', 'http://ktrdr-prod-backend-1:8000', null, 'ktrdr'],
    ['sandbox', 'http://slot-3-backend-1:8000', null, 'ktrdr --url http://127.0.0.1:8003'],
    ['sandbox', 'http://backend:8000', 'slot-10', 'ktrdr --url http://127.0.0.1:8010'],
    ['sandbox', 'http://backend:8000', null, 'ktrdr'],
    ['homelab', 'http://localhost:8000', null, `ktrdr --url http://backend.${HOMELAB}:8000`],
    ['homelab', null, null, `ktrdr --url http://backend.${HOMELAB}:8000`],
  ] as const)('%s, %s, project %s: %s', (deployment, apiUrl, project, command) => {
    expect(target(deployment, apiUrl, project)).toBe(command);
  });

  it('shows the slot of a sandbox', () => {
    const table = tableFor({ deployment: 'sandbox', apiUrl: 'http://localhost:8003' });
    expect(commandOf(table.backendLogs())).toBe('docker logs --tail 200 slot-3-backend-1');
  });

  it('is found by the folder where only the sandbox knows it', () => {
    const fix = tableFor({ deployment: 'sandbox', apiUrl: null }).cancel(TRAINING);
    expect(fix).toMatchObject({
      label: expect.stringMatching(/folder of the sandbox/),
      command: `ktrdr cancel ${TRAINING}`,
    });
  });
});

describe('over ssh', () => {
  const table = tableFor({ deployment: 'homelab', apiUrl: null });

  it('the shell at the other end gets what has to be quoted whole', () => {
    expect(commandOf(table.databaseSettings(workerAt(null, 'data_load')))).toBe(
      `${CORE} "docker exec ktrdr-backend env | grep '^KTRDR_DB_' | grep -v PASSWORD"`,
    );
    expect(commandOf(table.mounts(workerAt(null, 'data_load')))).toBe(
      `${CORE} "docker inspect -f '{{range .Mounts}}{{.Source}} -> {{.Destination}} rw={{.RW}}{{println}}{{end}}' ktrdr-backend"`,
    );
  });

  it('the rest is typed as it is', () => {
    expect(commandOf(table.startDatabase())).toBe(`${CORE} docker start ktrdr-db`);
    expect(commandOf(table.migrate())).toBe(`${CORE} docker exec ktrdr-backend python -m alembic upgrade head`);
    expect(commandOf(table.diskSpace(workerAt(null)))).toBe(`${CORE} df -h /mnt/ktrdr_data`);
  });
});

describe('a resume', () => {
  const free = worker('training-worker-a', 'available');
  const busy = worker('training-worker-a', 'busy', { currentOperationId: TRAINING });
  const dead = worker('training-worker-a', 'temporarily_unavailable');
  const backtester = worker('backtesting-worker-a', 'available');
  const resume = (kase: Case) => tableFor({ deployment: 'local', apiUrl: null }, kase).resume(TRAINING);

  it.each([
    ['cancelled after an epoch, a worker is free', resumable('cancelled', [free], 1), true],
    ['failed after a checkpoint was due', resumable('failed', [free], 10), true],
    ['failed before a checkpoint was due', resumable('failed', [free], 9), false],
    ['cancelled before its first epoch', resumable('cancelled', [free], 0), false],
    ['no worker list', resumable('cancelled', null), false],
    ['no worker is free', resumable('cancelled', [busy]), false],
    ['no worker answers', resumable('failed', [dead]), false],
    ['a worker of another type is free', resumable('cancelled', [backtester]), false],
    ['it runs', resumable('running', [free]), false],
    ['a download', caseOf({ id: DOWNLOAD, now: 9000 }), false],
  ] as const)('%s: a command %s', (_about, kase, isCommand) => {
    const fix = resume(kase);
    expect(commandOf(fix)).toBe(isCommand ? `ktrdr resume ${TRAINING}` : '(advice)');
    if (isCommand) expect(fix).toMatchObject({ label: expect.stringMatching(/erases the error message/) });
  });
});

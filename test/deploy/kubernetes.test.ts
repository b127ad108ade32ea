import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ROLES } from '../../src/config/environment.ts';
import { configOf } from './settings.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'kubernetes');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const kustomization = parse(read('kustomization.yaml'));
// Kustomize and the schemas of Kubernetes read them in `.ci/check-deploy-files`.
const RESOURCES = kustomization.resources.flatMap((name: string) =>
  parseAllDocuments(read(name)).map((document) => document.toJS()),
);
const all = (kind: string) => RESOURCES.filter((resource: { kind: string }) => resource.kind === kind);
const settings = all('ConfigMap')[0].data;
const deployments = all('Deployment');
const labelsOf = (workload: (typeof deployments)[number]) => workload.spec.template.metadata.labels;
const matches = (labels: Record<string, string>, selector: Record<string, string>) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

it('runs each role in a deployment of its own, together all of them', () => {
  const roles = deployments.map((deployment: (typeof deployments)[number]) => {
    const { env } = deployment.spec.template.spec.containers[0];
    const own = Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]));
    return configOf({ ...settings, ...own }).roles;
  });
  expect(roles.flat().toSorted()).toEqual([...ROLES].toSorted());
});

it('stops the bot later than the bot stops itself', () => {
  for (const { spec } of deployments)
    expect(spec.template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(configOf(settings).shutdownMs);
});

const named = deployments.map((deployment: (typeof deployments)[number]) => ({
  name: deployment.metadata.name,
  deployment,
}));

describe.each<(typeof named)[number]>(named)('$name', ({ deployment }) => {
  const { spec } = deployment.spec.template;
  const [container] = spec.containers;

  it('is probed where the bot answers', () => {
    const { startupProbe, readinessProbe, livenessProbe } = container;
    const paths = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet);
    expect(paths).toEqual(['/healthz', '/readyz', '/healthz'].map((path) => ({ path, port: 'http' })));
    const port = container.ports.find(({ name }: { name: string }) => name === 'http').containerPort;
    expect(container.env).toContainEqual({ name: 'PORT', value: String(port) });
  });

  it('takes its tokens from a secret that is in no file', () => {
    expect(container.envFrom).toEqual([{ configMapRef: { name: 'ktrdr-bot' } }, { secretRef: { name: 'ktrdr-bot' } }]);
    expect(all('Secret')).toEqual([]);
    expect(Object.keys(settings).filter((name) => /TOKEN|SECRET|KEY/.test(name))).toEqual([]);
  });

  it('has no rights, and writes nowhere', () => {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000 },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(configOf(settings).queue.redisUrl).not.toBeNull();
  });

  it('selects its own pods', () => {
    expect(matches(labelsOf(deployment), deployment.spec.selector.matchLabels)).toBe(true);
    for (const other of deployments.filter((one: unknown) => one !== deployment))
      expect(matches(labelsOf(other), deployment.spec.selector.matchLabels)).toBe(false);
  });
});

it('keeps one of each role that has several, and lets the others go', () => {
  const budgets = all('PodDisruptionBudget');
  const kept = deployments.filter((deployment: (typeof deployments)[number]) =>
    budgets.some(({ spec }: (typeof deployments)[number]) => matches(labelsOf(deployment), spec.selector.matchLabels)),
  );
  expect(kept).toEqual(deployments.filter(({ spec }: (typeof deployments)[number]) => spec.replicas > 1));
  // A budget of one for one pod would hold up every drain.
  for (const { spec } of budgets) expect(spec.minAvailable).toBe(1);
});

it('leads to what takes Slack’s requests, and to Redis', () => {
  const workloads = [...deployments, ...all('StatefulSet')];
  for (const { spec, metadata } of all('Service')) {
    const targets = workloads.filter((workload) => matches(labelsOf(workload), spec.selector));
    expect(targets.map((one) => one.metadata.name)).toEqual([metadata.name === 'redis' ? 'redis' : 'slack']);
    const names = targets[0].spec.template.spec.containers[0].ports.map(({ name }: { name: string }) => name);
    for (const { targetPort } of spec.ports) expect(names).toContain(targetPort);
  }
  expect(new URL(settings.REDIS_URL).hostname).toBe('redis');
});

it('names exact versions, the bot’s own among them', () => {
  const { version } = JSON.parse(readFileSync(join(FOLDER, '..', '..', 'package.json'), 'utf8'));
  expect(kustomization.images).toEqual([{ name: 'ktrdr-bot', newTag: version }]);
  expect(all('StatefulSet')[0].spec.template.spec.containers[0].image).toMatch(/:\d+\.\d+\.\d+-/);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../src/app/metrics.ts';

const DIR = new URL('../../deploy/monitoring/', import.meta.url);
const GUIDE = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}
const RULES: readonly AlertRule[] = parse(read('alerts.yml')).groups[0].rules;
const DASHBOARD = JSON.parse(read('dashboard.json'));
const PANELS: readonly Panel[] = DASHBOARD.panels.filter(({ type }: Panel) => type !== 'row');

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

function read(name: string): string {
  return readFileSync(new URL(name, DIR), 'utf8');
}

/** True when Prometheus's own checks are left out; with REQUIRE_ALL=1 that is a failure instead. */
function isWithoutPromtool(): boolean {
  if (spawnSync('promtool', ['--version']).status === 0) return false;
  if (process.env['REQUIRE_ALL'] === '1') throw new Error('promtool is missing and REQUIRE_ALL is set.');
  process.stderr.write("Skipped: the checks of the alerting rules need promtool (Debian's package prometheus).\n");
  return true;
}

function promtool(...args: readonly string[]): string {
  return execFileSync('promtool', args, { cwd: DIR, encoding: 'utf8' });
}

/** The names of the metrics in an expression, as the process exports them. */
function metricsIn(expr: string): readonly string[] {
  const names = expr.match(/\b(?:ktrdr_bot|nodejs|process)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
}

async function exported(): Promise<readonly string[]> {
  const metrics = createMetrics({
    store: new Proxy({} as never, {}),
    health: { jobs: () => null, workers: () => [] },
    readiness: () => ({ ready: false, parts: {} }),
    worker: { stats: { diagnosed: 0, answered: 0, failed: 0 }, close: async () => undefined },
  });
  const text = await metrics.read();
  metrics.close();
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
}

describe('the files for Prometheus and Grafana', () => {
  it.skipIf(isWithoutPromtool())(
    'are valid, and each alert fires when it should and stays quiet while all is well',
    () => {
      promtool('check', 'rules', 'alerts.yml');
      promtool('check', 'config', '--syntax-only', 'prometheus.yml');
      expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
    },
  );

  it('have a test that expects each alert to fire', () => {
    const tests: readonly {
      readonly promql_expr_test: readonly { readonly exp_samples: readonly { readonly labels: string }[] }[];
    }[] = parse(read('alerts.test.yml')).tests;
    const fired = tests.flatMap((one) =>
      one.promql_expr_test.flatMap(({ exp_samples }) => exp_samples.map(({ labels }) => labels)),
    );
    for (const { alert } of RULES)
      expect(fired.filter((labels) => labels.includes(`alertname="${alert}"`))).toHaveLength(1);
  });

  it('name only metrics that the process exports', async () => {
    const known = await exported();
    const used = [
      ...RULES.map(({ expr }) => expr),
      ...PANELS.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ];
    const unknown = used.flatMap(metricsIn).filter((name) => !known.includes(name));
    expect(used.flatMap(metricsIn).length).toBeGreaterThan(RULES.length);
    expect(unknown).toEqual([]);
  });

  it('lead from each alert to an entry of docs/operating.md', () => {
    const headings = [...GUIDE.matchAll(/^#+ (KtrdrBot\w+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(RULES.map(({ alert }) => alert));
    for (const { alert, annotations } of RULES)
      expect(annotations.runbook).toBe(`docs/operating.md#${alert.toLowerCase()}`);
  });

  it('lay out the dashboard without gaps in its titles or overlaps', () => {
    const cells = new Set<string>();
    for (const { title, gridPos } of PANELS) {
      expect(title).not.toBe('');
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        expect(x).toBeLessThan(24);
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(cells).not.toContain(`${x} ${y}`);
          cells.add(`${x} ${y}`);
        }
      }
    }
  });
});

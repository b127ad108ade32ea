import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { beforeAll, describe, expect, test } from 'vitest';
import { ENTRIES, HOMES, LAYERS, type Layer, PACKAGE, PACKAGE_LAYERS } from './support/layers.ts';

const MOST_FILES = 20;
const MOST_LINES = 300;

let result: ICruiseResult;

beforeAll(async () => {
  const cruised = await cruise(['src', 'packages/local-slack/src'], {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    ruleSet: {
      forbidden: [
        {
          name: 'no-circular',
          severity: 'error',
          from: {},
          to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
        },
      ],
    },
    validate: true,
  });
  if (typeof cruised.output === 'string') throw new Error('dependency-cruiser gave text instead of a result');
  result = cruised.output;
});

describe('architecture', () => {
  test('sees the modules at all', () => {
    // With a TypeScript that it does not support, dependency-cruiser reports no violation in no module.
    expect(result.modules.filter(({ source }) => source.startsWith('src/')).length).toBeGreaterThan(100);
  });

  test.each(LAYERS)('$folder imports only what it may: $because', (layer) => {
    const strangers = imports(`src/${layer.folder}/`).filter((edge) => !allowed(layer, edge.to));
    expect(strangers.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('handlers import only the types of the services, which app/ hands to them', () => {
    const edges = imports('src/handlers/').filter(({ to }) => to === 'src/jobs/services.ts');
    expect(edges.length).toBeGreaterThan(0);
    expect(edges.filter(({ isTypeOnly }) => !isTypeOnly)).toEqual([]);
  });

  test('a rule imports nothing of another rule but its finder, and never the engine', () => {
    const rule = (path: string) => /^src\/diagnosis\/rules\/([^/]+)\//.exec(path)?.[1];
    const bridges = imports('src/diagnosis/rules/').filter(
      ({ from, to }) =>
        !from.endsWith('rules/index.ts') &&
        (to.endsWith('/diagnose.ts') ||
          (rule(to) !== undefined && rule(to) !== rule(from) && !to.endsWith('/finder.ts'))),
    );
    expect(bridges).toEqual([]);
  });

  test.each(HOMES)('%s has one home', (name, home) => {
    const users = imports('src/').filter(({ to }) => packageOf(to) === name);
    expect(users.filter(({ from }) => !home.test(from))).toEqual([]);
  });

  test('the package local-slack imports nothing of the product, and only the demo command imports it', () => {
    const outwards = imports(PACKAGE).filter(({ to }) => /^(src|test)\//.test(to));
    const users = imports('src/').filter(({ to }) => to.includes('local-slack'));
    expect(outwards).toEqual([]);
    expect(users.filter(({ from }) => !/^src\/cli\/demo([.]ts|\/)/.test(from))).toEqual([]);
    expect(users.length).toBeGreaterThan(0);
  });

  test.each(PACKAGE_LAYERS)('%s of local-slack imports only the layers below it', (folder, mayImport) => {
    const below = [folder, 'local-server.ts', 'read-file.ts', 'slack/json.ts', ...mayImport].map(
      (path) => PACKAGE + path,
    );
    const edges = imports(PACKAGE + folder);
    const strangers = edges.filter(({ to }) => to.startsWith(PACKAGE) && !below.some((path) => to.startsWith(path)));
    expect(edges.length).toBeGreaterThan(0);
    expect(strangers).toEqual([]);
  });

  test('there are no circles', () => {
    expect(result.summary.violations.map((violation) => `${violation.from} → ${violation.to}`)).toEqual([]);
  });

  test('every module is used by the program', () => {
    const reached = new Set(ENTRIES);
    for (const source of reached)
      for (const edge of imports(source)) if (edge.to.startsWith('src/')) reached.add(edge.to);
    const unused = result.modules
      .map(({ source }) => source)
      .filter((source) => source.startsWith('src/') && source.endsWith('.ts') && !reached.has(source));
    expect(unused).toEqual([]);
  });
});

describe('sizes', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: join('src', name), lines: linesOf(join('src', name)) }));
  const total = `src has ${files.reduce((sum, { lines }) => sum + lines, 0)} lines in ${files.length} files`;

  test('a folder has at most 20 files', () => {
    const counts = new Map<string, number>();
    for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    const crowded = [...counts].filter(([, count]) => count > MOST_FILES);
    expect(
      crowded.map(([folder, count]) => `${folder}: ${count}`),
      total,
    ).toEqual([]);
  });

  test('a file has at most 300 lines', () => {
    const long = files.filter(({ lines }) => lines > MOST_LINES);
    expect(
      long.map(({ path, lines }) => `${path}: ${lines}`),
      total,
    ).toEqual([]);
  });
});

test('the tests reach ../shared by one helper, so that what is missing is skipped by name', () => {
  const others = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== join('support', 'shared.ts') && name !== 'architecture.test.ts')
    .filter((name) => /\.\.\/shared\/|'shared'/.test(readFileSync(join(import.meta.dirname, name), 'utf8')));
  expect(others).toEqual([]);
});

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

function imports(prefix: string): readonly Import[] {
  return result.modules
    .filter(({ source }) => source.startsWith(prefix))
    .flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved, module, coreModule, dependencyTypes }) => ({
        from: source,
        to: coreModule ? `node:${module.replace(/^node:/, '')}` : resolved,
        isTypeOnly: dependencyTypes.includes('type-only'),
      })),
    );
}

function allowed(layer: Layer, to: string): boolean {
  if (to.startsWith(`src/${layer.folder}/`)) return true;
  if (to.startsWith('src/')) return layer.mayImport.some((path) => new RegExp(`^src/${path}`).test(to));
  return layer.packages.some((name) => name === '*' || (packageOf(to) ?? to).startsWith(name));
}

function packageOf(path: string): string | null {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? null;
}

function linesOf(path: string): number {
  return readFileSync(path, 'utf8').trimEnd().split('\n').length;
}

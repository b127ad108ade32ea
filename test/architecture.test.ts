import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { beforeAll, describe, expect, test } from 'vitest';

/** The table of docs/architecture.md: which folder of src may import which. Packages are listed by name; `*` means any. */
const LAYERS: readonly Layer[] = [
  {
    folder: 'language',
    mayImport: [],
    packages: ['cronstrue'],
    because: 'What people type and read is a library: every folder may use it, and it knows none of them.',
  },
  {
    folder: 'diagnosis',
    mayImport: ['language/'],
    packages: [],
    because: 'Diagnosis is the pure centre: it knows nothing but itself and language, no package, not even node:.',
  },
  {
    folder: 'formatters',
    mayImport: ['diagnosis/', 'language/'],
    packages: ['@slack/types', '@resvg/resvg-js', 'node:'],
    because: 'Formatters render a diagnosis; they never compute or fetch one.',
  },
  {
    folder: 'jobs',
    mayImport: ['diagnosis/', 'formatters/', 'language/'],
    packages: ['bullmq', 'lru-cache', 'zod', 'pino', 'node:'],
    because: 'Jobs reach the outside through jobs/ports.ts, never through an adapter.',
  },
  {
    folder: 'adapters',
    mayImport: ['diagnosis/', 'formatters/message.ts', 'jobs/', 'language/'],
    packages: ['*'],
    because: 'An adapter translates between one outside system and a port; it knows the ports and the vocabulary only.',
  },
  {
    folder: 'handlers',
    mayImport: [
      'diagnosis/(case|subject|trace|words)[.]ts',
      'formatters/(clean|message|mrkdwn|help)[.]ts',
      'jobs/(ports|requests)[.]ts',
      'language/',
    ],
    packages: ['@slack/', 'pino', 'zod', 'node:'],
    because: 'Handlers parse, authorise, enqueue and acknowledge. Trace logic belongs to diagnosis, delivery to jobs.',
  },
];

/** Packages with one home, so that replacing one is one folder's work. */
const HOMES: readonly (readonly [string, RegExp])[] = [
  ['undici', /^src\/(adapters|demo)\//],
  ['lru-cache', /^src\/jobs\/cache[.]ts$/],
  ['ioredis', /^src\/adapters\/queue\/redis\//],
  ['@electric-sql/pglite', /^src\/adapters\/queue\/pglite\//],
  ['@slack/oauth', /^src\/handlers\//],
  ['@slack/bolt', /^src\/handlers\//],
  ['@slack/web-api', /^src\/(adapters\/slack|handlers)\//],
  ['cronstrue', /^src\/language\//],
  ['@resvg/resvg-js', /^src\/formatters\/png[.]ts$/],
  ['@modelcontextprotocol/server', /^src\/cli\/mcp[.]ts$/],
];

/** Where the program begins: the process, a thread of it, and what documents are generated from. */
const ENTRIES = [
  'src/main.ts',
  'src/adapters/jaeger/body-thread.ts',
  'src/config-docs.ts',
  'src/jobs/diagnosis-schema.ts',
];

interface Layer {
  readonly folder: string;
  readonly mayImport: readonly string[];
  readonly packages: readonly string[];
  readonly because: string;
}

let result: ICruiseResult;

beforeAll(async () => {
  const cruised = await cruise(['src'], {
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

  test('rules are islands: no rule imports another, nor the engine', () => {
    const rule = /^src\/diagnosis\/rules\/(?!index)[^/]+[.]ts$/;
    const bridges = imports('src/diagnosis/rules/').filter(
      ({ from, to }) => !from.endsWith('/index.ts') && (rule.test(to) || to.endsWith('/diagnose.ts')),
    );
    expect(bridges).toEqual([]);
  });

  test.each(HOMES)('%s has one home', (name, home) => {
    const users = imports('src/').filter(({ to }) => packageOf(to) === name);
    expect(users.filter(({ from }) => !home.test(from))).toEqual([]);
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

test('the tests reach ../shared by one helper, so that what is missing is skipped by name', () => {
  const others = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== join('support', 'shared.ts') && name !== 'architecture.test.ts')
    .filter((name) => /\.\.\/shared\/|'shared'/.test(readFileSync(join(import.meta.dirname, name), 'utf8')));
  expect(others).toEqual([]);
});

function imports(prefix: string): readonly { readonly from: string; readonly to: string }[] {
  return result.modules
    .filter(({ source }) => source.startsWith(prefix))
    .flatMap(({ source, dependencies }) =>
      dependencies.map(({ resolved, module, coreModule }) => ({
        from: source,
        to: coreModule ? `node:${module.replace(/^node:/, '')}` : resolved,
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

/** Which folder of `src` may import which, as paths below `src` (regular expressions). Packages are listed by name; `*` means any. */
export const LAYERS: readonly Layer[] = [
  {
    folder: 'language',
    mayImport: [],
    packages: ['cronstrue', 're2js', 'node:module'],
    because: 'It is a library of what people type and read: every folder may use it, and it uses none of them.',
  },
  {
    folder: 'diagnosis',
    mayImport: ['language/'],
    packages: [],
    because: 'Diagnosis is pure: it knows only itself and language, no package, not even node:.',
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
      'diagnosis/(case|clean|trace|words|vocabulary/(?:actions|subject|typed-ids|operations))[.]ts',
      'formatters/(message|blocks/mrkdwn|reports/help)[.]ts',
      'jobs/(ports|requests|services|telemetry)[.]ts',
      'language/',
    ],
    packages: ['@slack/', 'pino', 'zod', 'node:'],
    because: 'Handlers parse, authorize, enqueue, and acknowledge. Trace logic belongs to diagnosis, delivery to jobs.',
  },
  {
    folder: 'config',
    mayImport: [
      'diagnosis/(finding|fixes/(deployment|shell)|own-causes/own-cause|rules/index|vocabulary/(?:actions|operations))[.]ts',
      'language/',
    ],
    packages: ['zod', 'yaml', 'node:'],
    because: 'The configuration is read before anything runs; it knows the names of what it configures.',
  },
  {
    folder: 'app',
    mayImport: ['adapters/', 'config/', 'diagnosis/', 'formatters/', 'handlers/', 'jobs/', 'language/'],
    packages: ['pino', 'prom-client', 'node:'],
    because: 'The composition joins all other folders; commands use it, and it knows none of them.',
  },
  {
    folder: 'cli',
    mayImport: [
      'adapters/(jaeger/read|ktrdr/(read|time)|processes/entry-file)[.]ts',
      'app/(log|log-stream|queue|roles|settings|sources)[.]ts',
      'config/',
      'diagnosis/',
      'formatters/',
      'jobs/(answer/(diagnosis-schema|feedback)[.]ts|digest/|gather/|health/heartbeats[.]ts|queue/queues[.]ts|search/)',
      'language/',
    ],
    packages: ['@ktrdr-bot/local-slack', '@modelcontextprotocol/', 'packages/local-slack/', 'pino', 'zod', 'node:'],
    because:
      'Commands get sources, the queue and the bot from app/. Of the adapters they use the readers of saved files and the thread of the demo.',
  },
];

/** Packages with one home, so that replacing one is one folder's work. */
export const HOMES: readonly (readonly [string, RegExp])[] = [
  ['undici', /^src\/adapters\//],
  ['re2js', /^src\/language\/linear-expressions[.]ts$/],
  ['lru-cache', /^src\/jobs\/cache[.]ts$/],
  ['ioredis', /^src\/adapters\/queue\/redis\//],
  ['@electric-sql/pglite', /^src\/adapters\/queue\/pglite\//],
  ['@slack/oauth', /^src\/handlers\//],
  ['@slack/bolt', /^src\/handlers\//],
  ['@slack/web-api', /^src\/(adapters\/slack|handlers)\//],
  ['yaml', /^src\/config\/causes-file[.]ts$/],
  ['cronstrue', /^src\/language\//],
  ['@resvg/resvg-js', /^src\/formatters\/picture\/png[.]ts$/],
  ['@modelcontextprotocol/server', /^src\/cli\/mcp[.]ts$/],
];

/** Where the program begins: the process, those it starts, and what documents are generated from. */
export const ENTRIES = [
  'src/main.ts',
  'src/adapters/queue/pglite/creating-thread.ts',
  'src/app/computing-process.ts',
  'src/config/documentation.ts',
  'src/cli/demo/bot-thread.ts',
  'src/jobs/answer/diagnosis-schema.ts',
];

export const PACKAGE = 'packages/local-slack/src/';

/** Which folder of the package may import which others; `json.ts`, `local-server.ts` and `read-file.ts` are for all of them. */
export const PACKAGE_LAYERS: readonly (readonly [folder: string, mayImport: readonly string[]])[] = [
  ['recorded-jaeger/', []],
  ['recorded-ktrdr/', []],
  ['slack/state/', []],
  ['slack/block-kit/', ['slack/state/']],
  ['slack/delivery/', ['slack/state/']],
  ['slack/web-api/', ['slack/state/', 'slack/block-kit/', 'slack/delivery/']],
  ['slack/interactions/', ['slack/state/', 'slack/block-kit/', 'slack/delivery/', 'slack/web-api/']],
  ['workspace/', ['slack/']],
];

export interface Layer {
  readonly folder: string;
  readonly mayImport: readonly string[];
  readonly packages: readonly string[];
  readonly because: string;
}

/**
 * Joins the compiled modules into few files: starting a process costs less than reading some three hundred of them.
 * Packages stay outside, but zod, of whose ninety files every command needs a part. The modules remain beside the bundle.
 */
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

/** The demo's workspace is a package of this repository, which no registry has: what is installed carries its compiled files. */
const localSlack = {
  name: 'local-slack',
  setup(builder) {
    builder.onResolve({ filter: /^@ktrdr-bot\/local-slack$/ }, () => ({
      // From `dist/chunks/`, where everything is but the entry, which loads each command when it is wanted.
      path: '../../packages/local-slack/dist/index.js',
      external: true,
    }));
  },
};

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

await build({
  // The files of processes and threads are named at run time, next to the chunk that starts them.
  entryPoints: {
    main: 'dist/main.js',
    'chunks/computing-process': 'dist/app/computing-process.js',
    'chunks/bot-thread': 'dist/cli/demo/bot-thread.js',
    'chunks/creating-thread': 'dist/adapters/queue/pglite/creating-thread.js',
  },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  external: Object.keys(dependencies).filter((name) => name !== 'zod'),
  plugins: [localSlack],
  logLevel: 'warning',
});

import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `entry` is the compiled file. Run from its sources, the thread needs the same translation of TypeScript as the program. */
export function startThread(entry: URL, options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(entry, options);
  const source = JSON.stringify(entry.href.replace(/[.]js$/, '.ts'));
  const program = `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}); });`;
  return new Worker(program, { ...options, eval: true });
}

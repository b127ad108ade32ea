/** A process with a pool, in which a task runs that never ends. It prints the id of the task's process. */
import { openProcessPool } from '../../../src/adapters/processes/pool.ts';
import type { Wanted } from './entry.ts';

const pool = openProcessPool<Wanted, unknown, number>({
  entry: new URL('./entry.js', import.meta.url),
  data: null,
  minProcesses: 1,
  maxProcesses: 1,
  tasksPerProcess: 1,
  memoryMb: 64,
  onNotice() {},
  reply: async () => null,
  onIdleDeath() {},
});
await pool.run('to stop', new AbortController().signal, (processId) => process.stdout.write(`${processId}\n`));

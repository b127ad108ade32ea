import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * From now on this process and those that it starts leave the first core to those whose command line begins with `alone`. On
 * a small machine the servers around a measured process would otherwise take its time. Without `taskset` nothing is moved.
 */
export function reserveCore(): { readonly alone: readonly string[]; release(): void } {
  const cores = availableParallelism();
  const move = (to: string) => spawnSync('taskset', ['-acp', to, String(process.pid)]).status === 0;
  if (cores < 2 || !move(`1-${cores - 1}`)) return { alone: [], release() {} };
  return { alone: ['taskset', '-c', '0'], release: () => void move(`0-${cores - 1}`) };
}

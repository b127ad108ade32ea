/** What the threads of the pool's test run. */
import { setImmediate } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { runTask, type Task } from '../../../src/adapters/threads/task.ts';

export type Wanted = 'thread id' | 'an error' | 'its end' | 'to stop' | 'never to stop' | 'all memory';

export function run({ input, port }: Task<Wanted>) {
  return runTask<number, unknown>(port, async (signal, report) => {
    switch (input) {
      case 'thread id':
        return threadId;
      case 'an error':
        throw new RangeError('out of range');
      case 'its end':
        return process.exit(3);
      case 'to stop':
        report(threadId);
        while (!signal.aborted) await setImmediate();
        return 'stopped';
      case 'never to stop':
        report(threadId);
        await setImmediate();
        for (;;);
      case 'all memory': {
        const kept: unknown[] = [];
        for (;;) kept.push({ size: kept.length, list: [kept.length] });
      }
    }
  });
}

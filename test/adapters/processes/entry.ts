/** What the processes of the pool's test run. */
import { setImmediate } from 'node:timers/promises';
import { serveTasks } from '../../../src/adapters/processes/serve-tasks.ts';

export type Wanted =
  | 'process id'
  | 'data'
  | 'an error'
  | 'its end'
  | 'to stop'
  | 'never to stop'
  | 'all memory'
  | 'all memory at once'
  | 'to notify'
  | 'to ask';

serveTasks<unknown, Wanted, unknown, number>(async (data, parent) => {
  if (data === 'cannot be used') throw new Error('the data cannot be used');
  return async (wanted, signal, report) => {
    switch (wanted) {
      case 'process id':
        return process.pid;
      case 'data':
        return data;
      case 'an error':
        throw new RangeError('out of range');
      case 'its end':
        return process.exit(3);
      case 'to stop':
        report(process.pid);
        while (!signal.aborted) await setImmediate();
        return 'stopped';
      case 'never to stop':
        report(process.pid);
        await setImmediate();
        for (;;);
      case 'to notify':
        return parent.notify('noticed');
      case 'to ask':
        return parent.ask('a question');
      case 'all memory': {
        const kept: unknown[] = [];
        for (;;) kept.push({ size: kept.length, list: [kept.length] });
      }
      case 'all memory at once': {
        const kept = new Map<number, unknown>();
        for (;;) kept.set(kept.size, { size: kept.size });
      }
    }
  };
});

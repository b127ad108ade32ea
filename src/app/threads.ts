/**
 * Computing in threads, so that the main thread only takes requests, keeps the queue, and delivers.
 *
 * Most questions wait for Jaeger most of the time and need a processor for some milliseconds: they share a few threads, in which
 * the dialect of Jaeger and its services are known and connections are open. What would hold up others there runs in a thread of
 * its own: questions that lead to a large body, searches and digests, and what was running in a thread that ended. A thread of
 * its own can't take anybody else's work down with it, and the operating system divides the processors between threads.
 */
import { availableParallelism, totalmem } from 'node:os';
import type { Logger } from 'pino';
import { openThreadPool, ThreadDied, type ThreadPool } from '../adapters/threads/pool.ts';
import type { Config } from '../config/environment.ts';
import { ownCauses } from '../diagnosis/catalogue.ts';
import { knownAsClean } from '../formatters/clean.ts';
import type { GatherPhase } from '../jobs/gather/gather.ts';
import type { Compute, Computing, ComputingConfig, ComputingTask, Works } from './computing.ts';
import type { Computed, ThreadData } from './computing-thread.ts';
import { sharedSlots } from './pace.ts';

interface ThreadsOptions {
  readonly log: Logger;
  /** Of each thread; default: half of what the process may use. */
  readonly memoryMb?: number;
}

/** Reading and diagnosing so much takes about a fifth of a second. */
const SHARED_BYTES = 4 * 1024 * 1024;
const MAX_SHARED = 4;
/** Beside the questions: background jobs and a picture. */
const OTHER_TASKS = 6;
/** Two reports run at once, so that at least two large questions do. */
const MAX_ALONE = 4;

const MIN_MEMORY_MB = 256;
/** The largest body that can be read needs less. */
const MAX_MEMORY_MB = 4096;

type Pool = ThreadPool<ComputingTask, Computed, GatherPhase>;

export function computeInThreads(
  config: ComputingConfig & Pick<Config, 'queue'>,
  { log, memoryMb = usualMemoryMb() }: ThreadsOptions,
): Computing & { close(): Promise<void> } {
  const { jaeger, ktrdr, lookbackMs, redact, grafanaUrl, queue } = config;
  const slots = sharedSlots(config);
  const open = (mostBytes: number, minThreads: number, maxThreads: number, tasksPerThread: number): Pool => {
    const sources = { jaeger, ktrdr, lookbackMs, redact, grafanaUrl };
    const data: ThreadData = { config: sources, mostBytes, own: ownCauses(), slots };
    return openThreadPool({
      entry: new URL('./computing-thread.js', import.meta.url),
      data,
      minThreads,
      maxThreads,
      tasksPerThread,
      memoryMb,
      onIdleDeath: (err) => log.error({ err }, 'a thread ended'),
    });
  };
  // The main thread needs a processor as well.
  const sharing = Math.min(MAX_SHARED, Math.max(1, availableParallelism() - 1));
  const shared = open(SHARED_BYTES, 1, sharing, Math.ceil((queue.concurrency + OTHER_TASKS) / sharing));
  const alone = open(jaeger.maxBytes, 0, MAX_ALONE, 1);

  async function runAlone(...task: Parameters<Pool['run']>): Promise<unknown> {
    const computed = await alone.run(...task);
    if (computed.kind === 'too-large') throw new Error('A thread of its own reads bodies of every size.');
    return computed.value;
  }

  async function runShared(...task: Parameters<Pool['run']>): Promise<unknown> {
    try {
      const computed = await shared.run(...task);
      if (computed.kind === 'computed') return computed.value;
    } catch (err) {
      if (!(err instanceof ThreadDied)) throw err;
      log.error({ err, work: task[0].work }, 'a thread ended: what ran in it runs again, each in its own thread');
    }
    return runAlone(...task);
  }

  const diagnose = through('diagnose', runShared);
  return {
    async diagnose(...question) {
      const { diagnosis, answer } = await diagnose(...question);
      return { diagnosis: knownAsClean(diagnosis, redact), answer };
    },
    search: through('search', runAlone),
    look: through('look', runShared),
    textOfDetail: through('textOfDetail', runShared),
    draw: through('draw', runShared),
    async close() {
      await Promise.all([shared.close(), alone.close()]);
    },
  };
}

/** What comes back has the type that the same work has here, because the threads run the same program. */
function through<Name extends keyof Works>(
  work: Name,
  run: (...task: Parameters<Pool['run']>) => Promise<unknown>,
): Compute<Name> {
  return async (input, signal, onPhase) => {
    const task = { work, input } as ComputingTask;
    return (await run(task, signal, onPhase)) as Works[Name]['output'];
  };
}

/** Half of the memory that this process may use, because others of its threads need some. */
function usualMemoryMb(): number {
  const limit = process.constrainedMemory();
  const available = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.min(MAX_MEMORY_MB, Math.max(MIN_MEMORY_MB, Math.floor(available / 2 ** 21)));
}

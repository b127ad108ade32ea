/**
 * Threads that run tasks of one entry, several at once in each.
 *
 * piscina starts, fills and replaces the threads. Its own signal isn't used: it ends a thread at once, with all tasks in it, so
 * that such tasks run alone. Here a task gets a port, over which it is asked to stop and reports its progress.
 */
import { MessageChannel, type ResourceLimits } from 'node:worker_threads';
import { UnrecoverableError } from 'bullmq';
import { Piscina } from 'piscina';
import { threadFile } from './start-thread.ts';
import type { FromTask, Outcome, Task } from './task.ts';

export interface ThreadPoolOptions {
  /** The compiled file, which exports `run`: it gets a task and resolves to its outcome (`runTask`). */
  readonly entry: URL;
  /** What each thread gets as its `workerData`. */
  readonly data: unknown;
  readonly minThreads: number;
  readonly maxThreads: number;
  readonly tasksPerThread: number;
  /** Of each thread's JavaScript objects. A thread that needs more ends, and its tasks with it. */
  readonly memoryMb: number;
  /** A thread ended while nothing ran in it. */
  onIdleDeath(error: unknown): void;
}

export interface ThreadPool<Input, Output, Progress> {
  /** Rejects with the task's own error, with the reason of the signal, or with a `ThreadDied`. */
  run(input: Input, signal: AbortSignal, onProgress?: (progress: Progress) => void): Promise<Output>;
  /** Ends all threads now; what still runs is rejected. */
  close(): Promise<void>;
}

/** The thread of a task ended, because of this task or of another one in it. Nobody should try again and again. */
export class ThreadDied extends UnrecoverableError {
  override readonly name = 'ThreadDied';
}

const CLOSED = 'The threads are closed.';
/** A task that was asked to stop and doesn't costs its thread. */
const STOP_LIMIT_MS = 5000;
/** Loading a thread's code takes longer than most tasks. */
const IDLE_MS = 60_000;

export function openThreadPool<Input, Output, Progress>(
  options: ThreadPoolOptions,
): ThreadPool<Input, Output, Progress> {
  const { data, minThreads, maxThreads, tasksPerThread, memoryMb } = options;
  const resourceLimits: ResourceLimits = { maxOldGenerationSizeMb: memoryMb };
  const threads = new Piscina({
    ...threadFile(options.entry),
    name: 'run',
    workerData: data,
    minThreads,
    maxThreads,
    concurrentTasksPerWorker: tasksPerThread,
    idleTimeout: IDLE_MS,
    resourceLimits,
    // Else a thread sleeps between tasks, and doesn't see that a server closes its connections.
    atomics: 'disabled',
    recordTiming: false,
  });
  threads.on('error', options.onIdleDeath);
  let isClosed = false;

  const end = (threadId: number | null) =>
    void threads.threads.find((thread) => thread.threadId === threadId)?.terminate();

  async function run(
    input: Input,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Output> {
    signal.throwIfAborted();
    if (isClosed) throw new Error(CLOSED);
    const { port1, port2 } = new MessageChannel();
    let threadId: number | null = null;
    let limit: NodeJS.Timeout | undefined;
    port1.on('message', (message: FromTask<Progress>) => {
      if ('threadId' in message) threadId = message.threadId;
      else onProgress(message.progress);
    });
    const stop = () => {
      port1.postMessage('stop');
      limit = setTimeout(() => end(threadId), STOP_LIMIT_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const task: Task<Input> = { input, port: port2 };
      const outcome: Outcome<Output> = await threads.run(task, { transferList: [port2] }).catch((cause: unknown) => {
        throw isClosed ? new Error(CLOSED) : new ThreadDied(whyDied(cause));
      });
      signal.throwIfAborted();
      if (outcome.kind === 'failed') throw outcome.error;
      return outcome.value;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(limit);
      port1.close();
    }
  }

  return {
    run,
    close() {
      isClosed = true;
      return threads.destroy();
    },
  };
}

function whyDied(cause: unknown): string {
  const isOutOfMemory = cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isOutOfMemory
    ? 'a thread ran out of memory'
    : `a thread ended: ${cause instanceof Error ? cause.message : cause}`;
}

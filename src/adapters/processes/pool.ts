/**
 * Processes that run tasks of one entry, several at once in each.
 *
 * Not threads: V8 ends the whole process when a thread needs memory at the wrong moment (ADR 41). No library, because those that
 * have pools of processes run one task at a time in each and stop it by ending the process.
 */
import { type ProcessOptions, startProcess, type TaskProcess } from './task-process.ts';

export interface ProcessPoolOptions extends ProcessOptions {
  /** Are started at once. One that ends is replaced when there is a task for it. */
  readonly minProcesses: number;
  readonly maxProcesses: number;
  readonly tasksPerProcess: number;
  /** A process ended while nothing ran in it. */
  onIdleDeath(error: Error): void;
}

export interface ProcessPool<Input, Output, Progress> {
  /** Rejects with the task's own error, the reason of the signal, a `ProcessDied`, or why no process could be started. */
  run(input: Input, signal: AbortSignal, onProgress?: (progress: Progress) => void): Promise<Output>;
  /** Ends all processes now; what still runs or waits is rejected. */
  close(): Promise<void>;
}

/** A process is kept for so long, because starting one takes longer than most tasks. */
const IDLE_MS = 60_000;

export function openProcessPool<Input, Output, Progress>(
  options: ProcessPoolOptions,
): ProcessPool<Input, Output, Progress> {
  type Process = TaskProcess<Input, Output, Progress>;
  const { minProcesses, maxProcesses, tasksPerProcess, onIdleDeath } = options;
  const processes = new Set<Process>();
  const rests = createRests<Process>((process) => {
    processes.delete(process);
    void process.kill(new Error('The process is no longer needed.'));
  });
  const waiting: { begin(process: Process): void; reject(error: unknown): void }[] = [];
  let closed: Error | null = null;

  function start(): Process {
    const process: Process = startProcess(options, (error, wasIdle) => {
      if (!processes.delete(process)) return;
      if (wasIdle) onIdleDeath(error);
      rests.end(process);
      admit();
    });
    processes.add(process);
    return process;
  }

  /** The least busy one; another one is started while all are busy. */
  function find(): Process | undefined {
    const [first] = [...processes].sort((a, b) => a.taskCount() - b.taskCount());
    if (first?.taskCount() !== 0 && processes.size < maxProcesses) return start();
    return first !== undefined && first.taskCount() < tasksPerProcess ? first : undefined;
  }

  function admit(): void {
    while (waiting.length > 0) {
      try {
        const process = find();
        if (process === undefined) return;
        waiting.shift()?.begin(process);
      } catch (error) {
        waiting.shift()?.reject(error);
      }
    }
  }

  for (let count = 0; count < minProcesses; count += 1) start();
  return {
    run(input, signal, onProgress = () => {}) {
      return new Promise((resolve, reject) => {
        if (closed !== null) throw closed;
        const begin = (process: Process) => {
          rests.end(process);
          const ended = () => {
            if (process.taskCount() === 0 && processes.size > minProcesses) rests.begin(process);
            admit();
          };
          process.run(input, signal, onProgress).finally(ended).then(resolve, reject);
        };
        const process = find();
        if (process !== undefined) return begin(process);
        waiting.push({ begin, reject });
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
    async close() {
      const reason = new Error('The processes are closed.');
      closed = reason;
      for (const { reject } of waiting.splice(0)) reject(reason);
      const ending = [...processes];
      processes.clear();
      await Promise.all(ending.map((process) => process.kill(reason)));
    },
  };
}

/** Calls `tooLong` with what has rested for a minute. */
function createRests<Resting>(tooLong: (resting: Resting) => void) {
  const timers = new Map<Resting, NodeJS.Timeout>();
  return {
    begin(resting: Resting) {
      timers.set(resting, setTimeout(() => tooLong(resting), IDLE_MS).unref());
    },
    end(resting: Resting) {
      clearTimeout(timers.get(resting));
      timers.delete(resting);
    },
  };
}

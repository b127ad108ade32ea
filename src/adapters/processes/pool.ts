/**
 * Processes that run the tasks of one entry, several at a time in each.
 *
 * Not threads: V8 ends the whole process when a thread needs memory at the wrong moment (ADR 41). Not a library: those with
 * process pools run one task at a time per process, and stop a task by ending its process.
 */
import { type ProcessOptions, startProcess, type TaskProcess } from './task-process.ts';

export interface ProcessPoolOptions extends ProcessOptions {
  /** Number of processes that are started immediately. One that ends is replaced when a task needs it. */
  readonly minProcesses: number;
  readonly maxProcesses: number;
  readonly tasksPerProcess: number;
  /** A process ended while nothing ran in it. */
  onIdleDeath(error: Error): void;
}

export interface ProcessPool<Input, Output, Progress> {
  /** Rejects with the task's own error, the signal's reason, a `ProcessDied`, or the error that kept a process from starting. */
  run(input: Input, signal: AbortSignal, onProgress?: (progress: Progress) => void): Promise<Output>;
  /** Ends all processes now. Running and waiting tasks are rejected. */
  close(): Promise<void>;
}

/** How long an idle process is kept, because starting one takes longer than most tasks. */
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

  /** The least busy process, or a new one while all are busy and there may be more. */
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

/** Calls `tooLong` with processes that have been idle for a minute. */
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

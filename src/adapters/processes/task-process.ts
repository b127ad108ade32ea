/** One process of a pool, seen from outside. Inside it, `serve-tasks.ts` runs the tasks. */
import { type ChildProcess, fork } from 'node:child_process';
import { UnrecoverableError } from 'bullmq';
import { entryFile } from './entry-file.ts';
import type { FromProcess, Outcome, ToProcess } from './messages.ts';

export interface ProcessOptions {
  /** The compiled file, which calls `serveTasks`. */
  readonly entry: URL;
  /** What the process gets before its first task. */
  readonly data: unknown;
  /** Heap limit. A process that needs more dies, along with its tasks. */
  readonly memoryMb: number;
  /** Receives messages from the process that don't belong to a task. */
  onNotice(notice: unknown): void;
  /** Never rejects. */
  reply(question: unknown): Promise<unknown>;
}

export interface TaskProcess<Input, Output, Progress> {
  /** Number of tasks running in the process. */
  taskCount(): number;
  /** Rejects with the task's own error, the signal's reason, or a `ProcessDied`. */
  run(input: Input, signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Output>;
  /** Ends the process immediately and rejects its tasks with the reason. Resolves when it has ended. */
  kill(reason: Error): Promise<void>;
}

/** `wasIdle`: no task was running when the process ended. */
type OnEnd = (error: Error, wasIdle: boolean) => void;

/** The task's process ended because of this task or another one in it. Unrecoverable, so that the queue doesn't keep retrying. */
export class ProcessDied extends UnrecoverableError {
  override readonly name = 'ProcessDied';
}

/** How long a task may take to stop after an abort. After that, its process is ended. */
const STOP_LIMIT_MS = 5000;
/** Enough for the last output of a Node process. */
const MAX_LAST_WORDS = 8192;

interface Running<Output, Progress> {
  settle(outcome: Outcome<Output>): void;
  onProgress(progress: Progress): void;
}

export function startProcess<Input, Output, Progress>(
  options: ProcessOptions,
  onEnd: OnEnd,
): TaskProcess<Input, Output, Progress> {
  const running = new Map<number, Running<Output, Progress>>();
  let tasks = 0;
  let killedFor: Error | null = null;
  const child = forkEntry(options);
  // Send errors are ignored: if the process has ended, its exit event reports it.
  const send = (message: ToProcess<unknown, Input>) => void child.send(message, () => {});

  child.on('message', (message: FromProcess<Output, Progress>) => {
    switch (message.kind) {
      case 'progress':
        return running.get(message.id)?.onProgress(message.progress);
      case 'outcome':
        return running.get(message.id)?.settle(message.outcome);
      case 'notice':
        return options.onNotice(message.notice);
      case 'question': {
        const { id, question } = message;
        return void options.reply(question).then((reply) => send({ kind: 'reply', id, reply }));
      }
    }
  });
  const ended = endOf(child).then((why) => {
    const error = killedFor ?? new ProcessDied(why);
    onEnd(error, running.size === 0);
    for (const { settle } of running.values()) settle({ kind: 'failed', error });
  });
  send({ kind: 'open', data: options.data });

  async function run(input: Input, signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Output> {
    signal.throwIfAborted();
    tasks += 1;
    const id = tasks;
    let limit: NodeJS.Timeout | undefined;
    const stop = () => {
      send({ kind: 'stop', id });
      limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const outcome = await new Promise<Outcome<Output>>((settle) => {
        running.set(id, { settle, onProgress });
        send({ kind: 'run', id, input });
      });
      signal.throwIfAborted();
      if (outcome.kind === 'failed') throw outcome.error;
      return outcome.value;
    } finally {
      running.delete(id);
      signal.removeEventListener('abort', stop);
      clearTimeout(limit);
    }
  }

  return {
    taskCount: () => running.size,
    run,
    kill(reason) {
      killedFor = reason;
      child.kill('SIGKILL');
      return ended;
    },
  };
}

function forkEntry({ entry, memoryMb }: ProcessOptions): ChildProcess {
  const { filename, execArgv } = entryFile(entry);
  // Such as those for certificates and name resolution. A debugger can have only one process on its port.
  const inherited = process.execArgv.filter((option) => !option.startsWith('--inspect'));
  return fork(filename, [], {
    execArgv: [...(execArgv ?? inherited), `--max-old-space-size=${memoryMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** Resolves when the process ends, to the reason. */
function endOf(child: ChildProcess): Promise<string> {
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-MAX_LAST_WORDS);
  });
  return new Promise((resolve) => {
    child.on('error', ({ message }) => {
      child.kill('SIGKILL');
      resolve(`a process could not be started: ${message}`);
    });
    child.on('close', (code, signal) => {
      const isOutOfMemory = lastWords.includes('heap out of memory');
      resolve(isOutOfMemory ? 'a process ran out of memory' : `a process ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

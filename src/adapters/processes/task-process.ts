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
  /** For its JavaScript objects. A process that needs more ends, and its tasks with it. */
  readonly memoryMb: number;
  /** What the process tells outside of its tasks. */
  onNotice(notice: unknown): void;
  /** Never rejects. */
  reply(question: unknown): Promise<unknown>;
}

export interface TaskProcess<Input, Output, Progress> {
  /** How many tasks run in it. */
  taskCount(): number;
  /** Rejects with the task's own error, with the reason of the signal, or with a `ProcessDied`. */
  run(input: Input, signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Output>;
  /** Ends it at once; what runs in it is rejected with the reason. Resolves when it has ended. */
  kill(reason: Error): Promise<void>;
}

/** `wasIdle`: no task ran in it. */
type OnEnd = (error: Error, wasIdle: boolean) => void;

/** The process of a task ended, because of this task or of another one in it. Nobody should try again and again. */
export class ProcessDied extends UnrecoverableError {
  override readonly name = 'ProcessDied';
}

/** A task that was asked to stop and doesn't costs its process. */
const STOP_LIMIT_MS = 5000;
/** Enough for what Node says at its end. */
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
  // One that has just ended says so by its exit.
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

/** Resolves to the reason. */
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

/** Runs the tasks of a pool inside one of its processes. */
import type { FromProcess, Outcome, ToProcess } from './messages.ts';

/** The process that owns the pool. */
export interface Parent {
  notify(notice: unknown): void;
  /** Resolves to what the `reply` of the pool resolves to. */
  ask(question: unknown): Promise<unknown>;
}

/** The signal also aborts when the task has ended, to stop anything that it left running. */
export type RunTask<Input, Output, Progress> = (
  input: Input,
  signal: AbortSignal,
  report: (progress: Progress) => void,
) => Promise<Output>;

/** Calls `open` once, with the data of the pool. When it rejects, every task fails with its error. */
export function serveTasks<Data, Input, Output, Progress>(
  open: (data: Data, parent: Parent) => Promise<RunTask<Input, Output, Progress>>,
): void {
  const running = new Map<number, AbortController>();
  const asked = new Map<number, (reply: unknown) => void>();
  let opened: Promise<RunTask<Input, Output, Progress>>;
  let questions = 0;
  const send = (message: FromProcess<Output, Progress>) => void process.send?.(message);
  const parent: Parent = {
    notify: (notice) => send({ kind: 'notice', notice }),
    ask: (question) =>
      new Promise((resolve) => {
        questions += 1;
        asked.set(questions, resolve);
        send({ kind: 'question', id: questions, question });
      }),
  };

  async function outcomeOf(id: number, input: Input, signal: AbortSignal): Promise<Outcome<Output>> {
    try {
      const run = await opened;
      return { kind: 'done', value: await run(input, signal, (progress) => send({ kind: 'progress', id, progress })) };
    } catch (error) {
      return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  async function perform(id: number, input: Input): Promise<void> {
    const stopping = new AbortController();
    running.set(id, stopping);
    const outcome = await outcomeOf(id, input, stopping.signal);
    running.delete(id);
    stopping.abort(new Error('the task has ended'));
    send({ kind: 'outcome', id, outcome });
  }

  process.on('message', (message: ToProcess<Data, Input>) => {
    switch (message.kind) {
      case 'open':
        opened = open(message.data, parent);
        // Handled here because every task reports this error itself.
        opened.catch(() => {});
        return;
      case 'run':
        return void perform(message.id, message.input);
      case 'stop':
        return running.get(message.id)?.abort(new Error('stopped'));
      case 'reply':
        asked.get(message.id)?.(message.reply);
        asked.delete(message.id);
    }
  });
  process.on('disconnect', () => process.exit());
  // Terminals and systemd send these signals to the whole process group. The parent ends this process when it no longer needs
  // it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}

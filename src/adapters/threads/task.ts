/** A task of the pool, inside its thread. */
import { type MessagePort, threadId } from 'node:worker_threads';

export interface Task<Input> {
  readonly input: Input;
  /** Any message on it asks the task to stop. */
  readonly port: MessagePort;
}

export type FromTask<Progress> = { readonly threadId: number } | { readonly progress: Progress };

/** Errors are values, so that whatever the thread itself throws is known to be its end. */
export type Outcome<Output> =
  | { readonly kind: 'done'; readonly value: Output }
  | { readonly kind: 'failed'; readonly error: Error };

/** The signal also aborts when the task has ended, which stops what it left running. */
export async function runTask<Progress, Output>(
  port: MessagePort,
  run: (signal: AbortSignal, report: (progress: Progress) => void) => Promise<Output>,
): Promise<Outcome<Output>> {
  const post = (message: FromTask<Progress>) => port.postMessage(message);
  const stopping = new AbortController();
  port.once('message', () => stopping.abort(new Error('stopped')));
  post({ threadId });
  try {
    return { kind: 'done', value: await run(stopping.signal, (progress) => post({ progress })) };
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    stopping.abort(new Error('the task has ended'));
    port.close();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/** The result of `work`; rejects when it takes longer than the limit, and then drops the result. */
export async function inTime<Value>(work: Promise<Value>, limitMs: number): Promise<Value> {
  const end = new AbortController();
  const late = sleep(limitMs, undefined, { signal: end.signal }).then(() => {
    throw new Error(`No result within ${limitMs} ms.`);
  });
  return Promise.race([work, late]).finally(() => end.abort());
}

/** The result of `work`; rejects with the signal's reason as soon as it aborts, and then drops the result. */
export function untilAborted<Value>(work: Value | Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * A worker of BullMQ asks for a job as soon as it has taken one, and again when one is done. In a queue that keeps up there is
 * none, and asking costs as much as a third of the job. Here it asks once, after waiting for the marker of the queue, which is
 * left there with each job that is taken. A marker that gets lost costs some seconds, as always: no wait for it is longer.
 */
import { type BackendFactory, createRedisBackend, type IQueueBackend } from 'bullmq';

type Next = Awaited<ReturnType<IQueueBackend['moveToActive']>>;

const NONE: Next = [undefined, undefined, 0, 0];
/** Behind a job that has waited for longer there may be others, which are fetched as fast as they can be. */
const PROMPT_MS = 25;

export const createFrugalBackend: BackendFactory<IQueueBackend> = (name, options, more) => {
  const backend: IQueueBackend = createRedisBackend(name, options, more);
  const moveToActive = backend.moveToActive.bind(backend);
  const moveToCompleted = backend.moveToCompleted.bind(backend);
  let hasJustTaken = false;
  /** Whether there was a job when it last asked. */
  let mayHaveMore = true;
  return Object.assign(backend, {
    async moveToActive(...request: Parameters<typeof moveToActive>) {
      if (hasJustTaken) {
        hasJustTaken = false;
        return NONE;
      }
      const next = await moveToActive(...request);
      mayHaveMore = Boolean(next[0]);
      hasJustTaken = mayHaveMore && Date.now() - next[0].timestamp < PROMPT_MS;
      return next;
    },
    async moveToCompleted(...[job, value, remove, token, fetchNext]: Parameters<typeof moveToCompleted>) {
      const done = await moveToCompleted(job, value, remove, token, fetchNext && mayHaveMore);
      if (fetchNext && mayHaveMore) mayHaveMore = Array.isArray(done.result) && Boolean(done.result[0]);
      return done;
    },
  });
};

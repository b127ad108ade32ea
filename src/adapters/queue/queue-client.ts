import { type BackendFactory, type IQueueBackend, Queue } from 'bullmq';
import type { Logger } from 'pino';
import type { Store } from '../../jobs/ports.ts';
import type { JobQueue, QueueClient } from '../../jobs/queue/queues.ts';
import { reasonOf } from './queue-errors.ts';

export interface OpenQueueClient extends QueueClient {
  close(): Promise<void>;
}

export function createQueueClient(store: Store, factory: BackendFactory<IQueueBackend>, log: Logger): OpenQueueClient {
  const queues = new Map<string, JobQueue>();
  return {
    store,
    queue(name) {
      const known = queues.get(name);
      if (known !== undefined) return known;
      // If a queue fails while it waits for its connection or asks for the server version, it never works again.
      const options = { connection: {}, skipWaitingForReady: true, skipVersionCheck: true };
      const queue: JobQueue = new Queue(name, options, factory);
      queue.on('error', (err) => log.debug({ queue: name, reason: reasonOf(err) }, 'queue connection'));
      queues.set(name, queue);
      return queue;
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** Logs one line per part of the store, because a version change makes many values unreadable at once. */
export function logUnreadable(log: Logger): Store['reportUnreadable'] {
  const known = new Set<string>();
  return (key) => {
    const [part = ''] = key.split(':', 1);
    if (known.has(part)) return;
    known.add(part);
    log.warn({ part }, 'ignored a stored value that this version cannot read');
  };
}

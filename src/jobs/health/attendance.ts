/** Monitors the workers of this process from the outside: whether they run, and whether they take waiting jobs. */
import type { QueueBackend, QueueHealth } from '../queue/queues.ts';

/** If jobs wait this long while a worker is idle, the worker's connection is dead. */
const UNFETCHED_MS = 60_000;

interface Attended {
  readonly queue: string;
  isRunning(): boolean;
  /** True once it runs or has ended. Before that, it may have to wait for the queue. */
  hasRun: boolean;
  running: number;
  /** When it last took a job or had none to take. On the monotonic clock, like all times here except `lastFetchAtMs`. */
  quietSince: number;
}

export interface Attendance {
  /** The backend to start workers on, so that they are monitored. */
  readonly backend: QueueBackend;
  queues(): readonly string[];
  lastFetchAtMs(): number | null;
  /** One sentence for each worker that doesn't take jobs. */
  problems(waiting: QueueHealth['queues']): readonly string[];
}

export function watchWorkers(backend: QueueBackend): Attendance {
  const attended: Attended[] = [];
  let lastFetchAtMs: number | null = null;

  const worker: QueueBackend['worker'] = (queue, processor, settings) => {
    const self = {
      queue,
      isRunning: () => started.isRunning(),
      hasRun: false,
      running: 0,
      quietSince: performance.now(),
    };
    // Declares three parameters, because BullMQ checks the number before it passes all of them.
    const started = backend.worker(
      queue,
      async (job, token, signal) => {
        self.running += 1;
        lastFetchAtMs = Date.now();
        try {
          return await processor(job, token, signal);
        } finally {
          self.running -= 1;
          self.quietSince = performance.now();
        }
      },
      settings,
    );
    started.on('closed', () => {
      self.hasRun = true;
    });
    attended.push(self);
    return started;
  };

  function problemWith(self: Attended, waiting: number): string | null {
    self.hasRun ||= self.isRunning();
    if (self.hasRun && !self.isRunning()) return `The worker for "${self.queue}" has stopped: restart this process.`;
    if (waiting === 0 || self.running > 0) self.quietSince = performance.now();
    const forMs = performance.now() - self.quietSince;
    if (forMs < UNFETCHED_MS) return null;
    const seconds = Math.round(forMs / 1000);
    return `${waiting} jobs are waiting in "${self.queue}", and this worker has taken none for ${seconds} s: restart it.`;
  }

  return {
    // Not copied, because reading a property opens the workers' connection.
    backend: Object.create(backend, { worker: { value: worker } }),
    queues: () => attended.map(({ queue }) => queue),
    lastFetchAtMs: () => lastFetchAtMs,
    problems: (waiting) => attended.flatMap((self) => problemWith(self, waiting[self.queue]?.['waiting'] ?? 0) ?? []),
  };
}

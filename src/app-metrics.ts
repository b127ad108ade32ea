import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { DiagnosisWorker } from './jobs/diagnosis-worker.ts';
import { countFeedback } from './jobs/feedback.ts';
import type { QueueBackend } from './jobs/queues.ts';

export interface Metrics {
  readonly contentType: string;
  read(): Promise<string>;
}

/** Read when asked: the queue counts its jobs, the worker its diagnoses. `worker` is null in a process that does not diagnose. */
export function createMetrics(backend: QueueBackend, worker: DiagnosisWorker | null): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'ktrdr_bot_queue_jobs',
    help: 'Jobs in a queue by state.',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      const { queues } = await backend.health();
      for (const [queue, counts] of Object.entries(queues))
        for (const [state, count] of Object.entries(counts)) this.set({ queue, state }, count);
    },
  });
  new Gauge({
    name: 'ktrdr_bot_feedback',
    help: 'Judgements of answers by people, by cause and verdict.',
    labelNames: ['cause', 'verdict'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { cause, verdict, count } of await countFeedback(backend.front.store, null))
        this.set({ cause, verdict }, count);
    },
  });
  if (worker !== null) {
    new Gauge({
      name: 'ktrdr_bot_diagnoses',
      help: 'Since the start of this process: diagnoses made, people answered, diagnoses failed.',
      labelNames: ['outcome'],
      registers: [registry],
      collect() {
        for (const [outcome, count] of Object.entries(worker.stats)) this.set({ outcome }, count);
      },
    });
  }
  return { contentType: registry.contentType, read: () => registry.metrics() };
}

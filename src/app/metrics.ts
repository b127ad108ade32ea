import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { DiagnosisWorker } from '../jobs/answer/diagnosis-worker.ts';
import { countFeedback } from '../jobs/answer/feedback.ts';
import type { QueueBackend } from '../jobs/queue/queues.ts';
import { inTime } from './http.ts';

export interface Metrics {
  readonly contentType: string;
  /** Prometheus text. Without the queue, `ktrdr_bot_queue_up` is 0, and what is counted in the queue is absent. */
  read(): Promise<string>;
}

const QUEUE_LIMIT_MS = 2_000;

/** Prometheus metrics, read at each request: the queue counts its jobs, the worker its diagnoses. `worker` is null in a process that does not diagnose. */
export function createMetrics(backend: QueueBackend, worker: DiagnosisWorker | null): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers });
  const up = gauge(
    'ktrdr_bot_queue_up',
    '1 while this process reaches the queue, otherwise 0; then the series that are read from the queue are absent.',
  );
  const jobs = gauge('ktrdr_bot_queue_jobs', 'Jobs in a queue by state.', 'queue', 'state');
  const judgements = gauge(
    'ktrdr_bot_feedback',
    'Judgements of answers by people, by cause and verdict.',
    'cause',
    'verdict',
  );
  if (worker !== null) {
    new Gauge({
      name: 'ktrdr_bot_diagnoses',
      help: 'Since the start of this process: diagnoses made, people answered, diagnoses failed.',
      labelNames: ['outcome'],
      registers,
      collect() {
        for (const [outcome, count] of Object.entries(worker.stats)) this.set({ outcome }, count);
      },
    });
  }
  return {
    contentType: registry.contentType,
    async read() {
      const [queues, feedback] = await Promise.all([
        inTime(backend.health(), QUEUE_LIMIT_MS).then(
          (health) => Object.entries(health.queues),
          () => [],
        ),
        inTime(countFeedback(backend.front.store, null), QUEUE_LIMIT_MS).catch(() => []),
      ]);
      up.set(queues.length > 0 ? 1 : 0);
      jobs.reset();
      for (const [queue, counts] of queues)
        for (const [state, count] of Object.entries(counts)) jobs.set({ queue, state }, count);
      judgements.reset();
      for (const { cause, verdict, count } of feedback) judgements.set({ cause, verdict }, count);
      return registry.metrics();
    },
  };
}

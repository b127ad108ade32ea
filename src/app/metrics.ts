import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DiagnosisWorker } from '../jobs/answer/diagnosis-worker.ts';
import { countFeedback, feedbackByCause } from '../jobs/answer/feedback.ts';
import { inTime } from '../jobs/health/in-time.ts';
import { oldestOpenAt, parkedTeams } from '../jobs/health/open-requests.ts';
import type { Store } from '../jobs/ports.ts';
import { type Measurement, onMeasurement } from '../jobs/telemetry.ts';
import type { Health } from './health.ts';
import type { Readiness } from './http.ts';

interface Metrics {
  readonly contentType: string;
  /** Prometheus text. Without the queue, `ktrdr_bot_queue_up` is 0, and metrics that are counted in the queue are absent. */
  read(): Promise<string>;
  /** Stops counting. */
  close(): void;
}

export interface MetricsOptions {
  /** Uses the connection that fails fast. */
  readonly store: Store;
  readonly health: Pick<Health, 'jobs' | 'workers'>;
  readiness(): Readiness;
  /** Null in a process that doesn't diagnose. */
  readonly worker: DiagnosisWorker | null;
}

const QUEUE_LIMIT_MS = 2_000;
/** In seconds. Slack waits three seconds for an acknowledgement. */
const ACKNOWLEDGEMENT_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 2, 3, 10];
const ANSWER_BUCKETS = [1, 3, 10, 30, 60, 120, 300, 900, 3_600];

/** Prometheus metrics: this process's own counts and, read at each scrape, the queue's. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  // These include the event loop lag.
  collectDefaultMetrics({ register: registry });
  const close = onMeasurement(measurementCounters(registry));
  if (options.worker !== null) countDiagnoses(registry, options.worker);
  const readQueue = queueGauges(registry, options);
  return {
    contentType: registry.contentType,
    async read() {
      await readQueue();
      return registry.metrics();
    },
    close,
  };
}

function countDiagnoses(registry: Registry, { stats }: DiagnosisWorker): void {
  new Counter({
    name: 'ktrdr_bot_diagnoses_total',
    help: 'Diagnoses made, requesters answered, and failed diagnoses.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(stats)) this.inc({ outcome }, count);
    },
  });
}

function measurementCounters(registry: Registry): (measurement: Measurement) => void {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const requests = counter(
    'ktrdr_bot_requests_total',
    'Requests accepted, answered, or failed with an apology.',
    'outcome',
  );
  // Starts each counter at 0, or its first count wouldn't show as an increase.
  for (const outcome of ['taken', 'answered', 'apologized']) requests.inc({ outcome }, 0);
  const slackCalls = counter(
    'ktrdr_bot_slack_calls_total',
    'Calls to Slack by method and outcome.',
    'method',
    'outcome',
  );
  const sourceCalls = counter(
    'ktrdr_bot_source_calls_total',
    'Requests to Jaeger and ktrdr by outcome.',
    'source',
    'outcome',
  );
  const computing = counter(
    'ktrdr_bot_computing_cpu_seconds_total',
    'Processor time of the processes that gather, diagnose and draw.',
  );
  const retries = counter('ktrdr_bot_delivery_retries_total', 'Deliveries to be retried.', 'reason');
  const looks = counter('ktrdr_bot_alert_looks_total', 'Searches for failures to alert on, by outcome.', 'outcome');
  const alerts = counter('ktrdr_bot_alerts_total', 'Alerts started, counted again, or ended.', 'outcome');
  const { acknowledgements, answers } = waits(registers);

  return (measurement) => {
    switch (measurement.kind) {
      case 'acknowledgement':
        return acknowledgements.observe(measurement.seconds);
      case 'answer':
        return answers.observe(measurement.seconds);
      case 'request':
        return requests.inc({ outcome: measurement.outcome });
      case 'slack-call':
        return slackCalls.inc({ method: measurement.method, outcome: measurement.outcome });
      case 'source-call':
        return sourceCalls.inc({ source: measurement.source, outcome: measurement.outcome });
      case 'computing':
        return computing.inc(measurement.cpuSeconds);
      case 'delivery-retry':
        return retries.inc({ reason: measurement.reason });
      case 'alert-look':
        return looks.inc({ outcome: measurement.outcome });
      case 'alert':
        return alerts.inc({ outcome: measurement.outcome });
    }
  };
}

function waits(registers: Registry[]) {
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers });
  return {
    acknowledgements: histogram(
      'ktrdr_bot_acknowledgement_seconds',
      'Time from receiving a Slack payload to acknowledging it.',
      ACKNOWLEDGEMENT_BUCKETS,
    ),
    answers: histogram(
      'ktrdr_bot_answer_seconds',
      'Time from a request to the delivery of its answer.',
      ANSWER_BUCKETS,
    ),
  };
}

/** Returns the function that sets the gauges. It doesn't wait for an unreachable queue. */
function queueGauges(registry: Registry, { store, health, readiness }: MetricsOptions): () => Promise<void> {
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge(
    'ktrdr_bot_queue_up',
    '1 while the queue accepts writes from this process, otherwise 0. When 0, series read from the queue are absent.',
  );
  const parts = gauge('ktrdr_bot_part_ok', '1 while a part is healthy, as in /readyz.', 'part');
  const jobs = gauge('ktrdr_bot_queue_jobs', 'Jobs in a queue by state.', 'queue', 'state');
  const judgements = gauge('ktrdr_bot_feedback', 'Feedback on answers by cause and verdict.', 'cause', 'verdict');
  const rightShare = gauge(
    'ktrdr_bot_right_answers_ratio',
    'Share of answers with feedback that were marked right, by cause.',
    'cause',
  );
  const alive = gauge('ktrdr_bot_workers_alive', 'Processes with workers whose heartbeat is current.');
  const oldest = gauge('ktrdr_bot_oldest_open_request_seconds', 'Age of the oldest unanswered request. 0: none.');
  const parked = gauge('ktrdr_bot_parked_workspaces', 'Workspaces whose deliveries wait for a working token.');

  return async () => {
    for (const [part, { ok }] of Object.entries(readiness().parts)) parts.set({ part }, ok ? 1 : 0);
    const counted = health.jobs();
    const read = counted === null ? null : await readStore(store);
    up.set(read === null ? 0 : 1);
    for (const each of [jobs, judgements, rightShare]) each.reset();
    if (counted === null || read === null) {
      for (const each of [alive, oldest, parked]) each.remove();
      return;
    }
    alive.set(health.workers().length);
    oldest.set(read.openAt === null ? 0 : Math.max(0, (Date.now() - read.openAt) / 1000));
    parked.set(read.parked.length);
    for (const [queue, counts] of Object.entries(counted))
      for (const [state, count] of Object.entries(counts)) jobs.set({ queue, state }, count);
    for (const { cause, verdict, count } of read.feedback) judgements.set({ cause, verdict }, count);
    for (const each of feedbackByCause(read.feedback)) rightShare.set({ cause: each.cause }, each.rightShare);
  };
}

async function readStore(store: Store) {
  try {
    const all = Promise.all([countFeedback(store), oldestOpenAt(store), parkedTeams(store)]);
    const [feedback, openAt, parked] = await inTime(all, QUEUE_LIMIT_MS);
    return { feedback, openAt, parked };
  } catch {
    return null;
  }
}

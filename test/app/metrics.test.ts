import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, type MetricsOptions } from '../../src/app/metrics.ts';
import { record } from '../../src/jobs/telemetry.ts';
import { QUEUE_KINDS, type TestQueue } from '../jobs/queue-kinds.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const NO_STORE = new Proxy({} as MetricsOptions['store'], {
  get() {
    throw new Error('The store was asked although the queue is away.');
  },
});

function metricsOf(options: Partial<MetricsOptions> = {}) {
  const metrics = createMetrics({
    store: NO_STORE,
    health: { jobs: () => null, workers: () => [] },
    readiness: () => ({ ready: false, parts: { queue: { ok: false, problems: ['It is away.'] } } }),
    worker: null,
    ...options,
  });
  ends.push(metrics.close);
  return metrics;
}

async function linesOf(metrics: ReturnType<typeof metricsOf>): Promise<readonly string[]> {
  return (await metrics.read()).split('\n').filter((line) => line.startsWith('ktrdr_bot_') && !line.endsWith(' 0'));
}

describe('the metrics of a process', () => {
  it('count what is recorded anywhere in it', async () => {
    const metrics = metricsOf();
    record({ kind: 'slack-call', method: 'chat.postMessage', outcome: 'ok' });
    record({ kind: 'slack-call', method: 'chat.postMessage', outcome: 'token_revoked' });
    record({ kind: 'slack-call', method: 'chat.postMessage', outcome: 'token_revoked' });
    record({ kind: 'source-call', source: 'jaeger', outcome: 'timed-out' });
    record({ kind: 'computing', cpuSeconds: 0.25 });
    record({ kind: 'acknowledgement', seconds: 0.02 });
    record({ kind: 'answer', seconds: 4 });
    record({ kind: 'request', outcome: 'apologized' });
    record({ kind: 'delivery-retry', reason: 'rate-limited' });
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'ktrdr_bot_slack_calls_total{method="chat.postMessage",outcome="ok"} 1',
        'ktrdr_bot_slack_calls_total{method="chat.postMessage",outcome="token_revoked"} 2',
        'ktrdr_bot_source_calls_total{source="jaeger",outcome="timed-out"} 1',
        'ktrdr_bot_computing_cpu_seconds_total 0.25',
        'ktrdr_bot_acknowledgement_seconds_bucket{le="0.03"} 1',
        'ktrdr_bot_answer_seconds_bucket{le="10"} 1',
        'ktrdr_bot_requests_total{outcome="apologized"} 1',
        'ktrdr_bot_delivery_retries_total{reason="rate-limited"} 1',
      ]),
    );
  });

  it('are those of diagnoses as counters', async () => {
    const stats = { diagnosed: 2, answered: 3, failed: 0 };
    const metrics = metricsOf({ worker: { stats, close: async () => undefined } });
    await metrics.read();
    stats.answered = 5;
    const text = await metrics.read();
    expect(text).toContain('# TYPE ktrdr_bot_diagnoses_total counter');
    expect(text).toContain('ktrdr_bot_diagnoses_total{outcome="answered"} 5');
  });

  it('need no queue: what is read there is absent, and nothing waits for it', async () => {
    const text = await metricsOf().read();
    expect(text).toContain('ktrdr_bot_queue_up 0');
    expect(text).toContain('ktrdr_bot_part_ok{part="queue"} 0');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).not.toMatch(/^ktrdr_bot_(?:queue_jobs|feedback|workers_alive|oldest_open|parked)/m);
  });
});

describe.each(QUEUE_KINDS)('the metrics read from $kind', ({ skipped, open }) => {
  it.skipIf(skipped)('are the age of the oldest open request, parked workspaces, workers, and jobs', async () => {
    const queue: TestQueue = await open(pino({ level: 'silent' }));
    ends.push(() => queue.remove());
    const { store } = queue.backend.front;
    const metrics = metricsOf({
      store,
      health: { jobs: () => ({ questions: { waiting: 4 } }), workers: () => [] },
      readiness: () => ({ ready: true, parts: { 'slack-token': { ok: false, problems: ['It is refused.'] } } }),
    });
    const metric = async (name: string) =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec(await metrics.read())?.[1] ?? Number.NaN);
    expect(await metric('ktrdr_bot_oldest_open_request_seconds')).toBe(0);
    await store.rank('open', 'request-1', Date.now() - 90_000);
    await store.rank('open', 'request-2', Date.now());
    await store.rank('parked-workspaces', 'T0KTRDR', Date.now());
    expect(await metric('ktrdr_bot_oldest_open_request_seconds')).toBeGreaterThanOrEqual(90);
    expect(await metric('ktrdr_bot_parked_workspaces')).toBe(1);
    expect(await metric('ktrdr_bot_workers_alive')).toBe(0);
    expect(await metric('ktrdr_bot_queue_up')).toBe(1);
    const text = await metrics.read();
    expect(text).toContain('ktrdr_bot_queue_jobs{queue="questions",state="waiting"} 4');
    expect(text).toContain('ktrdr_bot_part_ok{part="slack-token"} 0');
  });
});

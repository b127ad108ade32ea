/** Failures that an operation caught and survived: must not matter. */
import { type Draft, type DraftAttributes, type DraftSpan, isAbout } from './draft.ts';
import { addSpan, callOf, type Kind, raise, type Words, workOf } from './parts.ts';
import type { Random } from './random.ts';

const REFUSED: Words = { type: 'httpx.ConnectError', message: 'All connection attempts failed' };
const TIMED_OUT: Words = { type: 'httpx.ReadTimeout', message: '' };

/** One span of something that went wrong or right on the way. */
interface Step {
  readonly name: string;
  readonly kind?: DraftSpan['kind'];
  readonly attributes?: DraftAttributes;
  readonly raises?: Words;
  readonly status?: DraftSpan['status']['code'];
}

/** Failures that the work survived: the steps come one after the other. */
const SURVIVED: Readonly<Record<string, readonly Step[]>> = {
  'health-503': [
    {
      name: 'GET',
      kind: 'client',
      attributes: callOf('GET', 'http://feature-store:7070/health', 503),
      status: 'error',
    },
  ],
  'otlp-export-refused': [
    { name: 'POST', kind: 'client', attributes: callOf('POST', 'http://jaeger:4318/v1/traces', null), raises: REFUSED },
  ],
  'probe-404': [
    { name: 'GET', kind: 'client', attributes: callOf('GET', 'http://flags.internal:8080/api/flags/fast-path', 404) },
  ],
  'head-404': [
    {
      name: 'HEAD',
      kind: 'client',
      attributes: callOf('HEAD', 'http://minio:9000/models/latest.pt', 404),
      status: 'error',
    },
  ],
  'refused-then-other-host': [
    { name: 'GET', kind: 'client', attributes: callOf('GET', 'http://cache-a:7001/bars/1', null), raises: REFUSED },
    { name: 'GET', kind: 'client', attributes: callOf('GET', 'http://cache-b:7001/bars/1', 200) },
  ],
  'timed-out-then-retried': [
    {
      name: 'POST',
      kind: 'client',
      attributes: callOf('POST', 'http://metrics:9091/api/push', null),
      raises: TIMED_OUT,
    },
    { name: 'POST', kind: 'client', attributes: callOf('POST', 'http://metrics:9091/api/push', 200) },
  ],
  'answered-500-then-retried': [
    { name: 'POST', kind: 'client', attributes: callOf('POST', 'http://registry:8600/v1/lease', 500), status: 'error' },
    { name: 'POST', kind: 'client', attributes: callOf('POST', 'http://registry:8600/v1/lease', 200) },
  ],
  'heartbeat-timeouts': [1, 2, 3].map(() => ({
    name: 'POST',
    kind: 'client' as const,
    attributes: callOf('POST', 'http://backend:8000/api/v1/workers/heartbeat', null),
    raises: TIMED_OUT,
  })),
  'caught-data-not-found': [
    {
      name: 'context.load',
      raises: { type: 'ktrdr.errors.exceptions.DataNotFoundError', message: 'No data found in cache for VIX 1d' },
    },
    { name: 'context.defaults', status: 'ok' },
  ],
  'caught-connect-error': [
    {
      name: 'POST',
      kind: 'client',
      attributes: callOf('POST', 'http://mlflow:5050/api/2.0/mlflow/runs/create', null),
      raises: REFUSED,
    },
  ],
  'caught-file-not-found': [
    {
      name: 'checkpoint.load',
      raises: {
        type: 'FileNotFoundError',
        message: "[Errno 2] No such file or directory: '/app/checkpoints/latest.pt'",
      },
    },
    { name: 'checkpoint.start_fresh', status: 'ok' },
  ],
  'caught-out-of-memory': [
    {
      name: 'batch.probe',
      raises: { type: 'torch.OutOfMemoryError', message: 'CUDA out of memory. Tried to allocate 1.50 GiB.' },
      attributes: { 'batch.size': 1024 },
    },
    { name: 'batch.probe', status: 'ok', attributes: { 'batch.size': 512 } },
  ],
  'caught-value-error': [
    { name: 'indicator.optional', raises: { type: 'ValueError', message: 'window must be positive, got 0' } },
  ],
  'caught-module-missing': [
    { name: 'import.optional', raises: { type: 'ModuleNotFoundError', message: "No module named 'talib'" } },
  ],
  'caught-database-error': [
    { name: 'cache.read', raises: { type: 'asyncpg.exceptions.DeadlockDetectedError', message: 'deadlock detected' } },
    { name: 'cache.read', status: 'ok' },
  ],
  'caught-disk-full': [
    {
      name: 'debug.dump',
      raises: { type: 'OSError', message: "[Errno 28] No space left on device: '/tmp/debug/frame.parquet'" },
    },
  ],
};

/** Where these are in play, a failure near the end may be the cause. */
const SUSPICIOUS = ['worker-lost', 'progress-stalled', 'singleton-mismatch', 'export-overhead', 'ib-gateway', 'slow'];

export const CAUGHT: readonly Kind[] = [
  ...Object.entries(SURVIVED).map(
    ([name, steps]): Kind => ({ name, apply: (draft, random) => survive(draft, random, steps) }),
  ),
  { name: 'caught-as-event', apply: caughtAsEvent },
];

function survive(draft: Draft, random: Random, steps: readonly Step[]): boolean {
  const work = workOf(draft);
  if (work === null || isAbout(draft, ...SUSPICIOUS)) return false;
  const room = work.to - work.from;
  const duration = room * (0.02 + random.next() * 0.05);
  let start = work.from + room * (0.1 + random.next() * 0.6);
  for (const step of steps) {
    addSpan(draft, random, { ...step, parent: work.parent, start, duration });
    start += duration * 1.2;
  }
  return true;
}

/** `span.record_exception` in an except block, on a span that ends well. */
function caughtAsEvent(draft: Draft, random: Random): boolean {
  const work = workOf(draft);
  if (work === null || isAbout(draft, ...SUSPICIOUS)) return false;
  const room = work.to - work.from;
  const span = addSpan(draft, random, {
    name: 'indicators.warm_up',
    parent: work.parent,
    start: work.from + room / 4,
    duration: room / 20,
    status: 'ok',
  });
  raise(span, { type: 'KeyError', message: "'volume'" });
  span.status = { code: 'ok', message: null };
  return true;
}

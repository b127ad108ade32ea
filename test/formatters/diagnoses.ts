/** Diagnoses built by hand after three recorded incidents and the awkward verdicts, for tests that need one of each kind. */
import type { Baseline, Diagnosis, Finding, FlowStep } from '../../src/diagnosis/finding.ts';
import { literal, sh } from '../../src/diagnosis/fixes/shell.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { nothingFound as nothing } from '../support/nothing-found.ts';

export const NOW = micros(Date.UTC(2026, 10, 23, 7, 21, 6) * 1000);

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OPERATION = 'op_training_20261123_071605_c87fc1a6';

function step(part: Partial<FlowStep> & { readonly operation: string }): FlowStep {
  return {
    service: 'ktrdr-api',
    spanId: '00f067aa0ba902b7',
    traceId: TRACE,
    startMs: 0,
    durationMs: 1,
    selfMs: 1,
    onCriticalPath: false,
    error: false,
    depth: 0,
    note: '',
    ...part,
  };
}

const noWorkers: Finding = {
  cause: 'workers-unavailable/none-capable',
  scenario: 'no-workers',
  severity: 'blocking',
  confidence: 'certain',
  headline: 'No worker can run backtests: the one registered worker is a training worker.',
  explanation:
    'The backend selects a worker of the type that the request needs. It counted one worker and none of that type.',
  culprit: { service: 'ktrdr-api', operation: 'workers.select', spanId: 'b7ad6b7169203331', traceId: TRACE },
  evidence: [
    { kind: 'attribute', text: 'workers.select: worker.total_workers = 1', spanId: 'b7ad6b7169203331', traceId: TRACE },
    { kind: 'attribute', text: 'workers.select: worker.capable_workers = 0' },
    { kind: 'worker', text: 'training-worker-accc5f34 (training) is available' },
  ],
  fixes: [
    {
      kind: 'command',
      label: 'Start a backtest worker',
      command: sh`docker compose up -d backtest-worker-1`,
      effect: 'changes',
    },
    {
      kind: 'command',
      label: 'List the workers',
      command: sh`curl -s http://localhost:8000/api/v1/workers`,
      effect: 'inspects',
    },
    { kind: 'advice', text: 'Start the backtest again once the worker has registered.' },
    { kind: 'link', label: 'How workers register', url: 'https://jaeger.example.org/docs/workers' },
  ],
};

export const refusedStart: Diagnosis = {
  ...nothing,
  verdict: 'explained',
  headline: noWorkers.headline,
  status: 'failed',
  statusSource: 'trace',
  operationType: 'backtesting',
  operation: {
    ...nothing.operation,
    symbol: 'EURUSD',
    timeframe: '1h',
    startedAt: '2026-11-23T07:03:07.120Z',
    endedAt: '2026-11-23T07:03:07.173Z',
    durationMs: 53,
    request: 'POST /api/v1/backtests/start',
    httpStatus: 503,
  },
  traces: [
    {
      traceId: TRACE,
      spanCount: 7,
      services: ['ktrdr-api'],
      startTime: '2026-11-23T07:03:07.120Z',
      durationMs: 53,
      missingParents: 0,
      warnings: [],
    },
  ],
  flow: [
    step({ operation: 'POST /api/v1/backtests/start', durationMs: 53, onCriticalPath: true, error: true, note: '503' }),
    step({ operation: 'backtest.validate', depth: 1, startMs: 2, durationMs: 8, spanId: '00f067aa0ba902b8' }),
    step({
      operation: 'workers.select',
      depth: 1,
      startMs: 12,
      durationMs: 2.1,
      error: true,
      onCriticalPath: true,
      spanId: 'b7ad6b7169203331',
      note: 'none of 1 worker is capable',
    }),
  ],
  criticalPath: { totalMs: 53, byService: [{ service: 'ktrdr-api', ms: 53, share: 1 }] },
  primary: noWorkers,
  notChecked: [{ cause: 'worker-unreachable', missing: ['operation record'] }],
  sources: [
    { name: 'jaeger', state: 'ok', detail: 'v3, 3 services searched', tookMs: 41 },
    { name: 'ktrdr-api', state: 'ok', detail: 'worker list read', tookMs: 12 },
  ],
};

export const lostWorker: Diagnosis = {
  ...refusedStart,
  operationId: OPERATION,
  headline: 'The worker running this training is gone. ktrdr still shows 2.9%, but nothing has run for 2 min 35 s.',
  status: 'running',
  statusSource: 'ktrdr-api',
  operationType: 'training',
  operation: {
    ...nothing.operation,
    symbol: 'EURUSD',
    timeframe: '1h',
    startedAt: '2026-11-23T07:16:05Z',
    progressPercent: 2.9,
    progressStep: 'Epoch 17/600',
  },
  traces: refusedStart.traces.flatMap((trace) => [
    trace,
    { ...trace, traceId: 'ac3dabcf4776e7f5cc000f8397d2c203', missingParents: 1, warnings: ['1 span arrived twice'] },
  ]),
  flow: [
    step({ operation: 'POST /api/v1/trainings/start', durationMs: 240, onCriticalPath: true }),
    step({ operation: 'workers.select', depth: 1, startMs: 3, durationMs: 2, spanId: '1111111111111111' }),
    step({
      operation: 'POST /training/start',
      depth: 1,
      startMs: 8,
      durationMs: 190,
      onCriticalPath: true,
      spanId: '2222222222222222',
    }),
    step({
      operation: 'training.start',
      service: 'ktrdr-training-worker-accc5f34',
      depth: 2,
      startMs: 30,
      durationMs: 150,
      onCriticalPath: true,
      spanId: '3333333333333333',
    }),
    step({
      operation: 'operation.state_transition',
      service: 'ktrdr-training-worker-accc5f34',
      depth: 0,
      startMs: 700,
      durationMs: 0.4,
      traceId: 'ac3dabcf4776e7f5cc000f8397d2c203',
      spanId: '4444444444444444',
      note: 'pending → running',
    }),
  ],
  criticalPath: {
    totalMs: 240,
    byService: [
      { service: 'ktrdr-api', ms: 90, share: 0.375 },
      { service: 'ktrdr-training-worker-accc5f34', ms: 150, share: 0.625 },
    ],
  },
  primary: {
    ...noWorkers,
    cause: 'worker-lost/crashed',
    scenario: 'stuck',
    confidence: 'likely',
    headline: 'The worker running this training is gone. ktrdr still shows 2.9%, but nothing has run for 2 min 35 s.',
    explanation:
      'Last progress: epoch 17 of 600 at 2026-11-23T07:18:31Z, when an epoch took 0.8 s. Worker training-worker-accc5f34 has failed its health checks since then. ktrdr itself will notice about 2026-11-23T07:24:40Z and then mark the operation failed.',
    culprit: null,
    evidence: [
      { kind: 'record', text: 'the record says running, 2.9%, last changed 2026-11-23T07:18:31Z' },
      { kind: 'worker', text: 'training-worker-accc5f34: temporarily_unavailable, 12 failed health checks' },
      { kind: 'absence', text: 'no span of the worker after 07:18:31 UTC' },
    ],
    fixes: [
      {
        kind: 'command',
        label: 'Read the worker’s log',
        command: sh`docker compose logs --tail=200 training-worker-1`,
        effect: 'inspects',
        reading: 'Its last lines show how it ended.',
      },
      {
        kind: 'command',
        label: 'Start the worker',
        command: sh`docker compose up -d training-worker-1`,
        effect: 'changes',
      },
      {
        kind: 'command',
        label: 'Resume from the checkpoint',
        command: sh`ktrdr operations resume ${literal(OPERATION)}`,
        effect: 'changes',
      },
      { kind: 'advice', text: 'Look why the worker died, start it, resume from the checkpoint' },
    ],
  },
  others: [{ ...noWorkers, severity: 'degraded', confidence: 'possible' }],
};

const missingData: Diagnosis = {
  ...refusedStart,
  operationId: 'op_backtesting_20261123_070418_6aa5643a',
  headline: 'No data for AUDUSD 1h: it was never downloaded on this system.',
  operation: { ...refusedStart.operation, symbol: 'AUDUSD', durationMs: 104, httpStatus: 200 },
  statusSource: 'ktrdr-api',
  primary: {
    ...noWorkers,
    cause: 'data-missing/never-downloaded',
    scenario: 'failed',
    headline: 'No data for AUDUSD 1h: it was never downloaded on this system.',
    explanation: 'The backtest failed while loading data, on ktrdr-backtest-worker-6aa5643a.',
    fixes: [
      {
        kind: 'command',
        label: 'Download it (the IB host service must be running), then start the backtest again',
        command: sh`ktrdr data load AUDUSD --timeframe 1h --mode full`,
        effect: 'changes',
      },
    ],
  },
};

const usualTraining: Baseline = {
  comparedWith: 5,
  verdict: 'not-slower',
  ratio: 0.97,
  typicalMs: 480_000,
  highMs: 510_000,
  thisMs: 465_600,
  kind: 'EURUSD 1h training runs',
  since: '2026-11-20T07:00:00.000Z',
  firstOfItsProcess: false,
  phases: [],
  services: [],
  appeared: [],
  vanished: [],
};

const healthyRunning: Diagnosis = {
  ...lostWorker,
  verdict: 'running',
  headline: 'This training is running normally: epoch 27 of 600, 4.6%.',
  explanation:
    'One epoch takes about 0.8 s, so some 8 minutes are left. Nothing in its spans looks wrong; progress moved between two looks 2 s apart.',
  operation: { ...lostWorker.operation, progressPercent: 4.6, progressStep: 'Epoch 27/600' },
  primary: null,
  others: [],
  baseline: usualTraining,
};

export const healthyDone: Diagnosis = {
  ...missingData,
  verdict: 'healthy',
  status: 'completed',
  headline: 'This backtest completed normally, as fast as usual.',
  explanation: 'It took 0.6 s; 5 earlier EURUSD 1h backtests took 0.5–0.9 s.',
  flow: missingData.flow.map((flow) => ({ ...flow, error: false, note: '' })),
  primary: null,
  notChecked: [],
  baseline: { ...usualTraining, ratio: 1.04, typicalMs: 610, highMs: 900, thisMs: 634, kind: 'EURUSD 1h backtests' },
};

export const notFound: Diagnosis = {
  ...nothing,
  operationId: 'op_training_20250101_000000_deadbeef',
  verdict: 'not-found',
  headline: 'Nothing is known about op_training_20250101_000000_deadbeef.',
  explanation:
    'Looked in 7 services on Jaeger (1 Jan 2025 ± 1 h) and in the ktrdr API. Most likely the id is mistyped, or the trace has expired. “/ktrdr diagnose last training” shows the newest one.',
  operationType: 'training',
  sources: [
    { name: 'jaeger', state: 'ok', detail: 'v3, 7 services searched', tookMs: 41 },
    { name: 'ktrdr-api', state: 'ok', detail: 'answered 404', tookMs: 8 },
  ],
};

export const unavailable: Diagnosis = {
  ...nothing,
  operationId: 'op_backtesting_20261123_070418_6aa5643a',
  verdict: 'unavailable',
  headline: 'Jaeger did not answer at jaeger.internal:16686 (connection refused, tried twice in 4 s).',
  explanation:
    'The ktrdr API says: failed, “No data found in cache for AUDUSD 1h”. That points to missing data; without the trace I cannot say where it happened.',
  status: 'failed',
  statusSource: 'ktrdr-api',
  operationType: 'backtesting',
  sources: [
    { name: 'jaeger', state: 'unavailable', detail: 'connection refused at jaeger.internal:16686', tookMs: 4000 },
    { name: 'ktrdr-api', state: 'ok', detail: 'record read', tookMs: 8 },
  ],
};

const nothingFound: Diagnosis = {
  ...healthyDone,
  verdict: 'nothing-found',
  headline: nothing.headline,
  explanation: '',
  status: 'failed',
};

export const EXAMPLES = {
  refusedStart,
  lostWorker,
  missingData,
  healthyRunning,
  healthyDone,
  notFound,
  unavailable,
  nothingFound,
} as const;

import { describe, expect, it } from 'vitest';
import { call, caseOf, record, server, span, trace, worker } from '../../support/build.ts';
import { answer, judge } from '../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  backtestRequest,
  backtestTrace,
  documentedRegister,
  documentedSelection,
  documentedTrace,
  documentedWork,
  features,
  IB_HOST,
  loading,
  selection,
  TRAINER,
  TRAINING,
  trainingTrace,
  transition,
} from '../../support/ktrdr-spans.ts';

const id = { 'operation.id': TRAINING };
const dispatched = span(
  'operation.dispatch',
  { at: 14, took: 40, attributes: { ...id, 'dispatch.status': 'success' } },
  call('POST', 'http://training-worker-1:5005/training/start', 200, { at: 15, took: 38 }),
);
const chosen = documentedSelection(TRAINING, 'SUCCESS', { total: 4, capable: 2, available: 2 });
const halfTrace = documentedTrace(TRAINING, 'TRAINING', 200, chosen, dispatched);

describe('backend-spans-only', () => {
  judge([
    {
      about: 'documented: the worker exports nothing',
      case: caseOf({ id: TRAINING, now: 600_000, traces: [halfTrace] }),
      answer: 'backend-spans-only/worker-not-instrumented',
      confidence: 'possible',
      headline: ['training-worker-1:5005'],
      advises: ['logs --tail=200 training-worker-1'],
    },
    {
      about: 'the worker is gone',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [halfTrace],
        operation: record(TRAINING, 'running', { workerId: 'training-worker-x' }),
        later: record(TRAINING, 'running', { workerId: 'training-worker-x' }),
        workers: [],
      }),
      answer: 'worker-lost/undetected',
    },
    {
      about: 'its spans are on the way',
      case: caseOf({ id: TRAINING, now: 8000, traces: [halfTrace] }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'an agent’s container is never traced',
      case: caseOf({
        id: 'op_agent_research_20260512_093000_0a1b2c3d',
        now: 90_000,
        traces: [
          trace(
            server(
              'POST /api/v1/agent/trigger',
              API,
              202,
              { at: 0, took: 30 },
              span('operation.register', {
                at: 2,
                attributes: {
                  'operation.id': 'op_agent_research_20260512_093000_0a1b2c3d',
                  'operation.type': 'agent_research',
                },
              }),
              transition('op_agent_research_20260512_093000_0a1b2c3d', 5, 'pending', 'running'),
              call('POST', 'http://design-agent-1:5010/designs/start', 200, { at: 9, took: 5 }),
            ),
          ),
        ],
      }),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
  ]);
});

describe('trace-split', () => {
  const workerTrace = trace(
    span('worker.training', { service: TRAINER, at: 21, took: 5000, attributes: { ...id, 'worker.type': 'TRAINING' } }),
  );
  judge([
    {
      about: 'documented: the worker begins a trace of its own',
      case: caseOf({ id: TRAINING, now: 600_000, traces: [halfTrace, workerTrace] }),
      answer: 'trace-split/backend-worker',
      confidence: 'certain',
      advises: ['instrument_app'],
    },
    {
      about: 'real: a worker whose server span is a root',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          trace(
            backtestRequest(
              200,
              selection({ capable: 1, available: 1 }),
              call('POST', 'http://backtest-worker-1:5003/backtests/start', 200, { at: 20, took: 9 }),
            ),
          ),
          trace(
            server(
              'POST /backtests/start',
              BACKTESTER,
              200,
              { at: 22, took: 5 },
              span('operations.create', { at: 25, attributes: { 'operation.id': BACKTEST } }),
              transition(BACKTEST, 40, 'pending', 'running'),
              transition(BACKTEST, 900, 'running', 'completed'),
            ),
          ),
        ],
      }),
      answer: 'trace-split/backend-worker',
    },
    {
      about: 'documented: the command line alone',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          trace(
            span('cli.train', {
              service: 'ktrdr-cli',
              at: 0,
              took: 100,
              attributes: { ...id, 'cli.command': 'train' },
            }),
          ),
          trace(
            server(
              'POST /api/v1/trainings/start',
              API,
              200,
              { at: 4, took: 92 },
              documentedRegister(TRAINING, 'TRAINING'),
              ...documentedWork(TRAINING, 'TRAINING', {}),
            ),
          ),
        ],
      }),
      answer: 'trace-split/cli-backend',
    },
    {
      about: 'documented: the host service alone',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            200,
            ...documentedWork(
              TRAINING,
              'TRAINING',
              {},
              span(
                'data.fetch',
                { at: 30, took: 300, attributes: id },
                call('POST', 'http://localhost:5001/data/historical', 200, { at: 31, took: 290 }),
              ),
            ),
          ),
          trace(
            server(
              'POST /data/historical',
              IB_HOST,
              200,
              { at: 33, took: 280, attributes: id },
              span('ib.fetch_historical', { at: 40, took: 200, attributes: id }),
            ),
          ),
        ],
      }),
      answer: 'trace-split/backend-host',
    },
    {
      about: 'documented: the host’s fetch alone, without a server span',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            200,
            ...documentedWork(
              TRAINING,
              'TRAINING',
              {},
              span(
                'data.fetch',
                { at: 30, took: 300, attributes: id },
                call('POST', 'http://localhost:5001/data/historical', 200, { at: 31, took: 290 }),
              ),
            ),
          ),
          trace(span('ib.fetch_historical', { service: IB_HOST, at: 40, took: 200, attributes: id })),
        ],
      }),
      answer: 'trace-split/backend-host',
    },
    {
      about: 'cancel, orphan check and resume are traces of their own',
      case: caseOf({
        id: BACKTEST,
        now: 60_000,
        traces: [
          backtestTrace(transition(BACKTEST, 4000, 'running', 'completed')),
          trace(server('GET /api/v1/operations/{operation_id}', API, 200, { at: 2000, took: 4 })),
          trace(
            span('cli.status', { service: 'ktrdr-cli', at: 3000, took: 9, attributes: { 'operation.id': BACKTEST } }),
          ),
        ],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'the command’s spans never arrived: its caller is missing, nothing is split',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [
          trace(
            server(
              'POST /api/v1/trainings/start',
              API,
              200,
              { at: 4, took: 92, lostParent: true },
              documentedRegister(TRAINING, 'TRAINING'),
              ...documentedWork(TRAINING, 'TRAINING', {}),
            ),
          ),
        ],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});

describe('progress-not-traced', () => {
  judge([
    {
      about: 'runs, and only traces are at hand',
      case: caseOf({ id: TRAINING, now: 60_000, traces: [trainingTrace(loading('training', 80, 900))] }),
      answer: 'progress-not-traced',
      noAlarm: true,
      advises: [`ktrdr --json status ${TRAINING}`],
    },
    {
      about: 'documented: a loop that never told its progress',
      case: caseOf({
        id: TRAINING,
        now: 2_000_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            200,
            ...documentedWork(
              TRAINING,
              'TRAINING',
              { took: 600_000 },
              span('training.training_loop', { at: 200, took: 590_000, attributes: id }),
            ),
          ),
        ],
      }),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
  ]);
});

describe('singleton-mismatch', () => {
  const own = (instance: string) => ({ ...id, 'operations_service.instance_id': instance });
  const told = (backend: string, worker: string) =>
    caseOf({
      id: TRAINING,
      now: 2_000_000,
      traces: [
        trace(
          server(
            'POST /api/v1/trainings/start',
            API,
            200,
            { at: 4, took: 92 },
            documentedRegister(TRAINING, 'TRAINING', own(backend)),
            ...documentedWork(
              TRAINING,
              'TRAINING',
              { took: 900_000, attributes: own(worker) },
              span('training.training_loop', {
                at: 100,
                took: 890_000,
                attributes: { ...own(worker), 'progress.percentage': 45 },
              }),
            ),
          ),
        ),
      ],
    });
  judge([
    {
      about: 'two instances',
      case: told('ops-backend', 'ops-worker'),
      answer: 'singleton-mismatch',
      confidence: 'certain',
      headline: [API, TRAINER],
      shows: ['ops-backend', 'ops-worker'],
      advises: ['restart training-worker-1'],
    },
    { about: 'one instance', case: told('ops-1', 'ops-1'), answer: 'running', noAlarm: true },
  ]);
});

describe('worker-selection-missing', () => {
  const registered = documentedTrace(TRAINING, 'TRAINING', 200);
  judge([
    {
      about: 'documented: registered and nothing more',
      case: caseOf({ id: TRAINING, now: 600_000, traces: [registered] }),
      answer: 'worker-selection-missing/not-reached',
      confidence: 'likely',
    },
    {
      about: 'and the list is empty',
      case: caseOf({ id: TRAINING, now: 600_000, traces: [registered], workers: [] }),
      answer: 'worker-selection-missing/none-registered',
    },
    {
      about: 'a moment ago',
      case: caseOf({ id: TRAINING, now: 9000, traces: [registered] }),
      answer: 'nothing-found',
      noAlarm: true,
    },
  ]);
});

describe('export-overhead', () => {
  const batches = (n: number, attributes = {}) =>
    Array.from({ length: n }, (_, i) =>
      span('training.batch', { at: 200 + i * 7, took: 6, attributes: { 'batch.index': i, ...attributes } }),
    );
  judge([
    {
      about: 'documented: a span for every batch, with dumps',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            200,
            ...documentedWork(
              TRAINING,
              'TRAINING',
              { took: 30_000 },
              span(
                'training.training_loop',
                { at: 100, took: 29_000, attributes: id },
                ...batches(3000, { 'batch.dump': 'x'.repeat(2000) }),
              ),
            ),
          ),
        ],
      }),
      answer: 'export-overhead',
      headline: ['training.batch'],
      shows: ['2000 characters'],
    },
    {
      about: 'a command that followed a long run: polls, no fault',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          trace(
            span(
              'cli.backtest',
              { service: 'ktrdr-cli', at: 0, took: 500_000, status: 'ok' },
              call(
                'POST',
                'http://localhost:8000/api/v1/backtests/start',
                200,
                { at: 2, took: 60 },
                backtestRequest(
                  200,
                  selection({ capable: 1, available: 1 }),
                  call(
                    'POST',
                    'http://backtest-worker-1:5003/backtests/start',
                    200,
                    { at: 20, took: 9 },
                    server(
                      'POST /backtests/start',
                      BACKTESTER,
                      200,
                      { at: 22, took: 5 },
                      transition(BACKTEST, 60, 'pending', 'running'),
                      transition(BACKTEST, 499_000, 'running', 'completed'),
                    ),
                  ),
                ),
              ),
              ...Array.from({ length: 1500 }, (_, i) =>
                call('GET', `http://localhost:8000/api/v1/operations/${BACKTEST}`, 200, { at: 300 + i * 300, took: 8 }),
              ),
            ),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 499_000 }),
      }),
      answer: 'export-overhead',
      noAlarm: true,
    },
  ]);
});

describe('trace-not-found', () => {
  const nothing = (now: number, told: Parameters<typeof caseOf>[0]) => caseOf({ id: TRAINING, ...told, now });
  it('names the reason', () => {
    const cause = (kase: Parameters<typeof answer>[0]) => answer(kase).others[0]?.cause;
    expect(
      cause(nothing(600_000, { now: 0, operation: { kind: 'not-found', readAt: 0 as never }, services: [API] })),
    ).toBe('trace-not-found/unknown-operation');
    expect(cause(nothing(5000, { now: 0 }))).toBe('trace-not-found/not-exported-yet');
    expect(cause(nothing(600_000, { now: 0, services: [] }))).toBe('trace-not-found/tracing-off');
    expect(cause(nothing(600_000, { now: 0, operation: record(TRAINING, 'pending'), services: [API] }))).toBe(
      'trace-not-found/never-started',
    );
    expect(
      cause(
        nothing(600_000_000, { now: 0, operation: record(TRAINING, 'completed', { ended: 9000 }), services: [API] }),
      ),
    ).toBe('trace-not-found/expired');
    expect(
      cause(nothing(600_000, { now: 0, operation: record(TRAINING, 'completed', { ended: 9000 }), services: [API] })),
    ).toBe('trace-not-found/not-traced');
  });
  judge([
    {
      about: 'a completed operation whose trace expired is no fault',
      case: nothing(600_000_000, {
        now: 0,
        operation: record(TRAINING, 'completed', { ended: 9000 }),
        services: [API],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'an id nobody knows',
      case: nothing(600_000, { now: 0, operation: { kind: 'not-found', readAt: 0 as never }, services: [API] }),
      answer: 'not-found',
      headline: [TRAINING],
    },
    {
      about: 'Jaeger is away',
      case: nothing(600_000, {
        now: 0,
        sources: [
          {
            name: 'jaeger',
            state: 'unavailable',
            detail: 'Jaeger did not answer at jaeger:16686 (connection refused).',
            tookMs: 9,
          },
        ],
      }),
      answer: 'unavailable',
    },
  ]);
});

describe('failed-without-trace', () => {
  judge([
    {
      about: 'only the record knows',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        operation: record(TRAINING, 'failed', { ended: 9000, errorMessage: 'Loss became NaN' }),
      }),
      answer: 'failed-without-trace',
      confidence: 'likely',
      headline: ['Loss became NaN'],
    },
    {
      about: 'and says nothing',
      case: caseOf({ id: TRAINING, now: 600_000, operation: record(TRAINING, 'failed', { ended: 9000 }) }),
      answer: 'failed-without-trace',
      confidence: 'possible',
    },
  ]);
});

describe('resources', () => {
  const failed = (error: string) =>
    caseOf({
      id: TRAINING,
      now: 60_000,
      traces: [trainingTrace(loading('training', 80, 900), transition(TRAINING, 5000, 'running', 'failed', { error }))],
      operation: record(TRAINING, 'failed', { ended: 5000, errorMessage: error }),
    });
  judge([
    {
      about: 'GPU memory',
      case: failed('CUDA out of memory. Tried to allocate 1.50 GiB'),
      answer: 'resources/gpu-memory',
      advises: ['batch size'],
    },
    {
      about: 'memory',
      case: failed('Unable to allocate 14.2 GiB for an array with shape (1, 2)'),
      answer: 'resources/out-of-memory',
      advises: ['dmesg'],
    },
    {
      about: 'memory, in the words of torch',
      case: failed("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9663676416 bytes."),
      answer: 'resources/out-of-memory',
    },
    {
      about: 'a package',
      case: failed("No module named 'torch'"),
      answer: 'resources/missing-package',
      headline: ['torch'],
    },
    {
      about: 'documented: GPU memory',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [
          documentedTrace(
            TRAINING,
            'TRAINING',
            200,
            ...documentedWork(
              TRAINING,
              'TRAINING',
              { raises: ['torch.cuda.OutOfMemoryError', 'CUDA out of memory. Tried to allocate 8.00 GiB'] },
              span('training.training_loop', {
                at: 90,
                took: 300,
                raises: ['torch.cuda.OutOfMemoryError', 'CUDA out of memory. Tried to allocate 8.00 GiB'],
                attributes: { 'training.device': 'cuda:1' },
              }),
            ),
          ),
        ],
      }),
      answer: 'resources/gpu-memory',
      shows: ['cuda:1'],
    },
  ]);
});

describe('duplicate-operation', () => {
  judge([
    {
      about: 'submitted twice',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            backtestRequest(
              200,
              selection({ capable: 1, available: 1 }),
              call(
                'POST',
                'http://backtest-worker-1:5003/backtests/start',
                500,
                { at: 20, took: 5 },
                server(
                  'POST /backtests/start',
                  BACKTESTER,
                  500,
                  { at: 21, took: 4 },
                  span('operations.create', {
                    at: 22,
                    took: 2,
                    raises: ['ktrdr.errors.exceptions.DataError', `Operation ID already exists: ${BACKTEST}`],
                  }),
                ),
              ),
            ),
          ),
        ],
      }),
      answer: 'duplicate-operation',
      headline: [BACKTEST],
      advises: [`ktrdr --json status ${BACKTEST}`],
    },
  ]);
});

describe('worker-rejected', () => {
  const said =
    'Training start failed on worker training-worker-1a (http://training-worker-1:5005/training/start, HTTP 422): field required';
  judge([
    {
      about: 'images of different versions',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            server(
              'POST /api/v1/trainings/start',
              API,
              500,
              { at: 0, took: 60 },
              span(
                'training.start',
                { at: 1, took: 50, raises: ['RuntimeError', said] },
                call(
                  'POST',
                  'http://training-worker-1:5005/training/start',
                  422,
                  { at: 20, took: 5 },
                  server('POST /training/start', TRAINER, 422, { at: 21, took: 3 }),
                ),
              ),
            ),
          ),
        ],
      }),
      answer: 'worker-rejected',
      confidence: 'certain',
      headline: ['422', 'training-worker-1'],
      advises: [/same version/],
    },
    {
      about: 'the database refuses the training host',
      case: caseOf({
        now: 9000,
        traces: [
          trace(
            server(
              'POST /api/v1/trainings/start',
              API,
              500,
              { at: 0, took: 60 },
              span(
                'training.start',
                {
                  at: 1,
                  took: 50,
                  raises: [
                    'RuntimeError',
                    'Training start failed on worker gpu (http://localhost:5002/training/start, HTTP 500): password authentication failed for user "ktrdr"',
                  ],
                },
                call('POST', 'http://localhost:5002/training/start', 500, { at: 20, took: 5 }),
              ),
            ),
          ),
        ],
      }),
      answer: 'database/credentials',
      headline: ['ktrdr'],
    },
  ]);
});

describe('progress-stalled', () => {
  const loop = (updated: number) =>
    caseOf({
      id: TRAINING,
      now: 2_000_000,
      traces: [
        documentedTrace(
          TRAINING,
          'TRAINING',
          200,
          ...documentedWork(
            TRAINING,
            'TRAINING',
            { took: 1_500_000 },
            span('training.training_loop', {
              at: 60,
              took: 1_490_000,
              attributes: {
                ...id,
                'progress.percentage': 62,
                'progress.phase': 'training.training_loop',
                'progress.updated_at': Date.UTC(2026, 4, 12, 9, 30, 0) / 1000 + updated,
                'training.epochs.total': 200,
                'training.epochs.completed': 124,
              },
            }),
          ),
        ),
      ],
    });
  const epochs = (n: number) => Array.from({ length: n }, (_, i) => 2000 + i * 5000);
  const healthy = worker('training-worker-aa', 'busy', { currentOperationId: TRAINING, checkedAt: 895_000 });
  const standing = record(TRAINING, 'running', {
    workerId: 'training-worker-aa',
    percentage: 40,
    step: 'Epoch 41/100',
    steps: [40, 100],
    epochsAt: epochs(40),
  });
  judge([
    {
      about: 'documented: the last update is 20 minutes old',
      case: loop(260),
      answer: 'progress-stalled',
      confidence: 'likely',
      headline: ['62 %', 'training.training_loop'],
    },
    { about: 'documented: the last update is just before the end', case: loop(1488), answer: 'running', noAlarm: true },
    {
      about: 'the list of epochs ended 12 minutes ago',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: standing,
        workers: [healthy],
      }),
      answer: 'progress-stalled',
      headline: ['40 %'],
    },
    {
      about: 'read twice, and it moved',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: standing,
        later: { ...standing, progress: { ...standing.progress, percentage: 41, stepsCompleted: 41 } },
        workers: [healthy],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a list that lags behind the progress proves nothing',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: { ...standing, progress: { ...standing.progress, stepsCompleted: 90, percentage: 90 } },
        workers: [healthy],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'slow epochs',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: record(TRAINING, 'running', {
          workerId: 'training-worker-aa',
          percentage: 3,
          steps: [3, 100],
          epochsAt: [200_000, 450_000, 700_000],
        }),
        workers: [healthy],
      }),
      answer: 'running',
      noAlarm: true,
    },
  ]);
});

describe('slow', () => {
  const documented = (asked: 'slow' | null, ...work: Parameters<typeof span>[2][]) =>
    caseOf({
      id: TRAINING,
      symptom: asked,
      now: 3_000_000,
      traces: [
        documentedTrace(
          TRAINING,
          'TRAINING',
          200,
          ...documentedWork(TRAINING, 'TRAINING', { took: 1_000_000 }, ...work),
        ),
      ],
    });
  const loop = (at: number, took: number, device: string) =>
    span('training.training_loop', {
      at,
      took,
      attributes: {
        ...id,
        'training.device': device,
        'progress.percentage': 100,
        'training.epochs.total': 100,
        'model.parameters': 9_000_000,
      },
    });
  judge([
    {
      about: 'documented: the loop on the CPU',
      case: documented(null, loop(100, 999_000, 'cpu')),
      answer: 'slow/training-loop',
      shows: ['training.device = cpu'],
    },
    {
      about: 'documented: the same on a GPU is just long',
      case: documented(null, loop(100, 999_000, 'cuda:0')),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'documented: IB answered slowly',
      case: documented(
        null,
        span('data.fetch', {
          at: 30,
          took: 800_000,
          attributes: {
            ...id,
            'ib.latency_ms': 4200,
            'data.source': 'ib_host_service',
            'data.bars_requested': 5000,
            'data.bars_received': 4980,
          },
        }),
        loop(800_100, 100_000, 'cuda:0'),
      ),
      answer: 'slow/ib',
      shows: ['ib.latency_ms'],
    },
    {
      about: 'documented: indicators',
      case: documented(
        null,
        span('training.indicators', { at: 30, took: 800_000, attributes: { ...id, 'indicators.count': 80 } }),
        loop(800_100, 100_000, 'cuda:0'),
      ),
      answer: 'slow/indicators',
      shows: ['indicators.count = 80'],
    },
    {
      about: 'documented: choosing a worker took seconds',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          trace(
            server(
              'POST /api/v1/backtests/start',
              API,
              200,
              { at: 4, took: 6000 },
              documentedRegister(BACKTEST, 'BACKTESTING'),
              documentedSelection(BACKTEST, 'SUCCESS', { total: 900, capable: 400, available: 300 }, 5200),
              span(
                'operation.dispatch',
                { at: 5300, took: 40, attributes: { 'operation.id': BACKTEST, 'dispatch.status': 'success' } },
                call(
                  'POST',
                  'http://backtest-worker-1:5003/backtests/start',
                  200,
                  { at: 5302, took: 30 },
                  span('worker.backtest', {
                    service: BACKTESTER,
                    at: 5310,
                    took: 3000,
                    attributes: { 'operation.id': BACKTEST },
                  }),
                ),
              ),
            ),
          ),
        ],
      }),
      answer: 'slow/worker-selection',
      shows: ['900'],
    },
    {
      about: 'asked whether it was slow: what dominates',
      case: caseOf({
        id: BACKTEST,
        symptom: 'slow',
        now: 600_000,
        traces: [
          backtestTrace(
            loading('backtest', 400, 224_929),
            features(500, 224_929),
            transition(BACKTEST, 60_000, 'running', 'completed'),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 60_000 }),
      }),
      answer: 'slow/backtest-loop',
      noAlarm: true,
      confidence: 'possible',
    },
    {
      about: 'nobody asked',
      case: caseOf({
        id: BACKTEST,
        now: 600_000,
        traces: [
          backtestTrace(
            loading('backtest', 400, 224_929),
            features(500, 224_929),
            transition(BACKTEST, 60_000, 'running', 'completed'),
          ),
        ],
        operation: record(BACKTEST, 'completed', { ended: 60_000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
  ]);
});

describe('still-running', () => {
  const epochs = (n: number) => Array.from({ length: n }, (_, i) => 2000 + i * 800);
  const row = (percentage: number, n: number) =>
    record(TRAINING, 'running', {
      percentage,
      step: `Epoch ${n + 1}/600`,
      steps: [n, 600],
      epochsAt: epochs(n),
      workerId: 'training-worker-aa',
    });
  const holder = worker('training-worker-aa', 'busy', { currentOperationId: TRAINING, checkedAt: 20_000 });
  judge([
    {
      about: 'a training in its epochs',
      case: caseOf({
        id: TRAINING,
        now: 24_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: row(4.5, 27),
        later: row(4.8, 28),
        workers: [holder],
      }),
      answer: 'running',
      headline: ['epoch 28 of 600', '4.8 %'],
      noAlarm: true,
    },
    {
      about: 'pending',
      case: caseOf({
        id: TRAINING,
        now: 2000,
        traces: [trainingTrace()],
        operation: record(TRAINING, 'pending', { started: null }),
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'only traces, two seconds in',
      case: caseOf({ id: BACKTEST, now: 2000, traces: [backtestTrace()] }),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
    {
      about: 'a backtest at 60 %, its worker busy with it',
      case: caseOf({
        id: BACKTEST,
        now: 24_000,
        traces: [backtestTrace(loading('backtest', 400, 224_929), features(500, 224_929))],
        operation: record(BACKTEST, 'running', {
          percentage: 60,
          step: 'Backtesting EURUSD 5m [2022-06-09 00:30:00+00:00]',
        }),
        workers: [worker('backtesting-worker-4f0d11ce', 'busy', { currentOperationId: BACKTEST, checkedAt: 20_000 })],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'another operation failed in the same minutes',
      case: caseOf({
        id: BACKTEST,
        now: 24_000,
        traces: [backtestTrace(loading('backtest', 400, 900))],
        neighbours: [trainingTrace(transition(TRAINING, 900, 'running', 'failed', { error: 'CUDA out of memory' }))],
        operation: record(BACKTEST, 'running', { percentage: 60 }),
      }),
      answer: 'running',
      noAlarm: true,
    },
  ]);
});

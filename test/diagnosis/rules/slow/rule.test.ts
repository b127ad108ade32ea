import { describe, expect, it } from 'vitest';
import { type AttributeValue, micros, type Trace } from '../../../../src/diagnosis/trace.ts';
import { call, caseOf, type Draft, NO_ANSWER, record, server, span, trace } from '../../../support/build.ts';
import { answer, judge } from '../../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  backtestTrace,
  DOWNLOAD,
  documentedRegister,
  documentedSelection,
  downloadTrace,
  features,
  loading,
  register,
  TRAINING,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedRunTrace, resumedBacktest } from '../../../support/scenes.ts';

const id = { 'operation.id': TRAINING };

/** A completed backtest with the lengths of its phases in milliseconds. */
function sized(load: number, compute: number, simulate: number, before = 0, rows = 18_745): Trace {
  const at = 100 + before;
  return backtestTrace(
    loading('backtest', at, rows, { took: load }),
    features(at + load, rows, { took: compute }),
    transition(BACKTEST, at + load + compute + simulate, 'running', 'completed'),
  );
}

/** The same as another operation, hours before; each hour has its own id. */
function before(hours: number, earlier: Trace): Trace {
  const suffix = String(hours).padStart(8, '0');
  const traceId = suffix.padStart(32, 'e');
  const rename = (value: AttributeValue) => (value === BACKTEST ? BACKTEST.replace(/[^_]+$/, suffix) : value);
  const spans = earlier.spans.map((one) => ({
    ...one,
    traceId,
    start: micros(one.start - hours * 3_600_000_000),
    attributes: Object.fromEntries(Object.entries(one.attributes).map(([key, value]) => [key, rename(value)])),
  }));
  return { ...earlier, traceId, spans };
}

/** On a worker of its own. */
function fresh(run: Trace): Trace {
  const onFresh = (service: string) => (service === BACKTESTER ? 'ktrdr-backtest-worker-00c0ffee' : service);
  return { ...run, spans: run.spans.map((one) => ({ ...one, service: onFresh(one.service) })) };
}

/** All traces but the first. */
function threeDaysLater(late: Trace, position: number): Trace {
  const by = position === 0 ? 0 : 3 * 86_400_000_000;
  return { ...late, spans: late.spans.map((one) => ({ ...one, start: micros(one.start + by) })) };
}

const HISTORICAL = 'http://localhost:5001/data/historical';
const fetched = (at: number, took: number) => call('POST', HISTORICAL, 200, { at, took });
const unanswered = (at: number) => call('POST', HISTORICAL, null, { at, took: 30_000, raises: NO_ANSWER });

const fetchedFromIb = (at: number) =>
  call(
    'POST',
    HISTORICAL,
    200,
    { at, took: 5000 },
    span('ib.fetch_historical', {
      service: 'ktrdr-ib-host-service',
      at: at + 4,
      took: 4990,
      attributes: { 'ib.latency_ms': 4985 },
    }),
  );

/** A download that ended well, soon after the last of its requests. */
function downloaded(...requests: readonly Draft[]) {
  const end = 1000 + Math.max(...requests.map(({ telling: { at = 0, took = 0 } }) => at + took));
  return caseOf({
    id: DOWNLOAD,
    now: end + 60_000,
    traces: [downloadTrace(...requests, transition(DOWNLOAD, end, 'running', 'completed'))],
  });
}

/** A documented backtest whose worker was selected in `took` ms, and then worked. */
function selected(took: number, workers: number, worked: number) {
  return caseOf({
    id: BACKTEST,
    now: 600_000,
    traces: [
      trace(
        server(
          'POST /api/v1/backtests/start',
          API,
          200,
          { at: 4, took: took + 800 },
          documentedRegister(BACKTEST, 'BACKTESTING'),
          documentedSelection(BACKTEST, 'SUCCESS', { total: workers, capable: 2, available: 1 }, took),
          span(
            'operation.dispatch',
            { at: took + 100, took: 40, attributes: { 'operation.id': BACKTEST, 'dispatch.status': 'success' } },
            call(
              'POST',
              'http://backtest-worker-1:5003/backtests/start',
              200,
              { at: took + 102, took: 30 },
              span('worker.backtest', {
                service: BACKTESTER,
                at: took + 110,
                took: worked,
                attributes: { 'operation.id': BACKTEST },
              }),
            ),
          ),
        ),
      ),
    ],
  });
}

const HOURS = [1, 2, 3, 4, 5, 6];
const sixUsual = HOURS.map((i) => before(i, sized(100 + i, 440 + i, 3700 + i)));
/** Twenty and more, of several sizes: reading takes as long for few rows as for many, the rest grows with them. */
const manyUsual = Array.from({ length: 24 }, (_, i) => {
  const rows = 2000 * (1 + (i % 5));
  return before(i + 1, sized(100 + (i % 7), rows / 40, rows / 5, 0, rows));
});

describe('slow', () => {
  const documented = (asked: 'slow' | null, ...work: readonly Draft[]) =>
    caseOf({
      id: TRAINING,
      symptom: asked,
      now: 3_000_000,
      traces: [documentedRunTrace(TRAINING, 'TRAINING', { took: 1_000_000 }, ...work)],
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
      about: 'documented: IB answered slowly for each of five timeframes',
      case: documented(
        null,
        ...[0, 1, 2, 3, 4].map((i) =>
          span('data.fetch', {
            at: 30 + i * 160_000,
            took: 159_000 + i,
            attributes: { ...id, 'ib.latency_ms': 4200, 'data.source': 'ib_host_service' },
          }),
        ),
        loop(800_100, 100_000, 'cuda:0'),
      ),
      answer: 'slow/ib',
      headline: ['13 min 15 s of'],
      shows: ['in 5 spans'],
    },
    {
      about: 'documented: what one fetch does within another is not counted twice',
      case: documented(
        'slow',
        span(
          'training.data_loading',
          { at: 30, took: 400_000, attributes: id },
          span('data.load_cache', { at: 40, took: 399_000, attributes: id }),
        ),
        loop(400_100, 500_000, 'cuda:0'),
      ),
      answer: 'slow/training-loop',
      confidence: 'possible',
      noAlarm: true,
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
      about:
        'documented: parsing dominates, and outlasts the span of the worker; nothing says that it is slower than usual',
      case: caseOf({
        id: TRAINING,
        now: 3_000_000,
        traces: [
          documentedRunTrace(
            TRAINING,
            'TRAINING',
            { took: 20_000 },
            span('data.parse', { at: 30, took: 130_000, attributes: { ...id, 'data.rows': 4990 } }),
            loop(130_100, 20_000, 'cuda:0'),
          ),
        ],
      }),
      answer: 'slow/data-loading',
      confidence: 'possible',
      noAlarm: true,
      headline: ['2 min 10 s of this training run’s 2 min 30 s'],
      shows: ['data.rows = 4990'],
    },
    {
      about: 'resumed after three days: they are no part of its time',
      case: caseOf({
        id: BACKTEST,
        symptom: 'slow',
        now: 300_000_000,
        traces: [
          backtestTrace(loading('backtest', 400, 1500), transition(BACKTEST, 9000, 'running', 'cancelled')),
          resumedBacktest(transition(BACKTEST, 90_000, 'running', 'completed')),
        ].map(threeDaysLater),
      }),
      answer: 'slow/backtest-loop',
      noAlarm: true,
      headline: ['58 s of this backtest’s 1 min'],
    },
    {
      about: 'documented: choosing one of 900 workers took seconds',
      case: selected(5200, 900, 3000),
      answer: 'slow/worker-selection',
      shows: ['900'],
      advises: ['Remove workers'],
    },
    {
      about: 'documented: choosing one of two workers took seconds, so their number is not the reason',
      case: selected(5200, 2, 3000),
      answer: 'slow/worker-selection',
      advises: [/^(?!.*Remove workers)/s],
    },
    {
      about: 'documented: choosing a worker took longer than it should, which nobody noticed',
      case: selected(150, 2, 59_000),
      answer: 'slow/worker-selection',
      noAlarm: true,
      headline: ['less than 1%'],
    },
    {
      about: 'documented: asked, and that is not why it took a minute',
      case: { ...selected(150, 2, 59_000), symptom: 'slow' },
      answer: 'slow/service',
      noAlarm: true,
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
    {
      about: 'every phase ten times longer than four earlier runs: too few to judge by',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(1000, 7000, 55_000)], baseline: sixUsual.slice(2) }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'every phase ten times longer than six earlier runs',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(1000, 7000, 55_000)], baseline: sixUsual }),
      answer: 'slow/starved',
      confidence: 'likely',
      headline: ['15× the usual time'],
      shows: [/5 earlier EURUSD 1h backtests/, /data loading 1\.0 s, usually 10\d ms/],
    },
    {
      about: 'only the indicators took longer',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(105, 30_000, 3700)], baseline: sixUsual }),
      answer: 'slow/indicators',
      headline: ['computing indicators', 'usually'],
    },
    {
      about: 'only loading took longer than in two dozen runs',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(9000, 150, 1200, 0, 6000)], baseline: manyUsual }),
      answer: 'slow/data-loading',
      confidence: 'likely',
      shows: [/95% of them within/],
    },
    {
      about: 'a worker that begins late, once',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(105, 450, 3700, 40_000)], baseline: sixUsual }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'asked, and as fast as six earlier runs',
      case: caseOf({ id: BACKTEST, symptom: 'slow', now: 90_000, traces: [sized(100, 450, 4000)], baseline: sixUsual }),
      answer: 'slow/not-slower',
      noAlarm: true,
      headline: ['as usual'],
    },
    {
      about: 'twelve times the rows take twelve times as long',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(1000, 5500, 46_000, 0, 224_929)], baseline: sixUsual }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'loading does not grow with the rows, so many rows are no excuse for it',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(60_000, 1000, 8000, 0, 40_000)], baseline: manyUsual }),
      answer: 'slow/data-loading',
    },
    {
      about: 'the first run of a fresh process cannot be compared',
      case: caseOf({
        id: BACKTEST,
        now: 90_000,
        traces: [fresh(sized(1000, 7000, 55_000))],
        baseline: sixUsual,
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'nor by who asks: then it says so',
      case: caseOf({
        id: BACKTEST,
        symptom: 'slow',
        now: 90_000,
        traces: [fresh(sized(1000, 7000, 55_000))],
        baseline: sixUsual,
      }),
      answer: 'slow/backtest-loop',
      confidence: 'possible',
      noAlarm: true,
    },
    {
      about: 'earlier operations beside it in the same minutes count too',
      case: caseOf({ id: BACKTEST, now: 90_000, traces: [sized(1000, 7000, 55_000)], neighbours: sixUsual }),
      answer: 'slow/starved',
    },
    {
      about: 'trying again and again, until it worked',
      case: downloaded(...[20, 31_020, 62_020].map(unanswered), fetched(93_000, 900)),
      answer: 'slow/retries',
      headline: ['4 times took 1 min 33 s'],
      shows: ['localhost:5001'],
    },
    {
      about: 'every part of a download failed once and was fetched at the second try',
      case: downloaded(...[0, 1, 2].flatMap((i) => [unanswered(20 + i * 40_000), fetched(31_000 + i * 40_000, 900)])),
      answer: 'slow/retries',
      headline: ['6 times took 1 min 33 s'],
    },
    {
      about: 'one of twenty parts of a download failed',
      case: downloaded(
        fetched(20, 3000),
        call('POST', HISTORICAL, 500, { at: 3100, took: 500 }),
        ...Array.from({ length: 19 }, (_, i) => fetched(3700 + i * 3100, 3000)),
      ),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'a request that failed beside others that succeeded was not sent again: data may be missing',
      case: downloaded(unanswered(20), fetched(30, 3000), fetched(15_000, 3000), fetched(29_000, 900)),
      answer: 'silent-empty-download',
    },
    {
      about: 'a download that fetched for minutes did what it is for',
      case: downloaded(...Array.from({ length: 60 }, (_, i) => fetchedFromIb(20 + i * 5200))),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'asked about such a download: a fix that does not start with a download',
      case: {
        ...downloaded(...Array.from({ length: 60 }, (_, i) => fetchedFromIb(20 + i * 5200))),
        symptom: 'slow',
      },
      answer: 'slow/ib',
      confidence: 'possible',
      noAlarm: true,
      advises: [/^(?!.*cache first)/s],
    },
    {
      about: 'it waited half a minute for a worker',
      case: caseOf({
        id: BACKTEST,
        now: 90_000,
        traces: [
          trace(
            server(
              'POST /api/v1/backtests/start',
              API,
              200,
              { at: 0, took: 40 },
              register(BACKTEST, 'backtesting', { at: 5 }),
              transition(BACKTEST, 30_000, 'pending', 'running'),
              loading('backtest', 30_010, 1500),
              features(30_200, 1500),
              transition(BACKTEST, 31_000, 'running', 'completed'),
            ),
          ),
        ],
      }),
      answer: 'slow/queueing',
      headline: ['30 s of this backtest’s 31 s'],
    },
  ]);

  it('marks no phase when all of them were stretched', () => {
    const stretched = caseOf({ id: BACKTEST, now: 90_000, traces: [sized(1000, 7000, 55_000)], baseline: sixUsual });
    expect(answer(stretched).primary).toMatchObject({ cause: 'slow/starved', culprit: null });
  });
});

import { describe, expect, it } from 'vitest';
import type { Trace } from '../../../../src/diagnosis/trace.ts';
import { call, caseOf, record, span, trace } from '../../../support/build.ts';
import { answer, judge } from '../../../support/judge.ts';
import {
  DOWNLOAD,
  documentedWork,
  downloadTrace,
  loading,
  poll,
  TRAINING,
  trainingTrace,
  transition,
} from '../../../support/ktrdr-spans.ts';
import { documentedCase, documentedRun } from '../../../support/scenes.ts';

const id = { 'operation.id': TRAINING };
const nan = 'Loss diverged at epoch 7';

describe('unhandled-exception', () => {
  judge([
    {
      about: 'a training that ends in words of its own',
      case: caseOf({
        id: TRAINING,
        now: 9000,
        traces: [
          trainingTrace(loading('training', 80, 900), transition(TRAINING, 5000, 'running', 'failed', { error: nan })),
        ],
        operation: record(TRAINING, 'failed', { ended: 5000, errorMessage: nan }),
      }),
      answer: 'unhandled-exception',
      headline: [nan, 'training'],
    },
    {
      about: 'documented: a worker exception, raised below and passed on',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        { raises: ['RuntimeError', 'mat1 and mat2 shapes cannot be multiplied'] },
        span('training.training_loop', {
          at: 100,
          took: 700,
          raises: ['RuntimeError', 'mat1 and mat2 shapes cannot be multiplied'],
          attributes: id,
        }),
      ),
      answer: 'unhandled-exception',
      confidence: 'certain',
      headline: ['mat1 and mat2', 'training.training_loop', 'RuntimeError'],
      shows: ['lab/work.py:212 in run'],
    },
    {
      about: 'documented: handled errors before the one that counts',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        { raises: ['KeyError', "'close'"] },
        span(
          'data.fetch',
          { at: 30, took: 200, attributes: id },
          span('data.load_cache', {
            at: 35,
            took: 20,
            raises: ['FileNotFoundError', 'cache/TSLA_15m.csv'],
            attributes: id,
          }),
          call('POST', 'http://localhost:5001/data/historical', null, {
            at: 60,
            took: 30,
            raises: ['httpx.ConnectError', 'All connection attempts failed'],
          }),
          call('POST', 'http://localhost:5001/data/historical', 200, { at: 100, took: 90 }),
        ),
        span('training.indicators', { at: 300, took: 40, raises: ['KeyError', "'close'"], attributes: id }),
      ),
      answer: 'unhandled-exception',
      headline: ['KeyError', 'training.indicators'],
    },
    {
      about: 'documented: a handled error right below the worker’s span, which then failed for another reason',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        { raises: ['RuntimeError', 'size mismatch for layer 2'] },
        span('data.fetch', { at: 30, took: 100, raises: ['ConnectionResetError', 'Connection reset by peer'] }),
        span('data.load_cache', { at: 140, took: 20 }),
        span('training.training_loop', {
          at: 200,
          took: 600,
          raises: ['RuntimeError', 'size mismatch for layer 2'],
        }),
      ),
      answer: 'unhandled-exception',
      headline: ['size mismatch', 'training.training_loop'],
    },
    {
      about: 'documented: the same, and the reason of its own is on the worker’s span alone',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        { raises: ['RuntimeError', 'optimizer diverged'] },
        span('data.fetch', { at: 30, took: 100, raises: ['TimeoutError', 'cache lock'] }),
        span('data.parse', { at: 140, took: 20 }),
      ),
      answer: 'unhandled-exception',
      headline: ['optimizer diverged', 'worker.training'],
    },
    {
      about: 'documented: an exception that was recorded and caught on the spot',
      case: (() => {
        const caught = span('data.fetch', { at: 30, took: 100, raises: ['KeyError', 'volume'], caught: true });
        const failing = span('training.training_loop', {
          at: 200,
          took: 600,
          raises: ['RuntimeError', 'bad gradient'],
        });
        return documentedRun(TRAINING, 'TRAINING', { raises: ['RuntimeError', 'bad gradient'] }, caught, failing);
      })(),
      answer: 'unhandled-exception',
      headline: ['bad gradient'],
    },
    {
      about: 'documented: a ValueError deep in the loop is no matter of input',
      case: documentedRun(
        TRAINING,
        'TRAINING',
        {
          raises: ['ValueError', 'Expected more than 1 value per channel when training, got input size [1, 64]'],
        },
        span('training.training_loop', {
          at: 100,
          took: 700,
          raises: ['ValueError', 'Expected more than 1 value per channel when training, got input size [1, 64]'],
          attributes: id,
        }),
      ),
      answer: 'unhandled-exception',
      headline: ['Expected more than 1 value'],
    },
    {
      about: 'documented: errors that were handled in an operation that completed',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        200,
        ...documentedWork(
          TRAINING,
          'TRAINING',
          {},
          span(
            'data.fetch',
            { at: 30, took: 200, attributes: id },
            span('data.load_cache', { at: 35, took: 20, raises: ['FileNotFoundError', 'cache/TSLA_15m.csv'] }),
          ),
          span('training.training_loop', { at: 300, took: 500, attributes: { ...id, 'progress.percentage': 100 } }),
        ),
        span('operation.complete', { at: 950, took: 1, attributes: { ...id, 'operation.status': 'COMPLETED' } }),
      ),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'documented: a first worker span failed, a second one did the work',
      case: documentedCase(
        TRAINING,
        'TRAINING',
        200,
        ...documentedWork(TRAINING, 'TRAINING', {
          at: 20,
          took: 100,
          raises: ['RuntimeError', 'worker restarting'],
        }),
        ...documentedWork(
          TRAINING,
          'TRAINING',
          { at: 200, took: 700 },
          span('training.training_loop', { at: 300, took: 500, attributes: { ...id, 'progress.percentage': 100 } }),
        ),
      ),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'status polls that failed while it ran well',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [
          trainingTrace(loading('training', 80, 900), transition(TRAINING, 50_000, 'running', 'completed')),
          poll(TRAINING, 5000, null, ['httpx.ReadTimeout', '']),
          poll(TRAINING, 9000, 404),
        ],
        operation: record(TRAINING, 'completed', { ended: 50_000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'no trace of ktrdr: an exception is all that is said of it',
      case: caseOf({
        now: 60_000,
        traces: [
          trace(
            span(
              'checkout',
              {
                service: 'shop',
                kind: 'server',
                at: 0,
                took: 90,
                status: 'error',
                attributes: { 'http.status_code': 500 },
              },
              call('POST', 'http://inventory:5001/reserve', null, {
                service: 'shop',
                at: 5,
                took: 9,
                raises: ['httpx.ConnectError', 'All connection attempts failed'],
              }),
              span('validate', {
                service: 'shop',
                at: 40,
                took: 5,
                raises: ['ValueError', 'Invalid symbol: No data found for A 1h'],
              }),
            ),
          ),
        ],
      }),
      answer: 'service-unreachable/other',
    },
    {
      about: 'no trace of ktrdr: its words mean nothing there',
      case: caseOf({
        now: 60_000,
        traces: [
          trace(
            span('train', { service: 'ml', at: 0, took: 90, raises: ['DataNotFoundError', 'No data found for A 1h'] }),
          ),
        ],
      }),
      answer: 'unhandled-exception',
      advises: [/^(?!.*ktrdr)/],
    },
  ]);

  it('recommends the log of the process that failed first', () => {
    const commands = (id: string, traces: readonly Trace[]) =>
      answer(caseOf({ id, now: 9000, traces })).primary?.fixes.map((fix) =>
        fix.kind === 'command' ? fix.command : fix,
      );
    const error = { error: nan };
    expect(commands(TRAINING, [trainingTrace(transition(TRAINING, 5000, 'running', 'failed', error))])).toEqual([
      'docker logs --tail 200 ktrdr-training-worker-1-1',
      'docker logs --tail 200 ktrdr-backend-1',
    ]);
    expect(commands(DOWNLOAD, [downloadTrace(transition(DOWNLOAD, 5000, 'running', 'failed', error))])).toEqual([
      'docker logs --tail 200 ktrdr-backend-1',
    ]);
  });
});

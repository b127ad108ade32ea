import { describe, expect, it } from 'vitest';
import { errorOf, errorsOf } from '../../../src/diagnosis/facts/errors.ts';
import { buildTree } from '../../../src/diagnosis/facts/tree.ts';
import { call, type Draft, NO_CONNECTION, span, trace } from '../../support/build.ts';

const URL = 'http://127.0.0.1:5001/data/historical';
const failed = ['RuntimeError', 'broken'] as const;

function origins(...roots: readonly Draft[]): readonly string[] {
  const tree = buildTree([trace(...roots)]);
  return errorsOf(tree, tree.spans).origins.map((error) => `${error.span.name}: ${error.message}`);
}

describe('where trouble began', () => {
  it('is the deepest failed span, not those that repeat it', () => {
    expect(
      origins(span('a', { raises: failed }, span('b', { raises: failed }, span('c', { raises: failed })))),
    ).toEqual(['c: broken']);
  });

  it('is below a caller that only wraps it in other words', () => {
    expect(
      origins(
        span(
          'a',
          { at: 0, took: 20, raises: ['RuntimeError', 'start failed'] },
          call('POST', URL, null, { at: 5, took: 15, raises: NO_CONNECTION }),
        ),
      ),
    ).toEqual(['POST: All connection attempts failed']);
  });

  it('is the caller itself when it went on after the failure below and failed in other words', () => {
    expect(
      origins(
        span(
          'a',
          { at: 0, took: 100, raises: failed },
          span('b', { at: 1, took: 10, raises: ['KeyError', 'volume'] }),
          span('c', { at: 20, took: 5 }),
        ),
      ),
    ).toEqual(['a: broken']);
  });

  it('is no request that was made again and went well, however deep it failed', () => {
    const first = call('POST', URL, 503, { at: 1, took: 10 }, span('inside', { at: 2, took: 5, raises: failed }));
    expect(origins(span('a', { at: 0, took: 100 }, first, call('POST', URL, 200, { at: 20, took: 5 })))).toEqual([]);
  });

  it('is every try, when none went well', () => {
    const tries = [1, 20, 40].map((at) => call('POST', URL, null, { at, took: 10, raises: NO_CONNECTION }));
    expect(origins(span('a', { at: 0, took: 100 }, ...tries))).toHaveLength(3);
  });

  it('is nothing below a caller that calls itself successful', () => {
    expect(
      origins(span('a', { at: 0, took: 100, status: 'ok' }, span('b', { at: 1, took: 10, raises: failed }))),
    ).toEqual([]);
  });

  it('is work that outlived its successful caller', () => {
    expect(
      origins(span('a', { at: 0, took: 5, status: 'ok' }, span('b', { at: 1, took: 50, raises: failed }))),
    ).toEqual(['b: broken']);
  });

  it('is not what a silent caller outlived, when something else escaped', () => {
    const silent = span('a', { at: 0, took: 100 }, span('caught', { at: 1, took: 10, raises: ['KeyError', 'close'] }));
    expect(
      origins(
        span(
          'root',
          { at: 0, took: 300, raises: failed },
          silent,
          span('loop', { at: 150, took: 100, raises: failed }),
        ),
      ),
    ).toEqual(['loop: broken']);
    expect(origins(silent)).toEqual(['caught: close']);
  });

  it('does not lie in work that began after its caller had given up', () => {
    const late = span('late', { at: 500, took: 10, raises: ['KeyError', 'late'] });
    expect(origins(call('POST', URL, null, { at: 0, took: 30, raises: ['httpx.ReadTimeout', ''] }, late))).toContain(
      'POST: ',
    );
  });
});

describe('the error of one span', () => {
  const only = (draft: Draft) => {
    const [first] = trace(draft).spans;
    return first === undefined ? null : errorOf(first);
  };

  it('has the last part of a qualified type', () => {
    expect(only(span('a', { raises: ['ktrdr.errors.exceptions.DataNotFoundError', 'x'] }))?.type).toBe(
      'DataNotFoundError',
    );
  });

  it('is read from a description where no event was recorded', () => {
    expect(only(span('a', { status: 'error', description: 'ConnectError: gone' }))).toMatchObject({
      type: 'ConnectError',
      message: 'gone',
    });
  });

  it('takes a status code in the place of a type for what it is', () => {
    expect(only(call('POST', URL, 503, { attributes: { 'error.type': '503' } }))).toMatchObject({
      type: null,
      httpStatus: 503,
    });
  });

  it('is none for a server that answers 4xx', () => {
    expect(only(span('POST /x', { kind: 'server', attributes: { 'http.status_code': 404 } }))).toBeNull();
  });
});

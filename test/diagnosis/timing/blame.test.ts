import { describe, expect, test } from 'vitest';
import { tracesByOneClock } from '../../../src/diagnosis/facts/clocks.ts';
import { buildTree } from '../../../src/diagnosis/facts/tree.ts';
import { attributeTime, blame } from '../../../src/diagnosis/timing/blame.ts';
import { criticalPath } from '../../../src/diagnosis/timing/critical-path.ts';
import type { Trace } from '../../../src/diagnosis/trace.ts';
import { type Draft, span, trace } from '../../support/build.ts';

/** A shop whose `web` calls others one after the other, some (`cart#2`) again; each call and each answer takes what is given, in ms. */
function shop(calls: Readonly<Record<string, readonly [call: number, answer: number]>>, thinks = 1): Trace {
  let at = thinks;
  const children: Draft[] = [];
  for (const [callee, [call, answer]] of Object.entries(calls)) {
    const service = callee.replace(/#.*/, '');
    const late = (call - answer) / 2;
    const server = span('answer', { service, kind: 'server', at: at + late, took: answer });
    children.push(span(`call ${service}`, { service: 'web', kind: 'client', at, took: call }, server));
    at += call + thinks;
  }
  return trace(span('GET /', { service: 'web', kind: 'server', at: 0, took: at }, ...children));
}

const first = (one: Trace, usual: readonly Trace[] = []) => blame([one], usual)[0]?.service;
const healthy = Array.from({ length: 12 }, (_, i) =>
  shop({ cart: [10 + (i % 3), 8], stock: [30 + (i % 5), 28], mail: [5, 3] }),
);

describe('blame', () => {
  test('the way to a callee is the callee’s, whatever its own span took', () => {
    expect(first(shop({ cart: [300, 8], stock: [30, 28] }))).toBe('cart');
  });

  test('what is always long is not to blame for what is longer than usual', () => {
    expect(first(shop({ cart: [10, 8], stock: [30, 28], mail: [25, 23] }), healthy)).toBe('mail');
    expect(first(shop({ cart: [10, 8], stock: [30, 28], mail: [25, 23] }))).toBe('stock');
  });

  test('when calls to most callees are slow, the caller is', () => {
    expect(first(shop({ cart: [110, 8], stock: [130, 28], mail: [105, 3] }), healthy)).toBe('web');
    expect(first(shop({ cart: [110, 8], stock: [30, 28], mail: [5, 3] }), healthy)).toBe('cart');
  });

  test('with nothing to compare with, calls to most callees that wait on the way make the caller slow', () => {
    expect(first(shop({ cart: [110, 8], stock: [130, 28], mail: [105, 3] }))).toBe('web');
    expect(first(shop({ cart: [10, 8], stock: [30, 4], mail: [5, 3] }, 6))).toBe('stock');
  });

  test('when some calls to a callee are slow and others are not, the caller is', () => {
    const quick = { 'cart#1': [10, 8], 'cart#2': [11, 8], 'cart#3': [12, 8], stock: [30, 28] } as const;
    const usual = Array.from({ length: 12 }, () => shop(quick));
    expect(first(shop({ ...quick, 'cart#2': [300, 8] }), usual)).toBe('web');
    const slow = { 'cart#1': [310, 8], 'cart#2': [300, 8], 'cart#3': [320, 8] } as const;
    expect(first(shop({ ...quick, ...slow }), usual)).toBe('cart');
  });

  test('a call that varies when all is well has to take longer than one that does not', () => {
    const usual = Array.from({ length: 12 }, (_, i) => shop({ cart: [i < 10 ? 10 : 200, 8], stock: [30, 28] }));
    expect(first(shop({ cart: [220, 8], stock: [42, 28] }), usual)).toBe('stock');
  });

  test('a callee that exports nothing is known by its address, unless the call failed', () => {
    const called = (status: 'unset' | 'error') =>
      trace(
        span(
          'GET /',
          { service: 'web', kind: 'server', at: 0, took: 100 },
          span('POST', {
            service: 'web',
            kind: 'client',
            at: 1,
            took: 98,
            status,
            attributes: { 'http.url': 'http://bank:9000/pay' },
          }),
        ),
      );
    expect(first(called('unset'))).toBe('bank:9000');
    expect(first(called('error'))).toBe('web');
  });

  test('charges add up to the whole, and the network is what both ways took alike', () => {
    const tree = buildTree([shop({ cart: [300, 8], stock: [30, 28] })]);
    const path = criticalPath(tree);
    const charges = attributeTime(tree, path);
    expect(charges.reduce((sum, { length }) => sum + length, 0)).toBe(path.total);
    expect(charges.find(({ caller, service }) => caller === 'web' && service === 'cart')).toMatchObject({
      length: 292_000,
      network: 292_000,
    });
  });

  test('another machine’s clock changes nothing', () => {
    const skewed = (ms: number) =>
      trace(
        span(
          'call',
          { service: 'web', kind: 'client', at: 0, took: 100 },
          span(
            'answer',
            { service: 'cart', kind: 'server', at: 30 + ms, took: 40 },
            span('work', { service: 'cart', at: 35 + ms, took: 30 }),
          ),
        ),
      );
    const selfIn = (one: Trace) => {
      const tree = buildTree(tracesByOneClock([one]));
      const { self } = criticalPath(tree);
      return Object.fromEntries(tree.spans.map(({ name }, i) => [name, self[i]]));
    };
    expect(selfIn(skewed(500))).toEqual(selfIn(skewed(0)));
    expect(selfIn(skewed(-80))).toEqual(selfIn(skewed(0)));
  });

  test('nobody waits for the reader of a message', () => {
    const tree = buildTree([
      trace(
        span(
          'GET /',
          { service: 'web', kind: 'server', at: 0, took: 100 },
          span(
            'send',
            { service: 'web', kind: 'producer', at: 10, took: 50 },
            span('read', { service: 'mail', kind: 'consumer', at: 20, took: 35 }),
          ),
        ),
      ),
    ]);
    const { self } = criticalPath(tree);
    expect(tree.spans.map(({ name }, i) => [name, self[i]])).toEqual([
      ['GET /', 50_000],
      ['send', 50_000],
      ['read', 0],
    ]);
  });
});

/** The floor of service attribution, on labelled faults of other systems. */
import { beforeAll, expect, test } from 'vitest';
import { type Attempt, attemptsIn, percentWithin, report } from '../../eval/labelled.ts';
import { METHODS, TODAY } from '../../eval/methods.ts';
import { describeWithShared } from '../support/shared.ts';

/** Percent of all traces that docs/slow.md publishes, and of those in which the service at fault has a span. */
const PUBLISHED = { labelled: [54.2, 86], 'labelled-2': [29.7, 46.3] } as const;

for (const [pack, published] of Object.entries(PUBLISHED))
  describeWithShared(`faults of ${pack}`, `traces/${pack}`, (folder) => {
    let attempts: readonly Attempt[] = [];
    beforeAll(async () => {
      const found = await attemptsIn(folder);
      if (typeof found === 'string') throw new Error(found);
      attempts = found;
    });
    const figures = () =>
      [attempts, attempts.filter(({ occurs }) => occurs)].map((group) => Number(percentWithin(group, 1)));

    test('are many', () => expect(attempts.length).toBeGreaterThan(150));

    test('are attributed as often as is published', () => expect(figures()).toEqual(published));

    test('gain from every step of the method', () => {
      const [, ...steps] = Object.keys(METHODS).map((method) => Number(percentWithin(attempts, 1, method)));
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      expect(steps.at(-1)).toBe(Number(percentWithin(attempts, 1, TODAY)));
    });

    if (pack === 'labelled')
      test('the service at fault is named first in 45 of 100, and in 70 where it has a span', () => {
        const [all = 0, where = 0] = figures();
        expect(all).toBeGreaterThanOrEqual(45);
        expect(where).toBeGreaterThanOrEqual(70);
      });

    test('the last line is for programs', () => {
      expect(report(attempts).split('\n').at(-1)).toMatch(/^as1=\d+\.\d as3=\d+\.\d n=\d+$/);
    });
  });

test('a method is judged by the faults and packs that it was not chosen on', () => {
  const attempt = (pack: string, fault: string, right: string): Attempt => ({
    pack,
    fault,
    dataset: 'any',
    label: 'cart',
    occurs: true,
    services: 4,
    named: { ...Object.fromEntries(Object.keys(METHODS).map((name) => [name, ['web']])), [right]: ['cart'] },
  });
  const [owner = '', callee = ''] = Object.keys(METHODS).slice(1);
  const said = report([
    attempt('one', 'delay', owner),
    attempt('two', 'error', callee),
    attempt('two', 'error', callee),
  ]);
  expect(said).toMatch(new RegExp(`^one +0\\.0 +${callee} +100\\.0$`, 'm'));
  expect(said).toMatch(new RegExp(`^two +0\\.0 +${owner} +100\\.0$`, 'm'));
});

test('a method is measured against a guess, which names no service without a span', () => {
  const attempt = { pack: 'one', fault: 'delay', dataset: 'any', label: 'cart', occurs: true, services: 4, named: {} };
  const said = report([attempt, { ...attempt, occurs: false }]);
  expect(said).toMatch(/^all +0\.0 +0\.0 +12\.5 +2 +1$/m);
  expect(said).toMatch(/^where the label occurs +0\.0 +0\.0 +25\.0 +1 +1$/m);
});

test('a folder without labels is refused with a sentence', async () => {
  expect(await attemptsIn('/nowhere')).toMatch(/holds no labels\.json/);
});

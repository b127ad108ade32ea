/** The floor of service attribution, on labelled faults of other systems. */
import { beforeAll, expect, test } from 'vitest';
import { type Attempt, attemptsIn, percentWithin, report } from '../../eval/labelled.ts';
import { METHODS, TODAY } from '../../eval/methods.ts';
import { describeWithShared } from '../support/shared.ts';

/** Percent of all traces, and of those in which the service at fault has a span. */
const FLOORS = { labelled: [50, 80], 'labelled-2': [29, 45] } as const;

for (const [pack, [all, where]] of Object.entries(FLOORS))
  describeWithShared(`faults of ${pack}`, `traces/${pack}`, (folder) => {
    let attempts: readonly Attempt[] = [];
    beforeAll(async () => {
      const found = await attemptsIn(folder);
      if (typeof found === 'string') throw new Error(found);
      attempts = found;
    });

    test('are many', () => expect(attempts.length).toBeGreaterThan(150));

    test(`name the service at fault first in ${all} of 100, and in ${where} where it has a span`, () => {
      expect(Number(percentWithin(attempts, 1))).toBeGreaterThanOrEqual(all);
      expect(
        Number(
          percentWithin(
            attempts.filter(({ occurs }) => occurs),
            1,
          ),
        ),
      ).toBeGreaterThanOrEqual(where);
    });

    test('show that every step of the method gains', () => {
      const figures = Object.keys(METHODS).map((method) => Number(percentWithin(attempts, 1, method)));
      expect(figures.at(-1)).toBe(Number(percentWithin(attempts, 1, TODAY)));
      for (const [i, figure] of figures.slice(1).entries())
        if (i > 0) expect(figure).toBeGreaterThan(figures[i] ?? 100);
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

test('a folder without labels is refused with a sentence', async () => {
  expect(await attemptsIn('/nowhere')).toMatch(/holds no labels\.json/);
});

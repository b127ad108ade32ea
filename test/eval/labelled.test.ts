/** The floor of service attribution, on labelled faults of two other systems. */
import { beforeAll, expect, test } from 'vitest';
import { type Attempt, attemptsIn, percentWithin, report } from '../../eval/labelled.ts';
import { describeWithShared } from '../support/shared.ts';

describeWithShared('labelled faults', 'traces/labelled', (folder) => {
  let attempts: readonly Attempt[] = [];
  beforeAll(async () => {
    const found = await attemptsIn(folder);
    if (typeof found === 'string') throw new Error(found);
    attempts = found;
  });

  test('are many', () => expect(attempts.length).toBeGreaterThan(150));

  test('the service at fault is named first in 45 of 100, and in 70 where it has a span', () => {
    expect(Number(percentWithin(attempts, 1))).toBeGreaterThanOrEqual(45);
    expect(
      Number(
        percentWithin(
          attempts.filter(({ occurs }) => occurs),
          1,
        ),
      ),
    ).toBeGreaterThanOrEqual(70);
  });

  test('the last line is for programs', () => {
    expect(report(attempts).split('\n').at(-1)).toMatch(/^as1=\d+\.\d as3=\d+\.\d n=\d+$/);
  });
});

test('a folder without labels is refused with a sentence', async () => {
  expect(await attemptsIn('/nowhere')).toMatch(/holds no labels\.json/);
});

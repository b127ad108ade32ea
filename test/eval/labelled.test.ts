/** The floor of service attribution, on labelled faults of two other systems. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Attempt, attemptsIn, percentWithin, report } from '../../eval/labelled.ts';

const SHARED = new URL('../../../shared/traces/labelled/', import.meta.url).pathname;
const missing = !existsSync(SHARED);
if (missing) process.stderr.write('skipped: labelled faults (no ../shared/traces/labelled)\n');

describe.skipIf(missing && process.env['REQUIRE_ALL'] !== '1')('labelled faults', () => {
  let attempts: readonly Attempt[] = [];
  beforeAll(async () => {
    const found = await attemptsIn(SHARED);
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

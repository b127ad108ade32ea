import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRandom } from '../../chaos/random.ts';
import { SCENARIOS } from '../../chaos/scenarios.ts';

test('docs/reliability.md names every scenario, and no other, beside the promise that it proves', () => {
  const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');
  const rows = page.match(/^\| [A-Z].*\|$/gm) ?? [];
  const named = rows.flatMap((row) => [...(row.split('|')[2] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name]) => name));
  expect(new Set(named)).toEqual(new Set(Object.keys(SCENARIOS)));
});

test('a seed gives the same numbers again, and another seed others', () => {
  const numbers = (seed: number) => {
    const random = createRandom(seed);
    return [random.next(), random.between(4, 9), random.fork().next(), random.pick([1, 2, 3, 4, 5, 6, 7, 8])];
  };
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
  expect(numbers(7)[1]).toBeGreaterThanOrEqual(4);
  expect(numbers(7)[1]).toBeLessThan(9);
});

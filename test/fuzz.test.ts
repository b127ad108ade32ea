/** Every reader meets a few changed inputs here; `npm run fuzz` goes on for as long as one likes. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz/judge.ts';
import { edits, mutated } from '../fuzz/mutate.ts';
import { inMemory } from '../fuzz/reader.ts';
import { READERS } from '../fuzz/readers/index.ts';
import { PLANTED } from '../fuzz/secrets.ts';

const CASES = 25;
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 1_000_000) + 1);

describe(`with the seed ${SEED}`, () => {
  it.each(READERS.map((reader) => [reader.name, reader.about, reader] as const))(
    '%s: %s',
    async (_name, _about, reader) => {
      const { problem, cases } = await fuzz(reader, { seed: SEED, cases: CASES });
      expect(problem).toBeNull();
      expect(cases).toBe(CASES);
    },
  );
});

describe('a reader that', () => {
  const reading = (read: (input: unknown) => readonly string[]) => ({
    open: async () => inMemory(fc.constantFrom('a', 'b'), read),
  });
  const problemOf = async (read: (input: unknown) => readonly string[]) =>
    (await fuzz(reading(read), { seed: SEED, cases: CASES })).problem;

  it('is fine has no problem', async () => {
    expect(await problemOf(() => ['all is well'])).toBeNull();
  });

  it('throws is found, with the seed and the input', async () => {
    const problem = await problemOf((input) => {
      if (input === 'b') throw new TypeError('fell');
      return [];
    });
    expect(problem).toContain(`seed ${SEED}`);
    expect(problem).toContain('fell');
    expect(problem).toContain('input: b');
  });

  it('shows a secret is found', async () => {
    for (const planted of PLANTED) expect(await problemOf(() => [planted])).toContain('a secret was shown');
  });

  it('leaves a rejection behind is found', async () => {
    const problem = await problemOf(() => {
      void Promise.reject(new Error('left behind'));
      return [];
    });
    expect(problem).toContain('left behind');
  });
});

it('changed inputs are mostly still JSON, and differ', () => {
  const document = { data: [{ a: 1, b: ['x', { c: null }] }], errors: 'none' };
  const texts = fc.sample(
    edits.map((changes) => mutated(document, changes)),
    { numRuns: 200, seed: SEED },
  );
  expect(new Set(texts).size).toBeGreaterThan(100);
  for (const text of texts) expect(() => JSON.parse(text)).not.toThrow();
});

/** How much redaction finds and how much it leaves alone, measured on texts that are other ones in every run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanText } from '../../../src/diagnosis/clean.ts';
import { redact } from '../../../src/diagnosis/redaction/redact.ts';
import { FIXTURES } from '../../support/incidents.ts';
import { ORDINARY } from './ordinary.ts';
import { type Example, examples } from './secrets.ts';

const LEAST_RECALL = 0.99;
const LEAST_PRECISION = 0.995;
const FIXED_SEED = 20_261_130;
const RANDOM_SEED = Math.floor(Math.random() * 2 ** 31);
/** People's addresses in recorded data. */
const CHANGED_RIGHTLY: ReadonlySet<string> = new Set(['john.doe@example.com']);

describe.each([FIXED_SEED, RANDOM_SEED])('secrets made with seed %i', (seed) => {
  const tried = examples(seed, 4);

  it(`are found in at least ${LEAST_RECALL * 100} % of texts`, () => {
    const leaked = tried.filter(isVisible);
    const recall = 1 - leaked.length / tried.length;
    report(`seed ${seed}: recall ${(100 * recall).toFixed(2)} % of ${tried.length}`);
    for (const { kind, text } of leaked) report(`visible: ${kind} · ${JSON.stringify(cleanText(text))}`);
    expect(recall).toBeGreaterThanOrEqual(LEAST_RECALL);
  });

  it('leave a text in which nothing is left to find', () => {
    const changed = tried.map(({ text }) => cleanText(text)).filter((clean) => cleanText(clean) !== clean);
    expect(changed).toEqual([]);
  });

  it('are not found twice in one place, and their names stay', () => {
    const named = tried.filter(({ kind }) => ['env', 'json', 'option equals', 'yaml'].includes(kind));
    expect(named.length).toBeGreaterThan(20);
    for (const { text, secrets } of named) {
      const expected = secrets.reduce(
        (left, secret) => left.replace(JSON.stringify(secret).slice(1, -1), '[redacted]'),
        text,
      );
      expect(cleanText(text)).toBe(expected);
    }
  });
});

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A secret counts as visible when eight of its characters in a row are. */
function isVisible({ text, secrets }: Example): boolean {
  const clean = cleanText(text);
  return secrets.some(
    (secret) => clean.includes(secret) || (secret.length >= 12 && clean.includes(secret.slice(2, 10))),
  );
}

describe('ordinary text', () => {
  it(`stays as it is in at least ${LEAST_PRECISION * 100} % of ${ORDINARY.length} texts that speak of secrets, keys and ids`, () => {
    expect(ORDINARY.length).toBeGreaterThan(300);
    const changed = ORDINARY.filter((text) => cleanText(text) !== text);
    const precision = 1 - changed.length / ORDINARY.length;
    report(`precision ${(100 * precision).toFixed(2)} % of ${ORDINARY.length}`);
    for (const text of changed) report(`changed: ${text} → ${cleanText(text)}`);
    expect(precision).toBeGreaterThanOrEqual(LEAST_PRECISION);
  });

  it('of the recorded incidents stays as it is, but for what is named here', () => {
    const texts = recordedTexts();
    expect(texts.size).toBeGreaterThan(10_000);
    expect([...texts].filter((text) => redact(text) !== text && !CHANGED_RIGHTLY.has(text))).toEqual([]);
  });
});

function recordedTexts(): ReadonlySet<string> {
  const texts = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        texts.add(key);
        collect(item);
      }
    }
  };
  for (const path of readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.json')) collect(JSON.parse(readFileSync(join(FIXTURES, path), 'utf8')));
  }
  return texts;
}

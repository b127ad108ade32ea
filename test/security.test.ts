import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

/** The promises of SECURITY.md, each with the file of its test and, where one test proves it, its title. */
const promises = [...read('SECURITY.md').matchAll(/^\| (.+?) \| `(test\/[^`]+)` \| (.*?) ?\|$/gm)].map(
  ([, promise = '', file = '', title = '']) => ({ promise, file, title }),
);

it('every promise of SECURITY.md has its test', () => {
  expect(promises.length).toBeGreaterThan(15);
  for (const { promise, file, title } of promises) {
    expect(existsSync(new URL(file, ROOT)), `${promise}: ${file}`).toBe(true);
    expect(read(file), `${promise}: ${title}`).toContain(title);
    // One that is left out proves nothing.
    expect(read(file), file).not.toMatch(/\b(?:it|test|describe)\.(?:skip|todo|only)\(/);
  }
});

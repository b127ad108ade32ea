/** Reference recordings and schemas that lie in `../shared`, beside the checkout, and are no part of the repository. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const SHARED = new URL('../../../shared/', import.meta.url);

/** Titles of skipped tests begin with this. `.ci/run` accepts no other skipped test. */
const NEEDS = 'needs ../shared/';

/**
 * A suite that reads `../shared/<name>`; `define` gets the absolute path. Without the file or folder the suite is skipped by
 * name; with REQUIRE_ALL=1 it fails.
 */
export function describeWithShared(title: string, name: string, define: (path: string) => void): void {
  const path = fileURLToPath(new URL(name, SHARED));
  describe(title, () => {
    if (existsSync(path)) return define(path);
    if (process.env['REQUIRE_ALL'] === '1') {
      it(`${NEEDS}${name}`, () => {
        throw new Error(`${path} is missing and REQUIRE_ALL is set.`);
      });
      return;
    }
    process.stderr.write(`Skipped: ${title} (${NEEDS}${name}).\n`);
    it.skip(`${NEEDS}${name}`, () => undefined);
  });
}

/** Recorded incidents under `fixtures/`, found by the name of their folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface Fixture {
  readonly dir: string;
  readonly name: string;
  /** What was asked for, when no operation id was given to the user: a trace id. */
  readonly operationId: string;
  readonly ask: string;
  /** ISO time of the question; null for incidents without one. */
  readonly now: string | null;
  readonly files: readonly string[];
}

const ROOT = new URL('../../fixtures', import.meta.url).pathname;

export function allFixtures(): readonly Fixture[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === 'case.json')
    .map((path) => readFixture(join(ROOT, dirname(path))));
}

export function fixture(prefix: string): Fixture {
  const found = allFixtures().find(({ name }) => name.startsWith(prefix));
  if (found === undefined) throw new Error(`There is no recorded incident whose name begins with ${prefix}.`);
  return found;
}

function readFixture(dir: string): Fixture {
  const described = JSON.parse(readFileSync(join(dir, 'case.json'), 'utf8'));
  const { operationId, ask = operationId, now = null } = described;
  return { dir, name: basename(dir), operationId, ask, now, files: readdirSync(dir) };
}

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const FIXTURES = new URL('../../../fixtures/', import.meta.url).pathname;

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Folders of recorded incidents, relative to `fixtures/`. */
export function incidents(): readonly string[] {
  const paths = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('case.json'))
    .map((path) => dirname(path))
    .sort();
}

export interface OtherAnswer {
  readonly folder: string;
  readonly version: string;
  readonly dialect: string;
  readonly traceId: string;
  /** Relative to `fixtures/`. */
  readonly file: string;
  readonly path: string;
}

/** The by-id answers that other Jaeger versions gave for the same traces. */
export function otherVersions(): readonly OtherAnswer[] {
  const files = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' });
  return files.flatMap((file) => {
    const match = /^(.*)\/jaeger-v([\d.]+)\/(legacy|v3)\/([0-9a-f]+)\.json$/.exec(file);
    if (match === null) return [];
    const [, folder = '', version = '', dialect = '', traceId = ''] = match;
    return [{ folder, version, dialect, traceId, file, path: join(FIXTURES, file) }];
  });
}

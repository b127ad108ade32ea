import { readFile } from 'node:fs/promises';

/** Two folders below the package both here and in the bundle's `dist/chunks/`. */
const PACKAGE = new URL('../../package.json', import.meta.url);

/** The version of the installed package, e.g. `0.1.0`. */
export async function readVersion(): Promise<string> {
  const { version }: { readonly version?: unknown } = JSON.parse(await readFile(PACKAGE, 'utf8'));
  return typeof version === 'string' ? version : 'unknown';
}

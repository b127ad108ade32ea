import { readFile } from 'node:fs/promises';

/** Two folders below the package root, both here and in the bundle's `dist/chunks/`. */
const MANIFEST = new URL('../../manifest.yml', import.meta.url);

/** The text of `manifest.yml`, with its comments. */
export function readManifest(): Promise<string> {
  return readFile(MANIFEST, 'utf8');
}

/** The bot's scopes. A YAML parser would be a dependency for this one list. */
export function scopesIn(manifest: string): readonly string[] {
  const [, list = ''] = /^ {4}bot:\n((?: {6}.*\n)+)/m.exec(manifest) ?? [];
  return [...list.matchAll(/^ {6}- (\S+)$/gm)].map(([, scope = '']) => scope);
}

/** Documents name files and functions. What they name has to exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'fixtures/README.md', 'packages/local-slack/README.md'],
  ...readdirSync(join(ROOT, 'docs'))
    // The tests that docs/expectations.md names are checked by test/expectations.test.ts.
    .filter((name) => name.endsWith('.md') && name !== 'expectations.md')
    .map((name) => `docs/${name}`),
];

/** In backticks, from the root or the document; `<id>` and `*` stand for any name, `{a,b}` for either. */
const PATH = /`((?:src|test|packages|scripts|fixtures|docs|eval|bench|chaos|schema|[.]github|[.]ci)\/[^`\s]*)`/g;

test.each(DOCUMENTS)('%s names files that exist', (document) => {
  const paths = [...read(document).matchAll(PATH)].map(([, path = '']) => path);
  expect(paths.filter((path) => !exists(path) && !exists(join(dirname(document), path)))).toEqual([]);
});

test.each(DOCUMENTS)('%s links to files that exist', (document) => {
  const links = [...read(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map(
    ([, link = '']) => link,
  );
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
});

test('docs/slash-command.md names functions of the files that it names', () => {
  const named = [...read('docs/slash-command.md').matchAll(/`(src\/[^`]+[.]ts)`: `(\w+)\(\)`/g)];
  expect(named.length).toBeGreaterThan(15);
  const missing = named.filter(
    ([, path = '', name = '']) => !new RegExp(`export (?:async )?function ${name}\\b`).test(read(path)),
  );
  expect(missing.map(([text]) => text)).toEqual([]);
});

function exists(path: string): boolean {
  const [folder = '', ...rest] = path.split(/(?<=\/)(?=[^/]*[<*{])/);
  if (rest.length === 0) return existsSync(join(ROOT, path));
  const names = rest
    .join('')
    .replace(/\/$/, '')
    .replaceAll('.', '[.]')
    .replace(/<[^>]*>|[*]/g, '[^/]+')
    .replace(/\{([^}]*)\}/g, (_, either: string) => `(?:${either.replaceAll(',', '|')})`);
  if (!existsSync(join(ROOT, folder))) return false;
  const pattern = new RegExp(`^${names}$`);
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).some((file) => pattern.test(file));
}

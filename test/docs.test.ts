/** Documents name files and functions. What they name has to exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'fixtures/README.md', 'packages/local-slack/README.md'],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** In backticks, from the root; `<id>` and `*` stand for any name. */
const PATH = /`((?:src|test|packages|scripts|fixtures|docs|eval|bench|schema|[.]github|[.]ci)\/[^`\s]*)`/g;

test.each(DOCUMENTS)('%s names files that exist', (document) => {
  const paths = [...read(document).matchAll(PATH)].map(([, path = '']) => path);
  expect(paths.filter((path) => !exists(path))).toEqual([]);
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
  const [folder = '', ...rest] = path.split(/(?<=\/)(?=[^/]*[<*])/);
  if (rest.length === 0) return existsSync(join(ROOT, path));
  const name = new RegExp(
    `^${rest
      .join('')
      .replaceAll('.', '[.]')
      .replace(/<[^>]*>|[*]/g, '[^/]+')
      .replace(/\/$/, '')}$`,
  );
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).some((file) => name.test(file));
}

/** docs/questions.md leads to the section that answers each question. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '..', 'docs');
const TEXT = readFileSync(join(DOCS, 'questions.md'), 'utf8');
const QUESTIONS = TEXT.split(/^(?=\d+[.] )/m)
  .slice(1)
  .map((question) => question.replace(/\n## [\s\S]*/, ''));

it('has thirty questions, each with a place', () => {
  expect(QUESTIONS.map((question) => Number.parseInt(question, 10))).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  for (const question of QUESTIONS) expect(question).toMatch(/[?.] → \[.+\]\(.+[.]md#.+\)/);
});

it.each(
  [...TEXT.matchAll(/\[([^\]]+)\]\(([^)#]+)#([^)]+)\)/g)].map(([, title, file, anchor]) => [title, file, anchor]),
)('“%s” is in %s at #%s', (_title, file = '', anchor = '') => {
  expect(anchorsOf(readFileSync(join(DOCS, file), 'utf8'))).toContain(anchor);
});

/** As GitHub makes them. */
function anchorsOf(markdown: string): readonly string[] {
  const headings = markdown.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The document of what people expect names its proofs; a proof that is gone, or an expectation without one, is noticed here. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Row {
  readonly expectation: string;
  readonly proofs: readonly string[];
  readonly remark: string;
}

const DOCUMENT = readFileSync(new URL('../docs/expectations.md', import.meta.url), 'utf8');
const ROWS = rowsIn(DOCUMENT);

describe('what people expect', () => {
  it('is listed, each once in its table', () => {
    expect(ROWS.length).toBeGreaterThan(100);
    for (const table of DOCUMENT.split(/^## /m)) {
      const named = rowsIn(table).map(({ expectation }) => expectation);
      expect(new Set(named).size, named.join('\n')).toBe(named.length);
    }
  });

  it.each(ROWS.map((row) => [row.expectation, row] as const))('%s', (_expectation, { proofs, remark }) => {
    if (proofs.length === 0) expect(remark).toMatch(/^Left out: .{40}/);
    expect(proofs.map(problemWith).filter((problem) => problem !== null)).toEqual([]);
  });

  it('has a proof only in a test of that very title', () => {
    expect(problemWith('`eval.test.ts`: is reached by today’s engine on the fixtures')).toBeNull();
    expect(problemWith('`eval.test.ts`: is reached by today’s engine')).toContain('no test');
    expect(problemWith('`nowhere.test.ts`: is reached')).toContain('no file');
    expect(problemWith('somewhere')).toContain('neither');
  });
});

function rowsIn(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter((line) => /^\| (?!expectation )/.test(line))
    .map((line) => {
      const [expectation = '', proofs = '', remark = ''] = line
        .split(/(?<!\\)\|/)
        .slice(1)
        .map((cell) => cell.trim().replaceAll('\\|', '|'));
      return { expectation, proofs: proofs.split('<br>').filter((proof) => proof !== ''), remark };
    });
}

function problemWith(proof: string): string | null {
  const [, file = '', title = ''] = /^`([\w./-]+\.test\.ts)`: (.+)$/.exec(proof) ?? [];
  if (file === '') return `${proof}: this names neither a file nor a title.`;
  const path = join(import.meta.dirname, file);
  if (!existsSync(path)) return `${proof}: there is no file of that name.`;
  const source = readFileSync(path, 'utf8');
  const isThere = ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
  return isThere ? null : `${proof}: there is no test of that title.`;
}

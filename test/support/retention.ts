/** The tables of docs/retention.md. */
import { readFileSync } from 'node:fs';
import { readDuration } from '../../src/language/durations.ts';

/** Milliseconds; null for what is kept until something ends it. */
export type Kept = number | null;

export function readRetention() {
  const text = readFileSync(new URL('../../docs/retention.md', import.meta.url), 'utf8');
  const [, values = '', sets = '', jobs = ''] = text.split(/^## .*$/m);
  return {
    values: new Map(
      rowsOf(values).flatMap(([names, , kept]) => namesIn(names).map((name) => [name, keptOf(kept)] as const)),
    ),
    sets: new Set(rowsOf(sets).flatMap(([names]) => namesIn(names))),
    jobs: new Map(
      rowsOf(jobs).flatMap(([names, completed, failed]) =>
        namesIn(names).map(
          (name) => [name, { completedMs: keptOf(completed) ?? 0, failedMs: keptOf(failed) ?? 0 }] as const,
        ),
      ),
    ),
  };
}

function rowsOf(section: string): readonly (readonly [string, string, string])[] {
  return [...section.matchAll(/^\| (`.*?) \| (.*?) \| (.*?) \|$/gm)].map(([, a = '', b = '', c = '']) => [a, b, c]);
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

function keptOf(cell: string): Kept {
  if (cell.startsWith('until ')) return null;
  if (cell === 'not kept') return 0;
  const ms = readDuration(cell.replace(' min', 'm').replace(' ', ''));
  if (ms === null) throw new Error(`docs/retention.md says “${cell}”, which is no time.`);
  return ms;
}

/** Writes a mutant as a fixture: for `diagnose --file`, and for `npm run eval -- --cases`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutants.ts';
import { iso } from './parts.ts';
import { writeTraces } from './write.ts';

/** Returns the command that diagnoses it. */
export function save({ draft, dialect, kind, seed }: Mutant, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const { operationId, ask, statusCode, expected, spans, layout, operation, workers, api } = draft;
  const { causes, tracesOnly, healthy } = expected;
  const now = iso(draft.now);
  const told = { operationId, ask, causes, tracesOnly, must: [], healthy, now, statusCode };
  write('case.json', JSON.stringify({ ...told, about: `${draft.name}, ${kind}, seed ${seed}` }, null, 1));
  for (const one of ['legacy', 'v3'] as const) write(`${one}.json`, writeTraces(spans, one, layout));
  const answers = Object.entries({ operation, workers }).filter(([, body]) => api && body !== null);
  for (const [name, body] of answers) write(`${name}.json`, JSON.stringify(body));
  const options = answers.map(
    ([name]) => `--${name === 'operation' ? 'operations' : name} ${join(folder, `${name}.json`)}`,
  );
  return ['npx ktrdr-bot diagnose', ask, '--file', join(folder, `${dialect}.json`), ...options, '--now', now].join(' ');
}

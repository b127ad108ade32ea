/** `npm run eval -- --mutants`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES, incidentsIn } from '../../test/support/incidents.ts';
import { KINDS } from './kinds.ts';
import { type Judged, judge, mutantsOf } from './mutants.ts';
import { report, shortfalls } from './report.ts';
import { save } from './save.ts';

export interface MutantOptions {
  readonly seed?: string | undefined;
  readonly count?: string | undefined;
  readonly only?: readonly string[] | undefined;
  readonly case?: string | undefined;
  readonly save?: string | undefined;
  readonly fixtures?: readonly string[] | undefined;
  readonly json: boolean;
}

const DEFAULT_COUNT = 3000;

/** The text for standard output and the exit status: 1 if a bar isn't reached, 2 for a wrong option. */
export function runMutants(options: MutantOptions): { readonly text: string; readonly status: 0 | 1 | 2 } {
  const { only = [], fixtures = [FIXTURES] } = options;
  const incidents = fixtures
    .filter((folder) => existsSync(folder))
    .flatMap(incidentsIn)
    .filter(({ name }) => options.case === undefined || name === options.case);
  const seed = options.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(options.seed);
  const isOne = options.case !== undefined && only.length > 0;
  const count = options.count === undefined ? (isOne ? only.length : DEFAULT_COUNT) : Number(options.count);
  const unknown = only.find((name) => KINDS.every(([, kind]) => kind.name !== name));
  if (!Number.isSafeInteger(seed) || !(Number.isSafeInteger(count) && count > 0))
    return { text: '--seed and --count take whole numbers.', status: 2 };
  if (unknown !== undefined)
    return {
      text: `--only ${unknown} isn't a kind. Kinds: ${KINDS.map(([, { name }]) => name).join(', ')}.`,
      status: 2,
    };
  if (incidents.length === 0)
    return {
      text: 'No such incident: --fixtures takes folders with case.json in or below them, --case a path in one.',
      status: 2,
    };
  const judged: Judged[] = [];
  const saved: string[] = [];
  for (const mutant of mutantsOf({ incidents, seed, count, only })) {
    judged.push(judge(mutant));
    if (options.save !== undefined)
      saved.push(save(mutant, isOne ? options.save : join(options.save, String(judged.length))));
  }
  const short = shortfalls(judged);
  const text = options.json
    ? JSON.stringify({ seed, shortfalls: short, judged }, null, 2)
    : [report(judged, seed, options.fixtures), ...saved].join('\n');
  return { text, status: short.length > 0 ? 1 : 0 };
}

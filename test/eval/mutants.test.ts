/** Mutants of the fixtures, others in every run; the seed repeats them: `npm run eval -- --mutants --seed N`. */
import { expect, it } from 'vitest';
import { KINDS } from '../../eval/mutants/kinds.ts';
import { judge, mutantsOf } from '../../eval/mutants/mutants.ts';
import { report, shortfalls } from '../../eval/mutants/report.ts';
import { FIXTURES, incidentsIn } from '../support/incidents.ts';

const SEED = Math.floor(Math.random() * 1e6);
const OF_EACH_KIND = 10;

it(`are answered right, and never wrongly with confidence: seed ${SEED}`, () => {
  process.stdout.write(`Mutants of seed ${SEED}\n`);
  const incidents = incidentsIn(FIXTURES);
  const judged = [...mutantsOf({ incidents, seed: SEED, count: OF_EACH_KIND * KINDS.length })].map(judge);
  expect(judged).toHaveLength(OF_EACH_KIND * KINDS.length);
  expect(shortfalls(judged), report(judged, SEED)).toEqual([]);
});

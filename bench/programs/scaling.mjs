/** `scaling.mjs parse|diagnose FILE...`: median milliseconds from text to value or diagnosis of each file, in one warm process. */
import { readFileSync } from 'node:fs';
import { diagnoseText } from './diagnosis.mjs';

const ROUNDS = 5;
const WARM_UP = 20;

const [task, ...paths] = process.argv.slice(2);
const run = task === 'parse' ? JSON.parse : diagnoseText;
const texts = paths.map((path) => readFileSync(path, 'utf8'));
for (let round = 0; round < WARM_UP; round += 1) run(texts[0]);
const times = texts.map(() => []);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [index, text] of texts.entries()) {
    const startedMs = performance.now();
    run(text);
    times[index].push(performance.now() - startedMs);
  }
}
process.stdout.write(JSON.stringify(times.map((values) => values.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)])));

/** `engine.mjs FILE`: in a warm process, medians of parsing an answer, of diagnosing it, and of both with all between. */
import { readFileSync } from 'node:fs';
import { caseIn, diagnoseCase, diagnoseText } from './diagnosis.mjs';

const WARM_UP = 300;
const ROUNDS = 700;

const text = readFileSync(process.argv[2], 'utf8');
const kase = caseIn(text);
const tasks = { parse: () => JSON.parse(text), diagnose: () => diagnoseCase(kase), both: () => diagnoseText(text) };
const times = { parse: [], diagnose: [], both: [] };
for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
  for (const [name, task] of Object.entries(tasks)) {
    const startedMs = performance.now();
    task();
    if (round >= WARM_UP) times[name].push(performance.now() - startedMs);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const medians = Object.entries(times).map(([name, values]) => [name, median(values)]);
process.stdout.write(JSON.stringify(Object.fromEntries(medians)));

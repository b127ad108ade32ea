import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ANSWER_SHAPES } from './answer-shapes.ts';
import { MAIN, timeOf } from './built.ts';
import { atMost, type Bench, type Figure } from './figure.ts';
import { inTurns, ms } from './samples.ts';
import { OPERATION_ID } from './training-trace.ts';

const LARGEST = 100_000;
const SIZES = [40_000, LARGEST];
const ROUNDS = 5;
const PARSE = 'JSON.parse(require("node:fs").readFileSync(process.argv[1]))';
const PARSE_LINES =
  'globalThis.kept = require("node:fs").readFileSync(process.argv[1], "utf8").trimEnd().split("\\n").map((line) => JSON.parse(line))';

export const shapesBench: Bench = {
  about:
    'whole processes: diagnose --file against JSON.parse of the same file, for each shape in which traces are saved',
  async run(workDir) {
    const path = join(workDir, 'answer.json');
    const figures: Figure[] = [];
    for (const { name, isLines, write } of ANSWER_SHAPES) {
      for (const spans of SIZES) {
        const text = write(spans);
        await writeFile(path, text);
        const pair = await inTurns(
          ROUNDS,
          () => timeOf(process.execPath, [MAIN, 'diagnose', OPERATION_ID, '--file', path]),
          () => timeOf(process.execPath, ['-e', isLines ? PARSE_LINES : PARSE, path]),
        );
        figures.push({
          name: `${name}, ${spans / 1000}k`,
          value: pair.ratio,
          unit: '×',
          // Starting the program and warming up take a larger part of a shorter time.
          limit: spans === LARGEST ? atMost(1.8) : null,
          detail: `${ms(pair.ours)} against ${ms(pair.theirs)}; ${(Buffer.byteLength(text) / 1e6).toFixed(1)} MB`,
        });
      }
    }
    return figures;
  },
};

import { MAIN, timeOf } from './built.ts';
import { atMost, type Bench, type Figure } from './figure.ts';
import { inTurns, ms } from './samples.ts';
import { saveTrace } from './saved-trace.ts';
import type { Dialect } from './trace-text.ts';
import { OPERATION_ID } from './training-trace.ts';

const ROUNDS = 9;
const START_ROUNDS = 21;
const SPANS = 10_000;
const PARSE = 'JSON.parse(require("node:fs").readFileSync(process.argv[1]))';

export const processBench: Bench = {
  about: 'whole processes: diagnose --file against JSON.parse of the same file, --help against an empty program',
  run: async (workDir) => [await diagnosis(workDir, 'legacy'), await diagnosis(workDir, 'v3'), await help()],
};

async function diagnosis(workDir: string, dialect: Dialect): Promise<Figure> {
  const { path, megabytes } = await saveTrace(workDir, SPANS, dialect);
  const pair = await inTurns(
    ROUNDS,
    () => timeOf(process.execPath, [MAIN, 'diagnose', OPERATION_ID, '--file', path]),
    () => timeOf(process.execPath, ['-e', PARSE, path]),
  );
  return {
    name: `diagnose --file, ${dialect}`,
    value: pair.ratio,
    unit: '×',
    limit: atMost(3),
    detail: `${ms(pair.ours)} against ${ms(pair.theirs)}; ${SPANS} spans, ${megabytes.toFixed(1)} MB`,
  };
}

async function help(): Promise<Figure> {
  const pair = await inTurns(
    START_ROUNDS,
    () => timeOf(process.execPath, [MAIN, '--help']),
    () => timeOf(process.execPath, ['-e', '0']),
  );
  return {
    name: '--help',
    value: pair.ratio,
    unit: '×',
    limit: atMost(3),
    detail: `${ms(pair.ours)} against ${ms(pair.theirs)}`,
  };
}

/** `npm run bench [-- name...]`: the figures as ratios within one run; exit status 1 when one is over its limit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ackBench } from './ack.ts';
import { alertsBench } from './alerts.ts';
import { answerBench } from './answer.ts';
import { isBuilt } from './built.ts';
import { curlJqBench } from './curl-jq.ts';
import { engineBench } from './engine.ts';
import { type Bench, isOver, table } from './figure.ts';
import { largeBench } from './large.ts';
import { loopDelayBench } from './loop-delay.ts';
import { processBench } from './process.ts';
import { scalingBench } from './scaling.ts';
import { shapesBench } from './shapes.ts';
import { throughputBench } from './throughput.ts';
import { workspacesBench } from './workspaces.ts';

const BENCHES: Readonly<Record<string, Bench>> = {
  ack: ackBench,
  alerts: alertsBench,
  answer: answerBench,
  process: processBench,
  engine: engineBench,
  large: largeBench,
  shapes: shapesBench,
  'loop-delay': loopDelayBench,
  throughput: throughputBench,
  scaling: scalingBench,
  workspaces: workspacesBench,
  'curl-jq': curlJqBench,
};

process.exitCode = await main(process.argv.slice(2));

async function main(asked: readonly string[]): Promise<number> {
  const names = asked.length === 0 ? Object.keys(BENCHES) : asked;
  const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
  if (unknown !== undefined) {
    console.error(`There is no bench "${unknown}". There are: ${Object.keys(BENCHES).join(', ')}.`);
    return 2;
  }
  if (!isBuilt()) {
    console.error('The benches measure the built program, and dist/ is missing: run "npm run build" first.');
    return 2;
  }
  let isAnyOver = false;
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (!names.includes(name)) continue;
    console.log(`\n${name}: ${bench.about}`);
    const outcome = await inOwnDirectory(bench);
    console.log(typeof outcome === 'string' ? `  left out: ${outcome}` : table(outcome));
    isAnyOver ||= typeof outcome !== 'string' && outcome.some(isOver);
  }
  return isAnyOver ? 1 : 0;
}

async function inOwnDirectory(bench: Bench) {
  const workDir = await mkdtemp(join(tmpdir(), 'ktrdr-bench-'));
  try {
    return await bench.run(workDir);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** `npm run chaos`: whether everybody who asks gets exactly one result, whatever breaks. Exit status 1 when somebody does not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isBuilt } from '../bench/built.ts';
import { isWithoutRedis } from '../bench/redis.ts';
import { evidence, faultsIn, type Row, table, warnings } from './report.ts';
import { runScenario } from './run.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const HELP = `Usage: npm run chaos -- [--scenario NAME]… [--commands N] [--rate N] [--long] [--seed N] [--patience S] [--keep]

People ask for diagnoses in a local Slack while the processes of the built bot, its queue and Slack itself are disturbed. Then
everybody must have exactly one result.

--scenario  which disturbance (repeatable), or "all"; default: mixture
--commands  how many questions; --long: five times as many as usual
--rate      questions a second
--seed      the same seed gives the same questions and disturbances; printed at the start
--patience  seconds without any change after which what is missing counts as missing; default 90
--keep      keeps the folder with the log of every process

`;
/** Ten thousand questions within an hour, with the time that the last ones take. */
const LONGEST_ASKING_S = 3_000;
const MOST_EVIDENCE = 3;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: ['mixture'] },
    commands: { type: 'string' },
    rate: { type: 'string' },
    seed: { type: 'string' },
    patience: { type: 'string', default: '90' },
    long: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const chosen = Object.entries(SCENARIOS).filter(([name]) =>
    values.scenario.some((wanted) => ['all', name].includes(wanted)),
  );
  const unknown = values.scenario.filter((name) => name !== 'all' && !Object.hasOwn(SCENARIOS, name));
  const numbers = [values.commands, values.rate, values.seed, values.patience];
  if (values.help) return printed(HELP, 0);
  if (unknown.length > 0) return wrong(`There is no scenario "${unknown[0]}". There are: ${names()}.`);
  if (numbers.some((number) => number !== undefined && !(Number(number) > 0))) {
    return wrong('--commands, --rate, --seed and --patience need a number above 0.');
  }
  if (!isBuilt()) return wrong('Chaos runs the built program, and dist/ is missing: run "npm run build" first.');
  const isRedisMissing = isWithoutRedis();
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000) + 1);
  process.stdout.write(`seed ${seed}\n`);
  const rows: Row[] = [];
  for (const [name, scenario] of chosen) {
    if (isRedisMissing && scenario.world.queue !== 'pglite') process.stdout.write(`\n${name}: left out\n`);
    else rows.push(await run(name, scenario, seed));
  }
  process.stdout.write(`\n${table(rows)}\n`);
  return rows.every((row) => faultsIn(row) === 0) ? 0 : 1;
}

async function run(name: string, scenario: Scenario, seed: number): Promise<Row> {
  const workDir = await mkdtemp(join(tmpdir(), 'ktrdr-chaos-'));
  const commands = Number(values.commands ?? scenario.commands * (values.long ? 5 : 1));
  const perSecond = Number(values.rate ?? Math.max(scenario.perSecond, commands / LONGEST_ASKING_S));
  process.stdout.write(
    `\n${name}: ${commands} questions, ${perSecond.toFixed(1)} a second; disturbed: ${scenario.about}\n`,
  );
  try {
    const say = (progress: string) => process.stdout.write(`  ${progress}\n`);
    const patienceMs = Number(values.patience) * 1000;
    const outcome = await runScenario(scenario, { seed, commands, perSecond, patienceMs, workDir, say });
    const row = { scenario: name, seed, outcome, isEveryoneAnswered: scenario.isEveryoneAnswered };
    const notes = [...outcome.complaints, ...(await warnings(workDir))];
    process.stdout.write(notes.map((note) => `  ${note}\n`).join(''));
    if (faultsIn(row) > 0) process.stdout.write(`${await evidence(row, workDir, MOST_EVIDENCE)}\n`);
    return row;
  } finally {
    if (values.keep) process.stdout.write(`  logs: ${workDir}\n`);
    else await rm(workDir, { recursive: true, force: true });
  }
}

function names(): string {
  return Object.keys(SCENARIOS).join(', ');
}

function printed(text: string, status: number): number {
  process.stdout.write(text);
  return status;
}

function wrong(text: string): number {
  process.stderr.write(`${text}\n`);
  return 2;
}

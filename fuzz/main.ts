/** `npm run fuzz`: what happens to readers of what others wrote when it is not what they expect. Exit status 1 for a finding. */
import { parseArgs } from 'node:util';
import { fuzz } from './judge.ts';
import { READERS } from './readers/index.ts';

const HELP = `Usage: npm run fuzz -- [reader]… [--minutes N] [--seed N]

Gives each reader recorded inputs with changes at random: parts left out, repeated, exchanged, nested, enlarged, hostile. A case
fails when the reader throws, leaves a rejection behind, shows a secret, or holds the processor for more than a second.

--minutes  for each reader; default 1
--seed     the same seed gives the same cases; printed at the start

${READERS.map(({ name, about }) => `${name.padEnd(10)} ${about}`).join('\n')}
`;
const MOST_MS = 1_000;

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
process.exitCode = await main();

async function main(): Promise<number> {
  const chosen = READERS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const unknown = positionals.find((name) => !READERS.some((reader) => reader.name === name));
  const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? Math.floor(Math.random() * 1_000_000) + 1)];
  if (values.help) return print(HELP, 0);
  if (unknown !== undefined)
    return print(`There is no reader "${unknown}". There are: ${READERS.map(({ name }) => name).join(', ')}.\n`, 2);
  if (!(minutes > 0) || !Number.isInteger(seed)) return print('--minutes and --seed need a number above 0.\n', 2);
  print(`seed ${seed}\n`, 0);
  let problems = 0;
  for (const reader of chosen) {
    const { cases, slowestMs, problem } = await fuzz(reader, { seed, minutes, mostMs: MOST_MS });
    if (problem !== null) problems += 1;
    const verdict = problem === null ? 'nothing found' : `FOUND\n${problem}`;
    print(
      `${reader.name.padEnd(10)} ${String(cases).padStart(8)} cases, slowest ${Math.round(slowestMs)} ms: ${verdict}\n`,
      0,
    );
  }
  return problems === 0 ? 0 : 1;
}

function print(text: string, status: number): number {
  process.stdout.write(text);
  return status;
}

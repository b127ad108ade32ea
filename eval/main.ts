/** `npm run eval`: the whole engine over recorded incidents. Exit status 1 when a figure is worse than the scoreboard's. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { env } from 'node:process';
import { parseArgs } from 'node:util';
import { ownCausesOf } from '../src/config/causes-file.ts';
import { useOwnCauses } from '../src/diagnosis/catalogue.ts';
import { FIXTURES, incidentsIn } from '../test/support/incidents.ts';
import { type Judgement, judgeAll, regressions, type Scoreboard, scoreboardOf, text } from './evaluate.ts';
import { attemptsIn, report } from './labelled.ts';
import { runMutants } from './mutants/run.ts';

const HELP = `Usage: npm run eval -- [--cases DIR]… [--json] [--update]
       npm run eval -- --labelled DIR [--labelled DIR]…
       npm run eval -- --mutants [--seed N] [--count N] [--fixtures DIR]… [--only KIND]… [--case NAME] [--save DIR] [--json]

Without --cases: the fixtures, compared with eval/scoreboard.json. With --cases (repeatable): the incidents below these
folders, compared with nothing. CAUSES_FILE adds its causes. --json prints every judgement; --update makes today's figures the scoreboard.
--labelled (repeatable): how often the service at fault is named in labelled traces of other systems (labels.json in DIR), by
each method, and when the method is chosen without a pack or a fault.
--mutants: 3,000 (--count) incidents derived from the fixtures by changes that must not matter, changes that must, and errors
in unknown words. The same --seed gives the same mutants; --only and --case choose one, --save writes it for diagnose --file.
`;
const SCOREBOARD = new URL('./scoreboard.json', import.meta.url);

const { values } = parseArgs({
  options: {
    cases: { type: 'string', multiple: true },
    labelled: { type: 'string', multiple: true },
    mutants: { type: 'boolean', default: false },
    seed: { type: 'string' },
    count: { type: 'string' },
    fixtures: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
    case: { type: 'string' },
    save: { type: 'string' },
    json: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
useOwnCauses(ownCausesOf(env));
if (values.help) process.stdout.write(HELP);
else if (values.mutants) {
  const { text, status } = runMutants(values);
  (status === 2 ? process.stderr : process.stdout).write(`${text}\n`);
  process.exitCode = status;
} else if (values.labelled !== undefined) await evaluateLabelled(values.labelled);
else if (values.update && values.cases !== undefined) {
  process.stderr.write('--update is for the fixtures: leave out --cases.\n');
  process.exitCode = 2;
} else await evaluate(values.cases ?? null);

async function evaluateLabelled(folders: readonly string[]): Promise<void> {
  const packs = await Promise.all(folders.map(attemptsIn));
  const wrong = packs.filter((pack) => typeof pack === 'string');
  if (wrong.length === 0) {
    process.stdout.write(`${report(packs.filter((pack) => typeof pack !== 'string').flat())}\n`);
    return;
  }
  process.stderr.write(`${wrong.join('\n')}\n`);
  process.exitCode = 2;
}

async function evaluate(folders: readonly string[] | null): Promise<void> {
  const empty = (folders ?? []).find((folder) => !existsSync(folder) || incidentsIn(folder).length === 0);
  if (empty !== undefined) {
    process.stderr.write(
      `--cases ${empty} holds no incident: a folder with case.json in it or below it is expected.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const judgements = judgeAll((folders ?? [FIXTURES]).flatMap(incidentsIn));
  const scoreboard = scoreboardOf(judgements);
  if (values.update) await writeFile(SCOREBOARD, `${JSON.stringify(scoreboard, null, 2)}\n`);
  const worse = folders === null ? regressions(scoreboard, JSON.parse(await readFile(SCOREBOARD, 'utf8'))) : [];
  const answer = values.json
    ? JSON.stringify({ scoreboard, regressions: worse, judgements }, null, 2)
    : [table(scoreboard), ...misses(judgements), ...worse].join('\n');
  process.stdout.write(`${answer}\n`);
  if (worse.length > 0) process.exitCode = 1;
}

function table(scoreboard: Scoreboard): string {
  const header = ['', 'right cause', 'right scenario', 'false alarms', 'abstentions'];
  const rows = Object.entries(scoreboard).map(([group, { rightCause, rightScenario, falseAlarms, abstentions }]) => [
    group,
    ...[rightCause, rightScenario, falseAlarms, abstentions].map(text),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function misses(judgements: readonly Judgement[]): readonly string[] {
  return judgements
    .filter(({ isRight }) => !isRight)
    .map(
      ({ incident, dialect, witness, answer, accepted }) =>
        `✗ ${incident} (${dialect}, ${witness}): ${answer}, expected ${accepted.join(' or ')}`,
    );
}

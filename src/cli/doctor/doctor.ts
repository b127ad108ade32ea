/** Checks everything that the bot depends on, and says what to change. `docs/doctor.md` lists what it finds. */
import type { Config } from '../../config/environment.ts';
import { configFrom, type Options, optionsCommand } from '../command.ts';
import { EXIT, type Io, writeJson } from '../io.ts';
import { checkGrafana } from './grafana.ts';
import { checkJaeger } from './jaeger.ts';
import { checkKtrdr } from './ktrdr.ts';
import { checkQueue } from './queue.ts';
import type { Report } from './report.ts';
import { checkSettings, isServing } from './settings.ts';
import { checkSlack } from './slack.ts';

const HELP = `Usage: ktrdr-bot doctor [--json]

For each dependency what was tried, what answered, and what to change; then what is wrong with the settings and on this machine.
Exit status 1 when something that is configured does not work.
`;

export const doctor = optionsCommand({ name: 'doctor', help: HELP, options: { json: 'flag' } }, runChecks);

async function runChecks(options: Options, io: Io): Promise<number> {
  const config = await configFrom(io.env);
  const reports = await checkAll(config, io);
  if (options.has('json')) writeJson(io, reports.map(asData));
  else io.write(`${reports.flatMap(linesOf).join('\n')}\n`);
  const isBroken = reports.some(({ state, problems }) => state === 'unavailable' || problems.some(isError));
  return isBroken ? EXIT.unanswered : EXIT.answered;
}

async function checkAll(config: Config, io: Io): Promise<readonly Report[]> {
  const reports = await Promise.all([
    checkJaeger(config, isServing(io.env), io.signal),
    checkKtrdr(config, io.signal),
    checkQueue(config),
    checkSlack(config, io.signal),
    ...(config.grafanaUrl === null ? [] : [checkGrafana(config, io.signal)]),
    checkSettings(config, io),
  ]);
  return reports.filter((report) => report !== null);
}

function isError({ severity }: Report['problems'][number]): boolean {
  return severity === 'error';
}

function asData(report: Report) {
  const { problems } = report;
  return { ...report, change: problems.length === 0 ? null : problems.map(({ text }) => text).join(' ') };
}

/** A problem that says no more than the line before isn't repeated. */
function linesOf({ name, state, detail, problems }: Report): readonly string[] {
  const [only] = problems;
  const line = `${name.padEnd(9)}  ${state.padEnd(11)}  `;
  if (problems.length === 1 && only?.text.startsWith(detail)) return [line + only.text];
  return [line + detail, ...problems.map(({ text }) => `${' '.repeat(line.length)}${text}`)];
}

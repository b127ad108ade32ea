/** Checks everything that the bot depends on, and says what to change. `docs/doctor.md` lists what it finds. */
import type { Config } from '../../config/environment.ts';
import { configFrom, type Options, optionsCommand } from '../command.ts';
import { EXIT, type Io, writeJson } from '../io.ts';
import { certificateProblems } from './certificates.ts';
import { checkGrafana } from './grafana.ts';
import { checkJaeger } from './jaeger.ts';
import { checkKtrdr } from './ktrdr.ts';
import { checkQueue } from './queue.ts';
import { type Report, withProblems } from './report.ts';
import { checkFiles, isServing, servingProblems } from './settings.ts';
import { checkSlack } from './slack.ts';

const HELP = `Usage: ktrdr-bot doctor [--json]

One line for each dependency: what was tried, what responded, what to change.
Exit status 1 if a configured dependency doesn't work.
`;

export const doctor = optionsCommand({ name: 'doctor', help: HELP, options: { json: 'flag' } }, runChecks);

async function runChecks(options: Options, io: Io): Promise<number> {
  const config = await configFrom(io.env);
  const reports = await checkAll(config, io);
  if (options.has('json')) writeJson(io, reports.map(asData));
  else io.write(reports.map((report) => `${linesOf(report, io.stdout.isTTY)}\n`).join(''));
  const isBroken = reports.some(({ state, problems }) => state === 'unavailable' || problems.some(isError));
  return isBroken ? EXIT.unanswered : EXIT.answered;
}

async function checkAll(config: Config, { env, signal }: Io): Promise<readonly Report[]> {
  // Before the other checks, because loading their libraries would delay a connection.
  const queue = await checkQueue(config);
  const [certificates, serving, jaeger, ktrdr, slack, ...others] = await Promise.all([
    certificateProblems(config),
    servingProblems(config, env),
    checkJaeger(config, isServing(env), signal),
    checkKtrdr(config, signal),
    checkSlack(config, signal),
    ...(config.grafanaUrl === null ? [] : [checkGrafana(config, signal)]),
    checkFiles(env),
  ]);
  const of = (start: string) => certificates.filter(({ variable }) => variable?.startsWith(start));
  const first = [
    withProblems(jaeger, of('JAEGER')),
    withProblems(ktrdr, of('KTRDR')),
    withProblems(queue, of('REDIS')),
  ];
  return [...first, withProblems(slack, serving), ...others.filter((report) => report !== null)];
}

function isError({ severity }: Report['problems'][number]): boolean {
  return severity === 'error';
}

/** `change` is for what doesn't work; warnings are only in `problems`. */
function asData(report: Report) {
  const { state, problems } = report;
  const isWell = (state === 'ok' || state === 'off') && !problems.some(isError);
  return { ...report, change: isWell || problems.length === 0 ? null : problems.map(({ text }) => text).join(' ') };
}

/** One line for each dependency; on a terminal, what to change is on separate lines. */
function linesOf({ name, state, detail, problems }: Report, isTerminal: boolean): string {
  const start = `${name.padEnd(9)}  ${state.padEnd(11)}  `;
  const texts = problems.map(({ text }) => text);
  // Some only repeat what was found.
  const all = texts.some((text) => text.startsWith(detail)) ? texts : [detail, ...texts];
  return start + all.join(isTerminal ? `\n${' '.repeat(start.length)}` : ' ');
}

/**
 * The commands with which ktrdr's runbook looks at an operation: the query by its id, and the four steps of its "Diagnostic
 * Workflow", with what keeps these from running put right. Jaeger's part is played by a server that sends the saved answer
 * at once.
 */
import { spawnSync } from 'node:child_process';
import { MAIN, reportOf, timeOf } from './built.ts';
import { atLeast, type Bench } from './figure.ts';
import { inTurns, ms } from './samples.ts';
import { saveTrace, serveFile } from './saved-trace.ts';
import { OPERATION_ID } from './training-trace.ts';

const SPANS = 10_000;
const ROUNDS = 7;

const ALL = '.';
const EXISTS = '.data | length';
/** The runbook looks for `.process.serviceName`, which by-id answers keep apart, and for the text "true" in a boolean. */
const SUMMARY = `.data[0].processes as $processes | .data[0].spans[] | {
  span: .operationName,
  service: $processes[.processID].serviceName,
  duration_ms: (.duration / 1000),
  error: ([.tags[] | select(.key == "error" and .value == true)] | length > 0)
}`;
const SORTED = 'sort_by(.duration_ms) | reverse';
const SELECTION = `.data[0].spans[] | select(.operationName == "workers.select") | .tags[]
  | select(.key | startswith("worker.")) | {key: .key, value: .value}`;
/** Exceptions are logs of a span, not tags. */
const ERRORS = `.data[0].spans[] | select(.tags[] | select(.key == "error" and .value == true)) | {
  span: .operationName,
  exception_type: (.logs[].fields[] | select(.key == "exception.type") | .value),
  exception_message: (.logs[].fields[] | select(.key == "exception.message") | .value)
}`;

const STEPS = ['jq "$2"', 'jq "$3"', 'jq "$4" | jq -s "$5"', 'jq "$6"', 'jq "$7"'].map(
  (step) => `curl -s "$1" | ${step}`,
);

export const curlJqBench: Bench = {
  about: 'the runbook’s curl and jq commands on an answer of 10,000 spans, against the diagnosis of the same answer',
  async run(workDir) {
    for (const command of ['curl', 'jq'])
      if (spawnSync(command, ['--version']).status !== 0) return `${command} is not installed.`;
    const { path } = await saveTrace(workDir, SPANS, 'legacy');
    const server = await serveFile(path);
    const programs = [ALL, EXISTS, SUMMARY, SORTED, SELECTION, ERRORS];
    const run = (steps: readonly string[]) => timeOf('sh', ['-ec', steps.join(' && '), 'sh', server.url, ...programs]);
    const warmly = async () => (await reportOf('scaling.mjs', ['diagnose', path]))[0] ?? 0;
    const asProcess = () => timeOf(process.execPath, [MAIN, 'diagnose', OPERATION_ID, '--file', path]);
    const warm = await inTurns(ROUNDS, () => run(STEPS), warmly);
    const workflow = await inTurns(ROUNDS, () => run(STEPS.slice(1)), warmly);
    const cold = await inTurns(ROUNDS, () => run(STEPS), asProcess);
    await server.close();
    return [
      {
        name: 'in the running bot',
        value: warm.ratio,
        unit: '×',
        limit: atLeast(20),
        detail: `${ms(warm.ours)} for five steps of curl and jq, against ${ms(warm.theirs)} from the text of the answer to the diagnosis in a warm process, without fetching it`,
      },
      {
        name: 'without the first step',
        value: workflow.ratio,
        unit: '×',
        limit: null,
        detail: `${ms(workflow.ours)} for the “Diagnostic Workflow” alone, against ${ms(workflow.theirs)}`,
      },
      {
        name: 'as a process',
        value: cold.ratio,
        unit: '×',
        limit: null,
        detail: `${ms(cold.ours)} against ${ms(cold.theirs)} for diagnose --file, the start of Node and of the program included`,
      },
    ];
  },
};

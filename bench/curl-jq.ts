/**
 * The commands of ktrdr's runbook ("Diagnostic Workflow"): four requests and five jq programs, with what keeps these from
 * running put right. Jaeger's part is played by a server that sends the saved answer at once.
 */
import { spawnSync } from 'node:child_process';
import { MAIN, reportOf, timeOf } from './built.ts';
import { atLeast, type Bench } from './figure.ts';
import { inTurns, ms } from './samples.ts';
import { saveTrace, serveFile } from './saved-trace.ts';
import { OPERATION_ID } from './training-trace.ts';

const SPANS = 10_000;
const ROUNDS = 5;

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

const WORKFLOW = ['jq "$2"', 'jq "$3" | jq -s "$4"', 'jq "$5"', 'jq "$6"']
  .map((step) => `curl -s "$1" | ${step}`)
  .join(' && ');

export const curlJqBench: Bench = {
  about: 'the runbook’s curl and jq commands on an answer of 10,000 spans, against the diagnosis of the same answer',
  async run(workDir) {
    for (const command of ['curl', 'jq'])
      if (spawnSync(command, ['--version']).status !== 0) return `${command} is not installed.`;
    const { path } = await saveTrace(workDir, SPANS, 'legacy');
    const server = await serveFile(path);
    const runbook = () => timeOf('sh', ['-ec', WORKFLOW, 'sh', server.url, EXISTS, SUMMARY, SORTED, SELECTION, ERRORS]);
    const warm = await inTurns(
      ROUNDS,
      runbook,
      async () => (await reportOf('scaling.mjs', ['diagnose', path]))[0] ?? 0,
    );
    const cold = await inTurns(ROUNDS, runbook, () =>
      timeOf(process.execPath, [MAIN, 'diagnose', OPERATION_ID, '--file', path]),
    );
    await server.close();
    return [
      {
        name: 'in the running bot',
        value: warm.ratio,
        unit: '×',
        limit: atLeast(20),
        detail: `${ms(warm.ours)} for four curl and five jq, against ${ms(warm.theirs)} from the text of the answer to the diagnosis in a warm process, without fetching it`,
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

/** The five jq programs of ktrdr's runbook ("Diagnostic Workflow"), with what keeps them from running put right. */
import { spawnSync } from 'node:child_process';
import { MAIN, timeOf } from './built.ts';
import { atLeast, type Bench } from './figure.ts';
import { inTurns, ms } from './samples.ts';
import { saveTrace } from './saved-trace.ts';
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

const WORKFLOW = 'jq "$2" "$1" && jq "$3" "$1" | jq -s "$4" && jq "$5" "$1" && jq "$6" "$1"';

export const curlJqBench: Bench = {
  about: 'the runbook’s five jq programs on a saved answer, against diagnose --file of it',
  async run(workDir) {
    if (spawnSync('jq', ['--version']).status !== 0) return 'jq is not installed.';
    const { path } = await saveTrace(workDir, SPANS, 'legacy');
    const pair = await inTurns(
      ROUNDS,
      () => timeOf('sh', ['-ec', WORKFLOW, 'sh', path, EXISTS, SUMMARY, SORTED, SELECTION, ERRORS]),
      () => timeOf(process.execPath, [MAIN, 'diagnose', OPERATION_ID, '--file', path]),
    );
    const detail = `${ms(pair.ours)} against ${ms(pair.theirs)}; ${SPANS} spans, without the time of a person between the steps`;
    return [{ name: 'five jq programs', value: pair.ratio, unit: '×', limit: atLeast(20), detail }];
  },
};

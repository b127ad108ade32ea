import { microsOfIso } from '../adapters/ktrdr/time.ts';
import { buildGatherer, diagnoseOptions } from '../app/sources.ts';
import type { Config } from '../config/environment.ts';
import type { Case, OperationAnswer, WorkerRecord } from '../diagnosis/case.ts';
import { diagnose as explain } from '../diagnosis/diagnose.ts';
import { type Micros, micros } from '../diagnosis/trace.ts';
import { caseFromDocuments, withSavedAnswers } from '../jobs/gather/documents.ts';
import { outcomeOf, writeFiles } from './diagnose-output.ts';
import { configFrom } from './environment.ts';
import { type CommandContext, commandOf, type Outcome, wrong } from './inquiry.ts';
import { bad, good, type Io, type Reading } from './io.ts';
import type { Options } from './options.ts';
import { type Question, readQuestion } from './question.ts';
import { readOperationFile, readTraceFiles, readWorkersFile, type SavedTraces } from './saved-input.ts';

const SPEC = {
  file: 'values',
  operations: 'value',
  workers: 'value',
  now: 'value',
  json: 'flag',
  slack: 'flag',
  png: 'value',
  html: 'value',
  save: 'value',
} as const;

const HELP = `Usage: ktrdr-bot diagnose <what> [symptom] [options]

  <what>     operation id, trace id, a Jaeger URL with either, or: last [training|backtest|download|agent]
  [symptom]  stuck, slow, failed, no-workers or broken-trace: the answer addresses it even when nothing is wrong

  --file F        a saved Jaeger or OTLP JSON answer instead of a server; repeatable; - is standard input
  --operations F  a saved answer of GET /api/v1/operations/{id}
  --workers F     a saved answer of GET /api/v1/workers
  --now ISO       when the question is asked; default: now
  --json          the diagnosis as JSON
  --slack         the Slack messages as JSON
  --html F        writes a page to F
  --png F         writes a picture of the trace to F
  --save F        writes all that was found out to F, to be given to --file later
`;

export const DIAGNOSE: CommandContext = { name: 'diagnose', help: HELP, options: SPEC, ask };
export const diagnose = commandOf(DIAGNOSE);

/** The answers that are given as files. */
interface Saved {
  readonly traces: SavedTraces | null;
  readonly operation: OperationAnswer | null;
  readonly workers: readonly WorkerRecord[] | null;
}

async function ask(options: Options, io: Io): Promise<Outcome> {
  const question = readQuestion(options.words);
  if (!question.ok) return wrong(question.problem);
  const now = readNow(options);
  if (!now.ok) return wrong(now.problem);
  const saved = await readSaved(options, now.value ?? present(), io);
  if (!saved.ok) return wrong(saved.problem);

  const config = await configFrom(io.env);
  const kase = await findOut(question.value, saved.value, now.value, config, io);
  const found = { diagnosis: explain(kase, diagnoseOptions(config)), kase, config };
  const problem = await writeFiles(found, options, io);
  return problem === null ? outcomeOf(found, io) : wrong(problem);
}

async function findOut(
  { subject, symptom }: Question,
  { traces, operation, workers }: Saved,
  now: Micros | null,
  config: Config,
  io: Io,
): Promise<Case> {
  const saved = operation === null && workers === null ? null : { operation, workers };
  if (traces === null) {
    const gather = await buildGatherer(config, { now, saved });
    return gather(subject, symptom, io.signal, (phase) => {
      if (io.stderr.isTTY) io.warn(`${phase} …\n`);
    });
  }
  const { savedCase } = traces;
  if (savedCase !== null && sameSubject(savedCase, subject)) {
    const again = { ...savedCase, symptom: symptom ?? savedCase.symptom, now: now ?? savedCase.now };
    return saved === null ? again : withSavedAnswers(again, saved);
  }
  return caseFromDocuments(subject, symptom, now ?? savedCase?.now ?? present(), {
    traces: traces.traces,
    operation: operation ?? savedCase?.operation ?? null,
    workers: workers ?? savedCase?.workers ?? null,
    detail: `${count(traces.traces.length, 'trace')} in ${count(traces.files, 'file')}.`,
    remarks: traces.remarks,
  });
}

/** `last` was resolved when the case was saved; asking for it again, of any type, means what was found then. */
function sameSubject(saved: Case, subject: Case['subject']): boolean {
  if (subject.kind === 'last' && subject.type === null) return true;
  return JSON.stringify(saved.subject) === JSON.stringify(subject);
}

async function readSaved(options: Options, now: Micros, io: Io): Promise<Reading<Saved>> {
  const paths = options.values('file');
  const [operationPath, workersPath] = [options.value('operations'), options.value('workers')];
  if ([...paths, operationPath, workersPath].filter((path) => path === '-').length > 1)
    return bad('Standard input (-) can be read once: give the other inputs as files.');
  const traces = paths.length === 0 ? good(null) : await readTraceFiles(paths, io);
  if (!traces.ok) return traces;
  const operation = operationPath === null ? good(null) : await readOperationFile(operationPath, now, io);
  if (!operation.ok) return operation;
  const workers = workersPath === null ? good(null) : await readWorkersFile(workersPath, io);
  if (!workers.ok) return workers;
  return good({ traces: traces.value, operation: operation.value, workers: workers.value });
}

function readNow(options: Options): Reading<Micros | null> {
  const text = options.value('now');
  if (text === null) return good(null);
  const now = microsOfIso(text);
  return now === null
    ? bad('--now must be a time in ISO 8601 between 2015 and 2100, such as 2026-01-09T06:05:00Z.')
    : good(now);
}

function present(): Micros {
  return micros(Date.now() * 1000);
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}

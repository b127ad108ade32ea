import { buildGatherer, diagnoseOptions } from '../app/sources.ts';
import type { Config } from '../config/environment.ts';
import {
  type Case,
  type OperationAnswer,
  type Subject,
  SYMPTOMS,
  type Symptoms,
  symptomsOf,
  type WorkerRecord,
} from '../diagnosis/case.ts';
import { diagnose as explain } from '../diagnosis/diagnose.ts';
import { type Micros, micros } from '../diagnosis/trace.ts';
import { canonicalType } from '../diagnosis/vocabulary/operations.ts';
import { subjectOf } from '../diagnosis/vocabulary/subject.ts';
import { mistypedId } from '../diagnosis/vocabulary/typed-ids.ts';
import { caseFromDocuments, withSavedAnswers } from '../jobs/gather/documents.ts';
import { operationsMentionedIn } from '../jobs/gather/traces.ts';
import { nearest } from '../language/nearest.ts';
import { plural } from '../language/plurals.ts';
import {
  configFrom,
  type Naming,
  type Options,
  type QueryCommand,
  type QueryResult,
  queryCommand,
  readNow,
  wrong,
} from './command.ts';
import { resultOf, writeFiles } from './diagnose-output.ts';
import { bad, good, type Io, type Reading } from './io.ts';
import { type Input, readOperationFile, readTraceFiles, readWorkersFile, type SavedTraces } from './saved-files.ts';

const SPEC = {
  file: 'values',
  operations: 'value',
  workers: 'value',
  now: 'value',
  full: 'flag',
  json: 'flag',
  slack: 'flag',
  png: 'value',
  html: 'value',
  save: 'value',
  'save-raw': 'value',
} as const;

const HELP = `Usage: ktrdr-bot diagnose <what> [symptom] [symptom] [options]

  <what>     operation ID, trace ID, a Jaeger URL with either, or: last [training|backtest|download|agent]
  [symptom]  one or two of stuck, slow, failed, no-workers, broken-trace: the diagnosis addresses
             them even when nothing is wrong

  --file F        a saved Jaeger or OTLP JSON response instead of a server; repeatable; - is standard input;
                  can be gzipped; <what> is optional if it has only one operation
  --operations F  a saved response of GET /api/v1/operations/{id}
  --workers F     a saved response of GET /api/v1/workers
  --now ISO       time of the diagnosis; default: now
  --full          everything: evidence, execution flow, trace summary, all fixes; default: a short summary
  --json          the diagnosis as JSON
  --slack         the Slack messages as JSON
  --html F        write a report to F: one offline web page with every span
  --png F         write a picture of the trace to F
  --save F        write the collected data to F without secrets, to share or for use with --file
  --save-raw F    write the collected data to F unredacted, including secrets
`;

export const DIAGNOSE: QueryCommand = { name: 'diagnose', help: HELP, options: SPEC, query };
export const diagnose = queryCommand(DIAGNOSE);

/** What was requested, from which source, and when. */
interface Request {
  readonly subject: Subject;
  readonly symptom: Symptoms | null;
  readonly now: Micros | null;
  readonly saved: Saved;
}

/** The responses that are given as files. */
interface Saved {
  readonly traces: SavedTraces | null;
  readonly operation: OperationAnswer | null;
  readonly workers: readonly WorkerRecord[] | null;
}

async function query(options: Options, io: Io): Promise<QueryResult> {
  const [first] = options.words;
  const isUnnamed = options.has('file') && (first === undefined || SYMPTOMS.some((symptom) => symptom === first));
  const named = isUnnamed ? null : readSubject(options);
  if (named?.ok === false) return wrong(named.problem);
  const now = readNow(options);
  if (!now.ok) return wrong(now.problem);
  const config = await configFrom(io.env);
  const files: Input = { readStdin: io.readStdin, mostBytes: config.jaeger.maxBytes };
  const saved = await readSaved(options, now.value ?? present(), files);
  if (!saved.ok) return wrong(saved.problem);
  const asked = named ?? onlySubjectIn(saved.value.traces, options);
  if (!asked.ok) return wrong(asked.problem);

  const input = await gatherCase({ ...asked.value, now: now.value, saved: saved.value }, config, io);
  const diagnosed = { diagnosis: explain(input, diagnoseOptions(config)), input, config };
  const problem = await writeFiles(diagnosed, options, io);
  return problem === null ? resultOf(diagnosed, options, io) : wrong(problem);
}

async function gatherCase({ subject, symptom, now, saved }: Request, config: Config, io: Io): Promise<Case> {
  const { traces, operation, workers } = saved;
  const answers = operation === null && workers === null ? null : { operation, workers };
  if (traces === null) {
    const gather = await buildGatherer(config, { now, saved: answers });
    return gather(subject, symptom, io.signal, (phase) => {
      if (io.stderr.isTTY) io.warn(`${phase} …\n`);
    });
  }
  const { savedCase } = traces;
  if (savedCase !== null && sameSubject(savedCase, subject)) {
    const again = { ...savedCase, symptom: symptom ?? savedCase.symptom, now: now ?? savedCase.now };
    return answers === null ? again : withSavedAnswers(again, answers);
  }
  return caseFromDocuments(subject, symptom, now ?? savedCase?.now ?? present(), {
    traces: traces.traces,
    operation: operation ?? savedCase?.operation ?? null,
    workers: workers ?? savedCase?.workers ?? null,
    detail: `${plural(traces.traces.length, 'trace')} in ${plural(traces.files, 'file')}.`,
    remarks: traces.remarks,
  });
}

/** `last` was resolved when the case was saved; requesting it again, of any type, means what was found then. */
function sameSubject(saved: Case, subject: Case['subject']): boolean {
  if (subject.kind === 'last' && subject.type === null) return true;
  return JSON.stringify(saved.subject) === JSON.stringify(subject);
}

async function readSaved(options: Options, now: Micros, io: Input): Promise<Reading<Saved>> {
  const paths = options.values('file');
  const [operationPath, workersPath] = [options.value('operations'), options.value('workers')];
  if ([...paths, operationPath, workersPath].filter((path) => path === '-').length > 1)
    return bad('Standard input (-) can be read only once: pass the other inputs as files.');
  const traces = paths.length === 0 ? good(null) : await readTraceFiles(paths, io);
  if (!traces.ok) return traces;
  const operation = operationPath === null ? good(null) : await readOperationFile(operationPath, now, io);
  if (!operation.ok) return operation;
  const workers = workersPath === null ? good(null) : await readWorkersFile(workersPath, io);
  if (!workers.ok) return workers;
  return good({ traces: traces.value, operation: operation.value, workers: workers.value });
}

function present(): Micros {
  return micros(Date.now() * 1000);
}

function exampleOf({ call }: Naming): string {
  return `For example: ${call('diagnose', 'op_training_20260109_060025_4183136f')}, or: ${call('diagnose', 'last training')}`;
}

const LAST_TYPES = ['training', 'backtest', 'download', 'agent'];

type Asked = Pick<Request, 'subject' | 'symptom'>;

/** `<what> [symptom]` in words: `op_training_… stuck`, `last backtest`, a link. */
function readSubject({ words, naming }: Options): Reading<Asked> {
  const [what, ...rest] = words;
  if (what === undefined)
    return bad(`diagnose needs an operation ID, a trace ID, a Jaeger URL, or "last". ${exampleOf(naming)}`);
  if (what === 'last') return readLast(rest, naming);
  const subject = subjectOf(what);
  if (subject !== null) return withSymptom(subject, rest, naming);
  const mistyped = mistypedId(what);
  if (mistyped !== null)
    return bad(`"${what}" looks like an operation ID, but ${mistyped.problem}. ${exampleOf(naming)}`);
  const meant = nearest(what, ['last']);
  const hint = meant === null ? exampleOf(naming) : `Did you mean "${meant}"?`;
  return bad(`"${what}" isn't an operation ID, a trace ID, or a Jaeger URL. ${hint}`);
}

const MOST_NAMED = 5;

/** The operation in the files, for a request that doesn't name one. */
function onlySubjectIn(saved: SavedTraces | null, { words, naming }: Options): Reading<Asked> {
  const { savedCase = null, traces = [] } = saved ?? {};
  if (savedCase !== null) return withSymptom(savedCase.subject, words, naming);
  const operations = operationsMentionedIn(traces);
  const traceIds = [...new Set(traces.map(({ traceId }) => traceId))];
  const [operationId, ...others] = operations;
  if (operationId !== undefined && others.length === 0)
    return withSymptom({ kind: 'operation', operationId }, words, naming);
  const [traceId] = traceIds;
  if (operations.length === 0 && traceIds.length === 1 && traceId !== undefined)
    return withSymptom({ kind: 'trace', traceId }, words, naming);
  const ids = operations.length > 0 ? operations : traceIds;
  const more = ids.length > MOST_NAMED ? ', …' : '';
  const what = operations.length > 0 ? 'operations' : 'traces';
  return bad(
    `The given files have ${ids.length} ${what}: ${ids.slice(0, MOST_NAMED).join(', ')}${more}. Name one, or "last": ktrdr-bot diagnose ${ids[0]} --file …`,
  );
}

function readLast(words: readonly string[], naming: Naming): Reading<Asked> {
  const [first, ...rest] = words;
  const type = first === undefined ? null : canonicalType(first);
  if (type !== null) return withSymptom({ kind: 'last', type }, rest, naming);
  return withSymptom({ kind: 'last', type: null }, words, naming, LAST_TYPES);
}

function withSymptom(
  subject: Subject,
  words: readonly string[],
  naming: Naming,
  alsoPossible: readonly string[] = [],
): Reading<Asked> {
  const second = words.find((word) => subjectOf(word) !== null);
  if (second !== undefined) return bad(`diagnose takes one operation at a time: unexpected "${second}".`);
  const named = words.map((word) => SYMPTOMS.find((known) => known === word));
  const unknown = words.find((_word, i) => named[i] === undefined);
  if (unknown !== undefined) {
    const kinds = alsoPossible.length === 0 ? 'a symptom' : 'an operation type or a symptom';
    const possible = [...alsoPossible, ...SYMPTOMS];
    const meant = nearest(unknown, possible);
    const hint = meant === null ? `Use one of ${possible.join(', ')}, or omit it.` : `Did you mean "${meant}"?`;
    return bad(`"${unknown}" isn't ${kinds}. ${hint}`);
  }
  const [, , extra] = words;
  if (extra !== undefined)
    return bad(`diagnose takes two symptoms at most: unexpected "${extra}". ${exampleOf(naming)}`);
  return good({ subject, symptom: symptomsOf(named.filter((one) => one !== undefined)) });
}

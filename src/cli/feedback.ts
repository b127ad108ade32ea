import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog } from '../app/log.ts';
import { openQueue } from '../app/queue.ts';
import { buildGatherer, diagnoseOptions } from '../app/sources.ts';
import { type Config, loadConfig } from '../config/environment.ts';
import type { Case } from '../diagnosis/case.ts';
import { cleanText } from '../diagnosis/clean.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { subjectOf } from '../diagnosis/vocabulary/subject.ts';
import type { CauseFeedback } from '../formatters/reports/status.ts';
import { countFeedback, feedbackByCause, type WrongAnswer, wrongAnswers } from '../jobs/answer/feedback.ts';
import { plural } from '../language/plurals.ts';
import { type Options, type QueryCommand, type QueryResult, queryCommand, wrong } from './command.ts';
import type { Io } from './io.ts';
import { cleanCase, writePrivately } from './saved-case.ts';

const HELP = `Usage: ktrdr-bot feedback [--json] [--export DIR]

Answers to “Was this right?”, by cause. Reads the bot's queue (REDIS_URL, or DATA_DIR while the bot is stopped).

  --export DIR  collect each wrongly diagnosed operation again, and write it without secrets as a case folder
                for "npm run eval -- --cases DIR"
  --json        as JSON
`;

const FEEDBACK: QueryCommand = {
  name: 'feedback',
  help: HELP,
  options: { json: 'flag', export: 'value' },
  query,
};
export const feedback = queryCommand(FEEDBACK);

/** The causes that a choice of the form may mean; a choice that isn't here must be filled in by hand. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  data: ['data-missing', 'ib-gateway', 'silent-empty-download'],
  model: ['invalid-input', 'result-useless'],
  worker: ['worker-lost', 'worker-unreachable', 'workers-unavailable', 'worker-rejected', 'resources'],
  service: ['database', 'service-unreachable', 'service-timeout'],
};
const FILL_IN = 'to-be-filled-in';

async function query({ words: [word], value }: Options, io: Io): Promise<QueryResult> {
  if (word !== undefined) return wrong(`Unexpected argument "${word}": feedback takes only options.`);
  const config = loadConfig(io.env);
  const read = await readAll(config);
  if ('problem' in read) return { kind: 'unavailable', problem: read.problem };
  const folder = value('export');
  const exported = folder === null ? null : await exportTo(folder, read.wrongOnes, { config, io });
  return {
    kind: 'answer',
    isAnswered: true,
    text: () => textOf(read, exported, config),
    json: () => ({ causes: read.causes, wrong: read.wrongOnes, ...(exported === null ? {} : { exported }) }),
  };
}

interface Read {
  /** The causes that are most often wrong come first. */
  readonly causes: readonly CauseFeedback[];
  readonly wrongOnes: readonly WrongAnswer[];
}

async function readAll(config: Config): Promise<Read | { readonly problem: string }> {
  const log = createLog('silent', { write: () => undefined });
  let backend: Awaited<ReturnType<typeof openQueue>>;
  try {
    backend = await openQueue(config, log);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  try {
    const { store } = backend.front;
    const [counts, wrongOnes] = await Promise.all([countFeedback(store), wrongAnswers(store)]);
    const causes = [...feedbackByCause(counts)].sort((a, b) => a.rightShare - b.rightShare || b.wrong - a.wrong);
    return { causes, wrongOnes };
  } catch {
    const where = config.queue.redisUrl === null ? `DATA_DIR (${config.queue.dataDir})` : 'REDIS_URL';
    return { problem: `The queue of ${where} isn't responding. "ktrdr-bot doctor" says what to change.` };
  } finally {
    await backend.close();
  }
}

interface Exported {
  /** Folders. */
  readonly written: readonly string[];
  /** Sentences about the cases that couldn't be written. */
  readonly left: readonly string[];
}

async function exportTo(
  folder: string,
  wrongOnes: readonly WrongAnswer[],
  { config, io }: { readonly config: Config; readonly io: Io },
): Promise<Exported> {
  const gather = await buildGatherer(config);
  const written: string[] = [];
  const left: string[] = [];
  for (const one of wrongOnes) {
    const subject = one.about === null ? null : subjectOf(one.about);
    if (subject === null) {
      left.push(`A diagnosis of ${one.cause}: its operation is unknown.`);
      continue;
    }
    const input = await gather(subject, null, io.signal);
    if (input.traces.length === 0 && input.operation?.kind !== 'record') {
      left.push(`${one.about}: neither Jaeger nor the ktrdr API has data about it (anymore).`);
      continue;
    }
    const path = join(folder, `${one.cause.replaceAll('/', '-')}-${one.about}`);
    await mkdir(path, { recursive: true });
    await writePrivately(join(path, 'saved.json'), `${JSON.stringify(cleanCase(input, config.redact), null, 1)}\n`);
    await writeFile(join(path, 'case.json'), `${JSON.stringify(expectationOf(one, input, config), null, 1)}\n`);
    written.push(path);
  }
  return { written, left };
}

/** As `fixtures/README.md` explains it. */
function expectationOf({ about, cause, instead, words }: WrongAnswer, input: Case, config: Config) {
  const { operationId } = diagnose(input, diagnoseOptions(config));
  const said = words === '' ? '' : `: ${cleanText(words, config.redact)}`;
  return {
    operationId,
    ...(operationId === about ? {} : { ask: about }),
    ...(instead === 'nothing' ? { healthy: true, causes: [] } : { causes: MEANT[instead] ?? [FILL_IN] }),
    must: [],
    about: `Diagnosed as ${cause}; a user says it was “${instead}”${said}`,
    now: new Date(input.now / 1000).toISOString(),
  };
}

function textOf({ causes, wrongOnes }: Read, exported: Exported | null, { redact }: Config): string {
  if (causes.length === 0) return 'No feedback yet.\n';
  const width = Math.max(...causes.map(({ cause }) => cause.length));
  const lines = causes.map(
    ({ cause, right, wrong: not, rightShare }) =>
      `${cause.padEnd(width)}  ${String(Math.round(rightShare * 100)).padStart(3)}% right of ${right + not}`,
  );
  const corrections = wrongOnes.map(({ cause, about, instead, words }) =>
    [`${about ?? 'an earlier diagnosis'}: diagnosed as ${cause}, was “${instead}”`, cleanText(words, redact)]
      .filter(Boolean)
      .join(': '),
  );
  const files =
    exported === null
      ? []
      : [`${plural(exported.written.length, 'case')} written.`, ...exported.written, ...exported.left];
  return `${[lines, corrections, files]
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`;
}

/** Saved responses given as files. A file that is something else is rejected with a sentence that says what it looks like. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { readTraceDocument } from '../adapters/jaeger/read.ts';
import { readOperationAnswer, readWorkers } from '../adapters/ktrdr/read.ts';
import type { Case, OperationAnswer, WorkerRecord } from '../diagnosis/case.ts';
import type { Micros, Trace } from '../diagnosis/trace.ts';
import { parseJson } from '../language/json.ts';
import { textIn } from './file-content.ts';
import { bad, good, type Io, type Reading } from './io.ts';

export interface SavedTraces {
  readonly files: number;
  readonly traces: readonly Trace[];
  /** A case written by `--save`, when one of the files is that. */
  readonly savedCase: Case | null;
  readonly remarks: readonly string[];
}

/** Where the files come from. */
export interface Input extends Pick<Io, 'readStdin'> {
  /** The most that a compressed file may unpack to. */
  readonly mostBytes: number;
}

const ACCEPTED =
  "Accepted formats: Jaeger query API responses (/api/traces or /api/v3, by ID or search), traces saved from Jaeger's page, OTLP JSON, and cases written by --save, each optionally compressed with gzip.";

export async function readTraceFiles(paths: readonly string[], input: Input): Promise<Reading<SavedTraces>> {
  const traces: Trace[] = [];
  const remarks: string[] = [];
  let savedCase: Case | null = null;
  for (const path of paths) {
    const text = await readText('--file', path, input);
    if (!text.ok) return text;
    const document = readTraceDocument(text.value);
    if (document.kind === 'traces') {
      traces.push(...document.traces);
      remarks.push(...document.warnings);
      continue;
    }
    const saved = readCase(text.value);
    if (saved === null) return bad(`--file ${path} isn't a trace: it looks like ${document.looksLike}. ${ACCEPTED}`);
    traces.push(...saved.traces, ...saved.neighbours);
    savedCase = saved;
  }
  return good({ files: paths.length, traces, savedCase, remarks });
}

export async function readOperationFile(path: string, now: Micros, input: Input): Promise<Reading<OperationAnswer>> {
  const text = await readText('--operations', path, input);
  if (!text.ok) return text;
  const answer = readOperationAnswer(parseJson(text.value), null, now);
  if (answer !== null) return good(answer);
  return bad(
    `--operations ${path} isn't an operation. Use a saved response of GET /api/v1/operations/{id} of the ktrdr API.`,
  );
}

export async function readWorkersFile(path: string, input: Input): Promise<Reading<readonly WorkerRecord[]>> {
  const text = await readText('--workers', path, input);
  if (!text.ok) return text;
  const workers = readWorkers(parseJson(text.value));
  if (workers !== null) return good(workers);
  return bad(`--workers ${path} isn't a worker list. Use a saved response of GET /api/v1/workers of the ktrdr API.`);
}

async function readText(option: string, path: string, input: Input): Promise<Reading<string>> {
  try {
    const content = path === '-' ? await input.readStdin() : await contentOf(path);
    const text = textIn(typeof content === 'string' ? Buffer.from(content) : content, input.mostBytes);
    return text.ok ? text : bad(`${option} ${path === '-' ? '(standard input)' : path} ${text.problem}.`);
  } catch (error) {
    return bad(`${option} ${path} can't be read: ${reasonOf(error)}.`);
  }
}

async function contentOf(path: string): Promise<Buffer> {
  // Opening a pipe that nothing writes to would block the process, and then no signal could end it.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(fd).isFIFO()) return buffer(new Socket({ fd, readable: true, writable: false }));
  try {
    // Nothing else runs during this, and reading a large file synchronously takes a third of the time.
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Trusted as far as its outline goes: it is this program's own output. */
function readCase(text: string): Case | null {
  const value = parseJson(text);
  return isCase(value) ? value : null;
}

function isCase(value: unknown): value is Case {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const lists = ['traces', 'neighbours', 'otherOperations', 'baseline', 'sources'];
  const subject = fields['subject'];
  return (
    typeof fields['now'] === 'number' &&
    typeof subject === 'object' &&
    subject !== null &&
    'kind' in subject &&
    lists.every((name) => Array.isArray(fields[name]))
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: "part of the path isn't a folder",
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ERR_STRING_TOO_LONG: "it doesn't fit in memory",
  ERR_FS_FILE_TOO_LARGE: "it doesn't fit in memory",
};

/** Why a file could not be read or written, in words. Throws any other error. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code];
  if (reason === undefined) throw error;
  return reason;
}

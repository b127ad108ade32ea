/** Saved responses given as files. A file that is something else is rejected with a sentence that says what it looks like. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readTraceDocument } from '../adapters/jaeger/read.ts';
import { readOperationAnswer, readWorkers } from '../adapters/ktrdr/read.ts';
import type { Case, OperationAnswer, WorkerRecord } from '../diagnosis/case.ts';
import type { Micros, Trace } from '../diagnosis/trace.ts';
import { parseJson } from '../language/json.ts';
import { asUtf8 } from '../language/unicode.ts';
import { bad, good, type Io, type Reading } from './io.ts';

export interface SavedTraces {
  readonly files: number;
  readonly traces: readonly Trace[];
  /** A case written by `--save`, when one of the files is that. */
  readonly savedCase: Case | null;
  readonly remarks: readonly string[];
}

const ACCEPTED =
  'Accepted are answers of Jaeger’s query API (by id or search, /api/traces or /api/v3), traces saved from its page, OTLP JSON, and cases written by --save; each also as a gzip file.';

export async function readTraceFiles(paths: readonly string[], io: Io): Promise<Reading<SavedTraces>> {
  const traces: Trace[] = [];
  const remarks: string[] = [];
  let savedCase: Case | null = null;
  for (const path of paths) {
    const text = await readText('--file', path, io);
    if (!text.ok) return text;
    const document = readTraceDocument(text.value);
    if (document.kind === 'traces') {
      traces.push(...document.traces);
      remarks.push(...document.warnings);
      continue;
    }
    const saved = readCase(text.value);
    if (saved === null) return bad(`--file ${path} is not a trace: it looks like ${document.looksLike}. ${ACCEPTED}`);
    traces.push(...saved.traces, ...saved.neighbours);
    savedCase = saved;
  }
  return good({ files: paths.length, traces, savedCase, remarks });
}

export async function readOperationFile(path: string, now: Micros, io: Io): Promise<Reading<OperationAnswer>> {
  const text = await readText('--operations', path, io);
  if (!text.ok) return text;
  const answer = readOperationAnswer(parseJson(text.value), null, now);
  if (answer !== null) return good(answer);
  return bad(
    `--operations ${path} is not an operation. Accepted is a saved answer of GET /api/v1/operations/{id} of the ktrdr API.`,
  );
}

export async function readWorkersFile(path: string, io: Io): Promise<Reading<readonly WorkerRecord[]>> {
  const text = await readText('--workers', path, io);
  if (!text.ok) return text;
  const workers = readWorkers(parseJson(text.value));
  if (workers !== null) return good(workers);
  return bad(
    `--workers ${path} is not a worker list. Accepted is a saved answer of GET /api/v1/workers of the ktrdr API.`,
  );
}

async function readText(option: string, path: string, io: Io): Promise<Reading<string>> {
  try {
    // Nothing else runs during this, and reading a large file synchronously takes a third of the time.
    const content = path === '-' ? await io.readStdin() : readFileSync(path);
    return good(typeof content === 'string' ? content : asUtf8(unzipped(content)).toString('utf8'));
  } catch (error) {
    return bad(`${option} ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

const GZIP = 0x1f8b;
/** As much as one JavaScript string can hold. */
const LARGEST_BYTES = 500 * 1024 * 1024;

export function unzipped(content: Buffer, mostBytes = LARGEST_BYTES): Buffer {
  const isGzip = content.length > 2 && content.readUInt16BE(0) === GZIP;
  return isGzip ? gunzipSync(content, { maxOutputLength: mostBytes }) : content;
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
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ERR_STRING_TOO_LONG: 'it is larger than this program can hold in memory',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than this program can hold in memory',
  ERR_BUFFER_TOO_LARGE: 'it is larger than this program can hold in memory',
  Z_BUF_ERROR: 'it is a gzip file that breaks off',
  Z_DATA_ERROR: 'it is a damaged gzip file',
};

/** Why a file could not be read or written, in words. Throws any other error. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code];
  if (reason === undefined) throw error;
  return reason;
}

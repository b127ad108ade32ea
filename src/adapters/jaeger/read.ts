/** Reads a saved response of unknown origin: Jaeger's two dialects, a download from its UI, Tempo, a collector's file. */
import { cleanText } from '../../diagnosis/clean.ts';
import type { Trace } from '../../diagnosis/trace.ts';
import { plural } from '../../language/plurals.ts';
import { divide, type PortionsOf, undivided } from './portions.ts';
import { createLegacyReader } from './wire/legacy.ts';
import { createOtlpReader } from './wire/otlp.ts';
import { arrayOf, isObject, type Json, objectOf, textOf } from './wire/values.ts';

interface TracesRead {
  readonly kind: 'traces';
  readonly traces: readonly Trace[];
  readonly dialect: 'jaeger' | 'otlp';
  /** Sentences about the whole document; each trace has its own. */
  readonly warnings: readonly string[];
  /** True when the text ends within a document, which is left out. */
  readonly isCut: boolean;
}

export type TraceDocument =
  | TracesRead
  /** `looksLike` completes "This is not a trace: it looks like …". */
  | { readonly kind: 'not-a-trace'; readonly looksLike: string };

/** Takes text or the result of JSON.parse; never throws. */
export function readTraceDocument(input: unknown): TraceDocument {
  if (typeof input !== 'string') return readParsed(input);
  const text = input.replace(/^\uFEFF/, '');
  const divided = readDivided(text);
  if (divided !== null) return divided;
  const whole = tryParse(text);
  if (whole !== null) return readParsed(whole.value);
  const { values, isCut } = parseSequence(text);
  if (values.length < (isCut ? 1 : 2)) return notATrace(describeText(text));
  const document = readParsed(values);
  return document.kind === 'traces' && isCut ? withoutLast(document) : document;
}

/** Null if the format can be recognized only from the whole text. */
function readDivided(text: string): TraceDocument | null {
  try {
    const divided = divide(text);
    if (divided === null) return null;
    const document = readDocuments(divided.documents, divided.portionsOf);
    if (document?.kind !== 'traces' || divided.isUnread()) return null;
    return divided.isCut ? withoutLast(document) : document;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function withoutLast(document: TracesRead): TracesRead {
  const warnings = [...document.warnings, 'The text is truncated; its last document was skipped.'];
  return { ...document, isCut: true, warnings };
}

function readParsed(value: unknown): TraceDocument {
  return readDocuments([value], undivided) ?? notATrace(describe(value));
}

/** Cleaned, because the words may come from the document: its keys, or an error message. */
function notATrace(looksLike: string): TraceDocument {
  return { kind: 'not-a-trace', looksLike: cleanText(looksLike) };
}

/** Null if one of them has no traces, or if their dialects differ. */
function readDocuments(documents: Iterable<unknown>, portionsOf: PortionsOf): TraceDocument | null {
  const readers = { otlp: createOtlpReader(portionsOf), jaeger: createLegacyReader(portionsOf) };
  const dialects = new Set<'jaeger' | 'otlp'>();
  const warnings = new Set<string>();
  for (const document of unwrapped(documents, portionsOf)) {
    const resourceSpans = otlpIn(document);
    const dialect = resourceSpans === null ? 'jaeger' : 'otlp';
    dialects.add(dialect);
    let traces = 0;
    let skipped = 0;
    for (const portion of portionsOf(resourceSpans ?? legacyIn(document))) {
      const items = dialect === 'otlp' ? portion.map(objectOf) : portion.filter(isObject);
      if (dialect === 'jaeger' && !items.every(isLegacyTrace)) return null;
      for (const item of items) readers[dialect].add(item);
      traces += items.length;
      skipped += portion.length - items.length;
    }
    if (dialect === 'jaeger' && traces === 0) return null;
    if (skipped > 0) warnings.add(`Skipped ${plural(skipped, 'entry', 'entries')} without a trace.`);
    for (const warning of dialect === 'otlp' ? partialIn(document) : errorsIn(document)) warnings.add(warning);
  }
  const [dialect, other] = dialects;
  return dialect === undefined || other !== undefined
    ? null
    : outcome(readers[dialect].traces(), dialect, [...warnings]);
}

const DEEPEST_WRAPPING = 4;

/** Documents may also be the elements of a list. */
function* unwrapped(documents: Iterable<unknown>, portionsOf: PortionsOf, depth = 0): Generator<unknown> {
  for (const document of documents) {
    if (!Array.isArray(document) || depth > DEEPEST_WRAPPING) yield document;
    else for (const portion of portionsOf(document)) yield* unwrapped(portion, portionsOf, depth + 1);
  }
}

function outcome(traces: readonly Trace[], dialect: 'jaeger' | 'otlp', warnings: readonly string[]): TraceDocument {
  if (traces.length > 0) return { kind: 'traces', traces, dialect, warnings, isCut: false };
  const cause = warnings.length > 0 ? `: ${warnings.join('; ')}` : '';
  return notATrace(`a trace store response without any spans${cause}`);
}

/** The list of resource spans in any of its wrappings; null when this isn't OTLP. */
function otlpIn(value: unknown, depth = 0): readonly unknown[] | null {
  if (!isObject(value) || depth > DEEPEST_WRAPPING) return null;
  for (const key of ['resourceSpans', 'batches']) {
    if (Array.isArray(value[key])) return value[key];
  }
  if ('scopeSpans' in value || 'instrumentationLibrarySpans' in value) return [value];
  for (const key of ['result', 'trace']) {
    if (isObject(value[key])) return Object.keys(value[key]).length === 0 ? [] : otlpIn(value[key], depth + 1);
  }
  return null;
}

/** The elements of Jaeger JSON that should be traces. */
function legacyIn(document: unknown): readonly unknown[] {
  return isObject(document) && Array.isArray(document['data']) ? document['data'] : [document];
}

function isLegacyTrace(value: unknown): boolean {
  return isObject(value) && Array.isArray(value['spans']) && ('traceID' in value || 'processes' in value);
}

function errorsIn(value: unknown): readonly string[] {
  if (!isObject(value)) return [];
  return arrayOf(value['errors'])
    .map((error) => (isObject(error) ? textOf(error['msg']) : textOf(error)))
    .filter((text) => text !== '');
}

/** A warning when Tempo marks the trace as shortened. */
function partialIn(value: unknown): readonly string[] {
  if (!isObject(value) || value['status'] !== 'PARTIAL') return [];
  return [`The trace store sent only part of the trace${value['message'] ? `: ${textOf(value['message'])}` : ''}`];
}

function tryParse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** Parses consecutive JSON documents, as in streams and collectors' files: one per line, or without a separator. */
function parseSequence(text: string): { readonly values: readonly unknown[]; readonly isCut: boolean } {
  const values: unknown[] = [];
  let from = nextMark(text, 0);
  while (from !== -1) {
    let end = text.indexOf('\n', from);
    if (end === -1) end = text.length;
    // Most such texts have one document a line, which is found faster than the end of a document.
    let parsed = tryParse(text.slice(from, end));
    if (parsed === null) {
      end = endOfDocument(text, from);
      parsed = tryParse(text.slice(from, end));
    }
    if (parsed === null) return { values, isCut: true };
    values.push(parsed.value);
    from = nextMark(text, end);
  }
  return { values, isCut: false };
}

function nextMark(text: string, from: number): number {
  const mark = /\S/g;
  mark.lastIndex = from;
  return mark.exec(text)?.index ?? -1;
}

/** The end of the object or list that begins after `from`, or of the text. */
function endOfDocument(text: string, from: number): number {
  const marks = /\\.|["[\]{}]/gs;
  marks.lastIndex = from;
  let depth = 0;
  let isInString = false;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') isInString = !isInString;
    else if (isInString || mark[0].startsWith('\\')) continue;
    else depth += mark[0] === '{' || mark[0] === '[' ? 1 : -1;
    if (depth === 0 && !isInString) return marks.lastIndex;
  }
  return text.length;
}

function describeText(text: string): string {
  const start = text.trimStart().slice(0, 200).toLowerCase();
  if (/[\0\uFFFD]/.test(start)) return 'binary data';
  if (start === '') return 'an empty file';
  if (start.startsWith('<')) return 'a web page or XML, perhaps a login page saved instead of the response';
  if (start.startsWith('{') || start.startsWith('[')) return 'truncated or malformed JSON';
  return 'plain text';
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return describeList(value);
  if (!isObject(value)) return 'a single JSON value';
  return describeObject(value);
}

function describeList(list: readonly unknown[]): string {
  const first = list[0];
  if (first === undefined) return 'an empty list';
  if (isObject(first) && 'traceId' in first && 'id' in first) return 'a trace in Zipkin format, which isn’t supported';
  return isObject(first) ? describeObject(first) : 'a list of something else';
}

function describeObject(value: Json): string {
  const errors = errorsIn(value);
  if (errors.length > 0) return `an error response from Jaeger: ${errors.join('; ').slice(0, 300)}`;
  if (isObject(value['error']))
    return `an error response from Jaeger: ${textOf(value['error']['message']).slice(0, 300)}`;
  if (Array.isArray(value['services']) || isServiceList(value)) return "Jaeger's list of services";
  if (Array.isArray(value['operations'])) return "Jaeger's list of operations";
  if (Array.isArray(value['summaries'])) return "Jaeger's trace summaries, which have no spans: save the trace itself";
  if ('resourceMetrics' in value) return 'OpenTelemetry metrics';
  if ('resourceLogs' in value) return 'OpenTelemetry logs';
  if (Array.isArray(value['data']) && value['data'].length === 0) return 'a Jaeger response without any traces';
  if (Array.isArray(value['traces'])) return "Tempo's search results, which have no spans: save the trace itself";
  if (isObject(value['data']) && 'operation_id' in value['data']) return 'an operation record from the ktrdr API';
  if (isObject(value['context']) && 'trace_id' in value['context'])
    return 'spans printed by Python’s ConsoleSpanExporter, which aren’t supported';
  if (isObject(value['hits'])) return 'an Elasticsearch search response, which isn’t supported';
  const keys = Object.keys(value).slice(0, 5);
  return keys.length === 0 ? 'an empty JSON object' : `JSON with the keys ${keys.join(', ')}`;
}

function isServiceList(value: Json): boolean {
  const data = value['data'];
  return Array.isArray(data) && data.length > 0 && data.every((item) => typeof item === 'string');
}

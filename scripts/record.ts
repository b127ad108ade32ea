/** Reads an operation from Jaeger and the ktrdr API through the product's own adapters, and redacts what is kept of it. */
import { readFile } from 'node:fs/promises';
import { createHttp, type Http } from '../src/adapters/http/client.ts';
import { JAEGER } from '../src/adapters/jaeger/answer.ts';
import { tracePath } from '../src/adapters/jaeger/paths.ts';
import { readTraceDocument } from '../src/adapters/jaeger/read.ts';
import { KTRDR } from '../src/adapters/ktrdr/api.ts';
import { buildSources, clockFrom } from '../src/app/sources.ts';
import type { Config } from '../src/config/environment.ts';
import { REDACTED, redact } from '../src/diagnosis/redaction/redact.ts';
import { describeFailure } from '../src/jobs/gather/source-failure.ts';
import { windowOfOperation } from '../src/jobs/gather/window.ts';

/** File name → contents, as fixtures/README.md describes them. */
type Files = Readonly<Record<string, string>>;
type Recorded =
  | { readonly kind: 'recorded'; readonly files: Files; readonly remarks: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: string };

const KTRDR_TIMEOUT_MS = 30_000;
const KTRDR_MAX_BYTES = 16 * 1024 * 1024;

export async function recordFixture(operationId: string, config: Config, signal: AbortSignal): Promise<Recorded> {
  const clock = clockFrom(null);
  const { traces } = await buildSources(config, clock);
  const window = windowOfOperation(operationId, clock(), config.lookbackMs);
  const found = await traces.findOperation(operationId, window, signal);
  if (found.kind === 'unavailable') return { kind: 'failed', reason: describeFailure('Jaeger', found.failure) };
  const traceIds = found.traces.map(({ traceId }) => traceId);
  if (traceIds.length === 0) return { kind: 'failed', reason: `Jaeger has no trace of ${operationId}.` };

  const jaeger = createHttp({ ...config.jaeger, caFile: await pem(config.jaeger.caFile) }, JAEGER);
  const legacy = await documents(jaeger, 'v1', traceIds, signal);
  const v3 = await documents(jaeger, 'v3', traceIds, signal);
  if (legacy === null || v3 === null) {
    const missing = legacy === null ? 'api/traces' : 'api/v3/traces';
    return {
      kind: 'failed',
      reason: `A fixture needs both query APIs, but this Jaeger doesn't return the traces at ${missing}.`,
    };
  }
  const ktrdr = await recordKtrdr(operationId, config, signal);
  const described = {
    operationId,
    causes: ['TODO: what was really wrong, as <rule> or <rule>/<variant>'],
    must: [],
    traceIds,
    now: new Date(clock() / 1000).toISOString(),
    ...(ktrdr.statusCode === null ? {} : { statusCode: ktrdr.statusCode }),
  };
  const kept = {
    'legacy.json': { data: legacy.flatMap(({ data }) => data), total: 0, limit: 0, offset: 0, errors: null },
    'v3.json': { result: { resourceSpans: v3.flatMap(({ result }) => result.resourceSpans) } },
    ...ktrdr.documents,
  };
  const files = Object.entries(kept).map(([name, value]) => [name, text(withoutSecrets(value, config.redact))]);
  const remarks = [...found.gaps, ...ktrdr.remarks];
  return { kind: 'recorded', files: { 'case.json': text(described), ...Object.fromEntries(files) }, remarks };
}

/** The traces by ID, as they were received; null when one isn't returned. */
async function documents(http: Http, api: 'v1' | 'v3', traceIds: readonly string[], signal: AbortSignal) {
  const received = [];
  for (const traceId of traceIds) {
    const body = await bodyOf(http, tracePath(api, traceId), signal);
    if (body === null || readTraceDocument(body.text).kind !== 'traces') return null;
    received.push(JSON.parse(body.text));
  }
  return received;
}

async function recordKtrdr(operationId: string, { ktrdr }: Config, signal: AbortSignal) {
  const nothing = { documents: {}, statusCode: null };
  if (ktrdr.apiUrl === null) return { ...nothing, remarks: ['KTRDR_API_URL is not set: only traces were recorded.'] };
  const options = { timeoutMs: KTRDR_TIMEOUT_MS, maxBytes: KTRDR_MAX_BYTES, caFile: await pem(ktrdr.caFile) };
  const http = createHttp({ url: ktrdr.apiUrl, headers: ktrdr.headers, ...options }, KTRDR);
  const operation = await bodyOf(http, `api/v1/operations/${operationId}`, signal);
  const workers = await bodyOf(http, 'api/v1/workers', signal);
  if (operation === null || workers === null)
    return { ...nothing, remarks: ['The ktrdr API did not respond with JSON: only traces were recorded.'] };
  return {
    documents: { 'operation.json': JSON.parse(operation.text), 'workers.json': JSON.parse(workers.text) },
    statusCode: operation.status,
    remarks: [],
  };
}

/** Null without a response, or when it isn't JSON. */
async function bodyOf(http: Http, path: string, signal: AbortSignal) {
  const outcome = await http.get(path, signal);
  if (outcome.kind === 'failed') return null;
  const text = outcome.reply.body.toString('utf8');
  try {
    JSON.parse(text);
    return { status: outcome.reply.status, text };
  } catch {
    return null;
  }
}

async function pem(path: string | null): Promise<string | null> {
  return path === null ? null : readFile(path, 'utf8');
}

/** The document with its secrets redacted, also where only the name of a field or attribute shows that it is one. */
function withoutSecrets(value: unknown, patterns: readonly RegExp[], name = ''): unknown {
  if (typeof value === 'string') return isSecret(name) ? REDACTED : redact(value, patterns);
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, patterns, name));
  if (typeof value !== 'object' || value === null) return value;
  // An attribute: OTLP nests its value in { stringValue }, the older API doesn't.
  const attribute = 'key' in value && typeof value.key === 'string' ? value.key : null;
  const named = (field: string) => (field === 'value' ? (attribute ?? field) : field === 'stringValue' ? name : field);
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [
      field,
      field === 'key' && attribute !== null ? item : withoutSecrets(item, patterns, named(field)),
    ]),
  );
}

/** The text of a strategy is its owner's business; the diagnosis never reads it. */
function isSecret(name: string): boolean {
  const example = `${name}=x`;
  return name === 'strategy_yaml' || redact(example) !== example;
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

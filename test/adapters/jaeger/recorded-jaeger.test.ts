/** The recorded server stands for five real ones only as far as it answers like them: compared here with what they answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  JAEGER_VERSIONS,
  type JaegerVersion,
  type RecordedJaeger,
  readRecordedTraces,
  startRecordedJaeger,
} from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';
import { describeWithShared } from '../../support/shared.ts';
import { FIXTURES, incidents, otherVersions, readJson } from './fixtures.ts';

const recordings = await readRecordedTraces(incidents().map((folder) => join(FIXTURES, folder)));
const FILE_VERSION: Readonly<Record<JaegerVersion, string>> = {
  '1.53': '1.53.0',
  '1.76': '1.76.0',
  '2.10': '2.10.0',
  '2.20': '2.20.0',
  main: 'main',
};

interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

async function get(jaeger: RecordedJaeger, path: string): Promise<Answer> {
  const response = await fetch(jaeger.url + path);
  return { status: response.status, contentType: response.headers.get('content-type'), body: await response.text() };
}

describeWithShared('probes of an empty Jaeger', 'traces/jaeger-probes', (folder) => {
  describe.each(JAEGER_VERSIONS)('version %s', (version) => {
    const recorded = probes(join(folder, `probes-${FILE_VERSION[version]}.txt`));
    let jaeger: RecordedJaeger;
    beforeAll(async () => {
      jaeger = await startRecordedJaeger({ version, traces: [] });
    });
    afterAll(() => jaeger.close());

    it.each(recorded)('$path', async ({ path, status, contentType, body }) => {
      const answer = await get(jaeger, path);
      expect({ status: answer.status, contentType: answer.contentType }).toEqual({ status, contentType });
      if (body.startsWith('<')) expect(answer.body).toMatch(/^</);
      // The words about malformed JSON are those of Go's parser.
      else
        expect(answer.body.trim().replace(/invalid character.*/, '')).toBe(
          body.trim().replace(/invalid character.*/, ''),
        );
    });
  });
});

interface Probe extends Answer {
  readonly path: string;
}

/** Dependencies and metrics belong to the web page of Jaeger; no client of traces asks for them. */
function probes(file: string): readonly Probe[] {
  const parts = readFileSync(file, 'utf8').split(/^(?=(?:GET|POST|HEAD|OPTIONS) )/m);
  return parts.flatMap((part) => {
    const match = /^GET (\S+)\n(\d+) content-type=(.*?) location=.*\n([\s\S]*)$/.exec(part);
    if (match === null || /dependencies|metrics/.test(part)) return [];
    const [, path = '', status, contentType = '', body = ''] = match;
    return [{ path, status: Number(status), contentType, body }];
  });
}

describeWithShared('searches of real incidents', 'traces/ktrdr', (folder) => {
  describe.each(JAEGER_VERSIONS)('version %s', (version) => {
    const recorded = searches(folder, version);
    let jaeger: RecordedJaeger;
    let stored: ReadonlySet<string>;
    beforeAll(async () => {
      stored = new Set(recordings.flatMap((document) => traceIdsIn(document)));
      jaeger = await startRecordedJaeger({ version, traces: recordings });
    });
    afterAll(() => jaeger.close());

    it.each(recorded)('$url', async ({ url, status, content_type, trace_ids }) => {
      const answer = await get(jaeger, url);
      // What arrived after the moment of an incident is not in its folder.
      const expected = trace_ids?.filter((id) => stored.has(id)) ?? null;
      if (expected !== null) expect(new Set(traceIdsIn(answer.body))).toEqual(new Set(expected));
      if (trace_ids !== null && expected?.length !== trace_ids.length) return;
      expect({ status: answer.status, contentType: answer.contentType }).toEqual({ status, contentType: content_type });
    });
  });
});

interface RecordedSearch {
  readonly scenario: string;
  readonly url: string;
  readonly status: number;
  readonly content_type: string;
  readonly trace_ids: readonly string[] | null;
}

/** For main the trace ids were not noted; line by line it was asked the same as the others. */
function searches(folder: string, version: JaegerVersion): readonly RecordedSearch[] {
  if (version !== 'main') return searchLines(folder, `v${version}`);
  const ids = searchLines(folder, 'v1.76').map(({ trace_ids }) => trace_ids);
  return searchLines(folder, 'main').map((search, index) => ({ ...search, trace_ids: ids[index] ?? null }));
}

function searchLines(folder: string, name: string): readonly RecordedSearch[] {
  const lines = readFileSync(join(folder, `searches-${name}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
}

function traceIdsIn(body: unknown): readonly string[] {
  const document = readTraceDocument(body);
  return document.kind === 'traces' ? document.traces.map(({ traceId }) => traceId) : [];
}

describe('by id', () => {
  let servers: Readonly<Record<string, RecordedJaeger>>;
  beforeAll(async () => {
    const folders = [...new Set(otherVersions().map(({ folder }) => join(FIXTURES, folder)))];
    const traces = await readRecordedTraces(folders);
    const started = await Promise.all(
      JAEGER_VERSIONS.map(async (version) => [version, await startRecordedJaeger({ version, traces })] as const),
    );
    servers = Object.fromEntries(started);
  });
  afterAll(async () => {
    await Promise.all(Object.values(servers).map((server) => server.close()));
  });

  it.each(otherVersions())('reads as the real answer does: $file', async ({ version, dialect, traceId, path }) => {
    const server = servers[version];
    if (server === undefined) throw new Error(`no server of version ${version}`);
    const answer = await get(server, `/api/${dialect === 'v3' ? 'v3/' : ''}traces/${traceId}`);
    expect(answer.status).toBe(200);
    expect(readTraceDocument(answer.body)).toEqual(readTraceDocument(readJson(path)));
  });
});

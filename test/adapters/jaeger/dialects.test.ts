import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';
import type { Trace } from '../../../src/diagnosis/trace.ts';
import { FIXTURES, incidents, otherVersions, readJson } from './fixtures.ts';

function tracesIn(path: string): readonly Trace[] {
  const document = readTraceDocument(readJson(path));
  if (document.kind !== 'traces') throw new Error(`${path} looks like ${document.looksLike}`);
  return [...document.traces].sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
}

describe('the two dialects of one incident', () => {
  it.each(incidents())('read as equal traces: %s', (folder) => {
    const legacy = tracesIn(join(FIXTURES, folder, 'legacy.json'));
    expect(legacy).toEqual(tracesIn(join(FIXTURES, folder, 'v3.json')));
    for (const trace of legacy) {
      expect(trace.spans.length).toBeGreaterThan(0);
      expect(trace.spans.every((span) => span.duration >= 0 && Number.isInteger(span.start))).toBe(true);
    }
  });
});

describe('the answers of older Jaegers', () => {
  it.each(otherVersions())('read as the newest does: $file', ({ folder, path }) => {
    const [trace] = tracesIn(path);
    const newest = tracesIn(join(FIXTURES, folder, 'v3.json'));
    expect(trace).toEqual(newest.find(({ traceId }) => traceId === trace?.traceId));
  });
});

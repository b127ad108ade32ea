/** Trace files that somebody gives the page. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../../src/adapters/jaeger/read.ts';
import { readTraceFile } from '../../../src/cli/demo/trace-file.ts';
import { FIXTURES, incidentsIn } from '../../support/incidents.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function sentenceOf(given: Uint8Array): string {
  const file = readTraceFile(given);
  return file.kind === 'unreadable' ? file.sentence : expect.fail(`It was read: ${file.asks.join(' ')}`);
}

describe('a trace file', () => {
  it.each(incidentsIn(FIXTURES))('of $name loses nothing on its way into the recorded Jaeger', ({ dir, expected }) => {
    for (const name of ['legacy.json', 'v3.json']) {
      const text = readFileSync(join(dir, name), 'utf8');
      const file = readTraceFile(name === 'v3.json' ? gzipSync(text) : bytes(text));
      if (file.kind !== 'traces') expect.fail(file.sentence);
      const [given, kept] = [text, JSON.stringify(file.document)].map(readTraceDocument);
      if (given?.kind !== 'traces' || kept?.kind !== 'traces') expect.fail();
      const spansOf = ({ traces }: typeof given) => traces.map(({ spans }) => spans);
      expect(spansOf(kept)).toEqual(spansOf(given));
      expect(file.asks).toContain(expected.ask ?? expected.operationId);
    }
  });

  it('that is something else is refused in a sentence', () => {
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [bytes(''), /an empty file/],
      [bytes('<html>'), /a web page/],
      [bytes('{"data":['), /truncated/],
      [bytes('[{"traceId":"1","id":"2"}]'), /Zipkin/],
      [new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0xff, 0xfe]), /a ZIP archive/],
      [gzipSync('{"data":[]}').subarray(0, 15), /the gzip file is truncated/],
      [Buffer.concat([gzipSync('{}').subarray(0, 10), Buffer.alloc(40, 0xff)]), /the gzip file is damaged/],
      [gzipSync(Buffer.alloc(120 * 1024 * 1024)), /unpacks to more than 100 MiB/],
    ];
    for (const [given, words] of cases) {
      expect(sentenceOf(given)).toMatch(words);
      expect(sentenceOf(given)).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('of any content is read or refused, and asks for ids only', () => {
    const id = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('op_x`; rm -rf /', '<!channel>', 'op_training_20261123_071813_c87fc1a6'),
    );
    const file = fc.record({
      traceID: fc.oneof(fc.stringMatching(/^[0-9a-f]{0,32}$/), fc.string()),
      spans: fc.array(
        fc.record({
          traceID: fc.stringMatching(/^[0-9a-f]{32}$/),
          spanID: fc.stringMatching(/^[0-9a-f]{16}$/),
          operationName: fc.string({ unit: 'binary' }),
          startTime: fc.oneof(fc.integer(), fc.constant(18446744073709552000), fc.double()),
          duration: fc.oneof(fc.integer(), fc.double()),
          tags: fc.array(
            fc.record({ key: fc.constantFrom('operation.id', 'x'), type: fc.constant('string'), value: id }),
          ),
          processID: fc.constant('p1'),
        }),
        { maxLength: 5 },
      ),
      processes: fc.constant({ p1: { serviceName: 'ktrdr-api' } }),
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ data: fc.array(file, { maxLength: 3 }) })), (value) => {
        const read = readTraceFile(bytes(JSON.stringify(value)));
        if (read.kind === 'unreadable') expect(read.sentence).toMatch(/\.$/);
        else for (const ask of read.asks) expect(ask).toMatch(/^[A-Za-z0-9_.:-]{4,128}$/);
      }),
    );
  });
});

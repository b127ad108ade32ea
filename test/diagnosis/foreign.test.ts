import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { SYMPTOMS } from '../../src/diagnosis/case.ts';
import { endOf, micros, type Trace } from '../../src/diagnosis/trace.ts';
import { caseOf } from '../support/build.ts';
import { answer, findingsOf } from '../support/judge.ts';

const FOLDER = new URL('../../../shared/traces/third-party/', import.meta.url);
const isMissing = !existsSync(FOLDER);
if (isMissing && process.env['REQUIRE_ALL'] === '1')
  throw new Error(`Recorded traces of other systems are missing: ${FOLDER.pathname}`);
if (isMissing) process.stderr.write('Skipped: recorded traces of other systems are not there.\n');

/** What may be said of a system that is not ktrdr. */
const GENERAL = /^(?:unhandled-exception|export-overhead|slow\/|service-unreachable\/other|service-timeout\/other)/;

describe.skipIf(isMissing)('traces of other systems', () => {
  it('never get a cause that only ktrdr has', () => {
    const names = isMissing ? [] : readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
    for (const name of names) {
      for (const trace of tracesIn(name)) {
        for (const symptom of [null, ...SYMPTOMS]) {
          const last = Math.max(...trace.spans.map(endOf));
          const said = answer({ ...caseOf({ now: 0, traces: [trace], symptom }), now: micros(last + 60_000_000) });
          expect(
            findingsOf(said)
              .map(({ cause }) => cause)
              .filter((cause) => !GENERAL.test(cause)),
            name,
          ).toEqual([]);
        }
      }
    }
  });
});

function tracesIn(name: string): readonly Trace[] {
  const document = readTraceDocument(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
  return document.kind === 'traces' ? document.traces : [];
}

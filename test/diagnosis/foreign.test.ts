import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { SYMPTOMS } from '../../src/diagnosis/case.ts';
import { endOf, micros, type Trace } from '../../src/diagnosis/trace.ts';
import { caseOf } from '../support/build.ts';
import { answer, findingsOf } from '../support/judge.ts';
import { describeWithShared } from '../support/shared.ts';

/** What may be said of a system that is not ktrdr. */
const GENERAL = /^(?:unhandled-exception|export-overhead|slow\/|service-unreachable\/other|service-timeout\/other)/;

describeWithShared('traces of other systems', 'traces/third-party', (folder) => {
  it('never get a cause that only ktrdr has', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    for (const name of names) {
      for (const trace of tracesIn(join(folder, name))) {
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

function tracesIn(path: string): readonly Trace[] {
  const document = readTraceDocument(JSON.parse(readFileSync(path, 'utf8')));
  return document.kind === 'traces' ? document.traces : [];
}

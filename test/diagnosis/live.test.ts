/** Every incident as the bot meets it: the real client asks a Jaeger that behaves like each version, with and without the ktrdr API. */

import {
  type RecordedJaeger,
  type RecordedKtrdr,
  readRecordedTraces,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJaegerSource } from '../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../src/adapters/ktrdr/api.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { type Micros, micros } from '../../src/diagnosis/trace.ts';
import { subjectOf, timeOfOperationId } from '../../src/diagnosis/vocabulary/subject.ts';
import { gatherCase } from '../../src/jobs/gather/gather.ts';
import { acceptedCauses, FIXTURES, type Incident, incidentsIn } from '../support/incidents.ts';

const VERSIONS = ['1.53', '1.76', '2.10', '2.20', 'main'] as const;
const INCIDENTS = incidentsIn(FIXTURES);
const DIRS = INCIDENTS.map((incident) => incident.dir);
/** Incidents that were not recorded do not say when they were asked about; it was within the hours that Jaeger keeps. */
const LONG_AFTER = 12 * 3_600_000_000;

describe.each(VERSIONS)('Jaeger %s', (version) => {
  let jaeger: RecordedJaeger;
  let ktrdr: RecordedKtrdr;
  beforeAll(async () => {
    jaeger = await startRecordedJaeger({ version, traces: await readRecordedTraces(DIRS) });
    ktrdr = await startRecordedKtrdr({ fixtureDirs: DIRS });
  });
  afterAll(() => Promise.all([jaeger.close(), ktrdr.close()]));

  test.each(INCIDENTS.map((incident) => [incident.name, incident] as const))('%s', async (_, incident) => {
    const { expected } = incident;
    const now = askedAt(expected);
    ktrdr.focus(incident.dir);
    for (const api of [true, false]) {
      const answer = diagnose(await gather(incident, now, api), { deployment: 'local', apiUrl: null });
      if (expected.healthy === true) {
        const alarms = [answer.primary, ...answer.others].filter(
          (finding) => finding !== null && finding.severity !== 'notice',
        );
        expect(alarms).toEqual([]);
      } else {
        const first = answer.primary?.cause ?? answer.verdict;
        const accepted = expected.withBaseline ?? acceptedCauses(incident, { api });
        expect(
          accepted.some((cause) => first.startsWith(cause)),
          `api ${api}: first cause is ${first}`,
        ).toBe(true);
      }
      const words = JSON.stringify(answer).toLowerCase();
      for (const word of expected.must) expect(words).toContain(word.toLowerCase());
    }
  });

  function askedAt({ now, operationId }: Incident['expected']): Micros {
    if (now !== undefined) return micros(Date.parse(now) * 1000);
    return micros((timeOfOperationId(operationId ?? '') ?? 0) + LONG_AFTER);
  }

  function gather(incident: Incident, now: Micros, api: boolean) {
    const clock = () => now;
    const subject = subjectOf(incident.expected.ask ?? incident.expected.operationId ?? '');
    if (subject === null) throw new Error('case.json names nothing to ask for');
    const traces = createJaegerSource({
      url: jaeger.url,
      api: 'auto',
      headers: {},
      caFile: null,
      preferredServices: [],
      timeoutMs: 60_000,
      maxBytes: 2 ** 28,
      now: clock,
    });
    return gatherCase(
      { subject, symptom: null },
      {
        traces,
        ktrdr: api ? createKtrdrApi({ url: ktrdr.url, headers: {}, timeoutMs: 60_000, clock }) : null,
        clock,
        lookbackMs: 48 * 3_600_000,
        deadlineMs: 120_000,
        // The recorded ktrdr stands still, so a second look would only cost time.
        wait: async () => {},
      },
      AbortSignal.timeout(120_000),
    );
  }
});

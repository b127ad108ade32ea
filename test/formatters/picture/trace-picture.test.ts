/** The picture of the trace as a detail of the answer, with its words. */
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { formatAnswer } from '../../../src/formatters/answer/answer.ts';
import { drawSvg } from '../../../src/formatters/picture/svg.ts';
import { formatWithPicture } from '../../../src/formatters/picture/trace-picture.ts';
import { withImage } from '../../../src/jobs/deliver/content.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';
import { EXAMPLES, NOW, refusedStart } from '../diagnoses.ts';
import { hostileDiagnosis, SECRETS } from '../hostile.ts';
import { lint } from '../lint.ts';

const options = {
  jaegerPublicUrl: 'https://jaeger.example.org',
  grafanaUrl: 'https://grafana.example.org',
  redact: [],
  subject: { kind: 'last', type: null },
  now: NOW,
} as const;

function pictureOf(diagnosis: Diagnosis) {
  const last = formatWithPicture(diagnosis, options).thread.at(-1);
  return last?.picture === undefined ? null : { message: last.message, drawing: last.picture };
}

describe('the picture in the thread', () => {
  it.each(incidentsIn(FIXTURES))('of $name is there when there is something to see', (incident) => {
    const diagnosis = diagnose(caseOf(incident, 'v3', { api: true }), { deployment: 'local', apiUrl: null });
    const picture = pictureOf(diagnosis);
    expect(picture !== null).toBe(diagnosis.flow.length >= 5);
    if (picture === null) return;
    const { message, drawing } = picture;
    expect(lint(withImage(message, drawing, 'F0123456789'))).toEqual([]);
    expect(message.text).toMatch(/^Execution flow: \d+ steps/);
    expect(drawing.altText).toContain(`${diagnosis.flow.length} spans`);
    expect(drawing.altText.includes('Failed: ')).toBe(diagnosis.flow.some(({ error }) => error));
  });

  it('belongs to the reply with the flow, and changes nothing of the words', () => {
    const { thread, ...rest } = formatWithPicture(flowing(9), options);
    const words = thread.map(({ slot, message }) => ({ slot, message }));
    expect({ ...rest, thread: words }).toEqual(formatAnswer(flowing(9), options));
    expect(thread.find(({ picture }) => picture !== undefined)?.slot).toBe('execution-flow');
  });

  it('is not drawn of nothing, nor of what nothing is known about', () => {
    expect(pictureOf(flowing(4))).toBeNull();
    for (const verdict of ['nothing-found', 'not-found', 'unavailable'] as const) {
      expect(pictureOf({ ...flowing(9), verdict })).toBeNull();
    }
    for (const verdict of ['explained', 'healthy', 'running'] as const) {
      expect(pictureOf({ ...flowing(9), verdict })).not.toBeNull();
    }
  });

  it('folds a long flow, and says how long it is', () => {
    const { drawing } = pictureOf(flowing(300)) ?? expect.fail('There is no picture.');
    expect(drawing.altText).toContain('Gantt chart: 300 spans');
    if (!('steps' in drawing.chart)) throw new Error('This is the chart of a digest.');
    expect(drawing.chart.steps.some(({ operation }) => /^\d+ × /.test(operation))).toBe(true);
  });

  it('is equal for an equal diagnosis, so that it is uploaded once', () => {
    expect(pictureOf(structuredClone(refusedStart))).toEqual(pictureOf(refusedStart));
  });

  it('is legal, readable and without secrets whatever stands in the spans', () => {
    fc.assert(
      fc.property(hostileDiagnosis, (example) => {
        const { flow } = example;
        const diagnosis = {
          ...example,
          verdict: 'explained' as const,
          flow: [...flow, ...flow, ...flow, ...flow, ...flow],
        };
        const picture = pictureOf(diagnosis);
        if (picture === null) return;
        const { message, drawing } = picture;
        expect(lint(withImage(message, drawing, 'F0123456789'))).toEqual([]);
        expect(drawing.altText.length).toBeLessThanOrEqual(1000);
        expect(drawing.fileName).toMatch(/^trace-[\w-]*\.png$/);
        expect(
          () =>
            new Resvg(drawSvg('steps' in drawing.chart ? drawing.chart : expect.fail()), {
              font: { loadSystemFonts: false },
            }),
        ).not.toThrow();
        for (const secret of SECRETS) expect(JSON.stringify(picture)).not.toContain(secret);
      }),
      { numRuns: 30 },
    );
  });
});

function flowing(count: number): Diagnosis {
  const steps = Object.values(EXAMPLES).flatMap(({ flow }) => flow);
  const flow = Array.from({ length: count }, (_, i) => ({
    ...(steps[i % steps.length] ?? expect.fail()),
    spanId: `${i}`,
  }));
  return { ...refusedStart, flow };
}

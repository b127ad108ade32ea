/** What is drawn: it fits, it can be read at Slack's width, and it says what the words say. */
import { Resvg } from '@resvg/resvg-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { Diagnosis, Finding, FlowStep } from '../../../src/diagnosis/finding.ts';
import { flowLines, gapText, shortName, silencesOf } from '../../../src/formatters/answer/execution-flow.ts';
import { traceChartOf } from '../../../src/formatters/picture/chart.ts';
import { WIDTH, widthOf } from '../../../src/formatters/picture/drawing.ts';
import { formatPng } from '../../../src/formatters/picture/png.ts';
import { drawSvg } from '../../../src/formatters/picture/svg.ts';
import { escapeXml } from '../../../src/language/escape.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';
import { EXAMPLES, refusedStart } from '../diagnoses.ts';

/** What Slack shows it at, at least. */
const NARROWEST_PX = 360;
const SMALLEST_TEXT_PX = 9;

function diagnosed(incident: Parameters<typeof caseOf>[0]): Diagnosis {
  return diagnose(caseOf(incident, 'v3', { api: true }), { deployment: 'local', apiUrl: null });
}

/** All words of the picture, whichever lines they stand on. */
function wordsOf(svg: string): string {
  const lines = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, words = '']) => words);
  const text = lines.join(' ').replace(/\s+/g, ' ');
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

/** The right edge of what is drawn; without a font the words are not. */
function drawnTo(picture: Resvg): number {
  const box = picture.getBBox();
  return box === undefined ? 0 : box.x + box.width;
}

function expectAgreement(diagnosis: Diagnosis): void {
  const chart = traceChartOf(diagnosis);
  const words = wordsOf(drawSvg(chart));
  const { primary, flow, status } = diagnosis;
  const culprit = flow.find(({ spanId }) => spanId === primary?.culprit?.spanId);
  const text = flowLines(diagnosis, 96).join('\n');
  if (culprit !== undefined) {
    const name = shortName(culprit)[0];
    const marked = chart.steps.filter(({ isCulprit }) => isCulprit);
    expect(marked.map(({ operation, error }) => [operation, error])).toEqual([[name, culprit.error]]);
    expect(words).toContain(name.replace(/\s+/g, ' ').slice(0, 18).trim());
    const here = culprit.error ? 'failed here' : 'here';
    expect([words.includes(here), text.includes(here)]).toEqual([true, true]);
  }
  if (primary?.gap !== undefined && flow.length > 0) {
    expect(words).toContain(`${gapText(primary)}: here`);
    expect(chart.steps.filter(({ isCulprit }) => isCulprit).map(({ durationMs }) => durationMs)).toEqual([
      primary.gap.durationMs,
    ]);
  }
  if (culprit === undefined && primary?.gap === undefined) expect(words).not.toMatch(/\bhere\b/);
  for (const silence of silencesOf(diagnosis)) expect(words).toContain(silence.text);
  expect(words.includes('✗ failed')).toBe(chart.steps.some(({ error }) => error));
  expect(flow.some(({ error }) => error)).toBe(chart.steps.some(({ error }) => error));
  if (['failed', 'running', 'completed', 'cancelled'].includes(status))
    expect(words).toMatch(/refused|failed|running|completed|cancelled/);
}

describe('words and picture', () => {
  it.each(incidentsIn(FIXTURES))('agree on $name', (incident) => {
    expectAgreement(diagnosed(incident));
  });

  it('agree on long and deep traces', () => {
    const [base, lost] = ['06a', '10a'].map((name) =>
      diagnosed(incidentsIn(FIXTURES).find((one) => one.name.includes(`/${name}`)) ?? expect.fail()),
    );
    const step = fc.record({
      operation: fc.constantFrom('training.epoch', 'POST', 'a'.repeat(70), 'workers.select', '×'),
      service: fc.constantFrom('api', 'worker', ''),
      depth: fc.nat({ max: 30 }),
      startMs: fc.nat({ max: 1e6 }),
      durationMs: fc.nat({ max: 1e6 }),
      error: fc.boolean(),
      onCriticalPath: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.nat(), fc.boolean(), (steps, at, isLost) => {
        const from = (isLost ? lost : base) ?? expect.fail();
        const flow = steps.map((one, i) => ({ ...from.flow[0], ...one, spanId: `s${i}`, note: '' }) as FlowStep);
        const blamed = flow[at % Math.max(1, flow.length)];
        const primary = { ...(from.primary as Finding), culprit: isLost || blamed === undefined ? null : blamed };
        const diagnosis = { ...from, flow, primary };
        expectAgreement(diagnosis);
        const { steps: rows, footer } = traceChartOf(diagnosis);
        expect(rows.length).toBeLessThanOrEqual(13);
        const shown = rows.filter(({ isGap }) => isGap !== true);
        const counted = shown.reduce((sum, row) => sum + Number(/^(\d+) × /.exec(row.operation)?.[1] ?? 1), 0);
        const left = Number(/(\d+) more spans? not drawn/.exec(footer)?.[1] ?? 0);
        expect(counted + left).toBe(flow.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the picture', () => {
  const long = Array.from({ length: 70 }, (_, i) => ({
    ...(refusedStart.flow[0] as FlowStep),
    service: `service-with-a-long-name-${i % 11}`,
    operation: i % 3 === 0 ? `POST /${'WIDE/'.repeat(40)}` : `workers.select.${i}`,
    note: 'no_workers_available, 0 of 0 capable free, 12 in all',
    spanId: `${i}`,
    traceId: `${i > 5}`,
    depth: i % 20,
    startMs: i * 60_000,
    durationMs: 400_000_000,
    error: i % 2 === 0,
  }));

  it.each(Object.entries(EXAMPLES))('of %s has nothing over the edge', (_name, diagnosis) => {
    const picture = new Resvg(drawSvg(traceChartOf(diagnosis)));
    expect(drawnTo(picture)).toBeLessThanOrEqual(picture.width);
  });

  it('has room for long names, many services, long times and several traces', () => {
    const headline = `${'A very long headline that nobody can read at a glance '.repeat(9)}.`;
    const culprit = { service: '', operation: '', traceId: '', spanId: '0' };
    const primary = { ...(refusedStart.primary as Finding), culprit };
    const svg = drawSvg(traceChartOf({ ...refusedStart, headline, primary, flow: long }));
    const picture = new Resvg(svg);
    expect(drawnTo(picture)).toBeLessThanOrEqual(picture.width);
    expect(wordsOf(svg)).toContain('dashed line: another trace');
    expect(wordsOf(svg)).toContain('58 more spans not drawn');
  });

  it('folds a loop of thousands of spans into one row, and says how many there are', () => {
    const root = { ...(refusedStart.flow[0] as FlowStep), spanId: 'root', depth: 0, error: false, durationMs: 5000 };
    const loop = Array.from({ length: 4000 }, (_, i) => ({
      ...root,
      spanId: `e${i}`,
      operation: i % 2 === 0 ? 'training.epoch' : 'workers.report',
      depth: 1,
      startMs: i,
      durationMs: i === 2500 ? 1700 : 1,
      note: '',
    }));
    const chart = traceChartOf({ ...refusedStart, primary: null, flow: [root, ...loop] });
    expect(chart.steps.map(({ operation, note }) => `${operation} ${note}`)).toEqual([
      expect.stringContaining(root.operation),
      '2000 × training.epoch longest 1.7 s',
      '2000 × workers.report longest 1.0 ms',
    ]);
    expect(wordsOf(drawSvg(chart))).toContain('2000 × training.epoch: longest 1.7 s');
    expect(chart.footer).not.toContain('not drawn');
  });

  it('can be read at the width at which Slack shows it', () => {
    const svg = drawSvg(traceChartOf({ ...refusedStart, flow: long }));
    const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => Number(size));
    expect((Math.min(...sizes) * NARROWEST_PX) / WIDTH).toBeGreaterThanOrEqual(SMALLEST_TEXT_PX);
  });

  it('has contrast on its own ground, in Slack’s light theme and in its dark one', () => {
    const svg = drawSvg(traceChartOf({ ...refusedStart, flow: long }));
    const ink = /color="(#[0-9a-f]{6})"/.exec(svg)?.[1] ?? '';
    const faintest = Math.min(...[...svg.matchAll(/fill-opacity="([\d.]+)"/g)].map(([, share]) => Number(share)));
    expect(contrastOnWhite(ink, faintest)).toBeGreaterThan(4.5);
    const colors = new Set([...svg.matchAll(/(?:fill|stroke)="(#[0-9a-f]{6})"/g)].map(([, color = '']) => color));
    expect(colors.size).toBe(2);
    for (const color of colors) expect(contrastOnWhite(color, 1)).toBeGreaterThan(3);
  });

  it('knows how wide words are, rather too much than too little', () => {
    const all = Object.values(EXAMPLES).flatMap((diagnosis) => labels(drawSvg(traceChartOf(diagnosis))));
    const words = [...new Set(all)].filter((text) => text.length > 12).slice(0, 25);
    for (const isBold of [false, true]) {
      const drawn = [...words, 'WWW mmm @@@ ÄÖ'].map((text) => ({
        text,
        width: widthOf(text, { sizePx: 12, isBold }),
        real: drawnWidth(text, isBold),
      }));
      expect(drawn.filter(({ width, real }) => width < real)).toEqual([]);
      expect(drawn.filter(({ width, real }) => real > 0 && width > real * 1.5)).toEqual([]);
    }
  });

  it('marks a failed step by a sign and a word', () => {
    const words = wordsOf(drawSvg(traceChartOf(refusedStart)));
    expect(words).toContain('failed here');
    expect(words.match(/✗/g)).toHaveLength(1 + refusedStart.flow.filter(({ error }) => error).length);
  });

  it('is a PNG, and says whether its words could be drawn', async () => {
    const { png, hasText } = await formatPng(refusedStart);
    expect([...png.slice(1, 4)]).toEqual([...Buffer.from('PNG')]);
    const probe = new Resvg('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">M</text></svg>').getBBox();
    expect(hasText).toBe(probe !== undefined);
  });
});

function drawnWidth(words: string, isBold: boolean): number {
  const weight = isBold ? ' font-weight="bold"' : '';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9999" height="40" font-family="DejaVu Sans" font-size="12"><text x="0" y="20"${weight}>${escapeXml(words)}</text></svg>`;
  return new Resvg(svg).getBBox()?.width ?? 0;
}

function labels(svg: string): readonly string[] {
  return [...svg.matchAll(/<text[^>]*>([^<&]+)</g)].map(([, words = '']) => words);
}

/** https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio, of a colour with this opacity. */
function contrastOnWhite(color: string, opacity: number): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = (Number.parseInt(color.slice(at, at + 2), 16) * opacity + 255 * (1 - opacity)) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

/** The answer outside of Slack: terminal text, page and pictures. */
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import type { Finding, FlowStep } from '../../src/diagnosis/finding.ts';
import { formatHtml } from '../../src/formatters/html/page.ts';
import { traceChartOf } from '../../src/formatters/picture/chart.ts';
import { widthOf } from '../../src/formatters/picture/drawing.ts';
import { formatPng } from '../../src/formatters/picture/png.ts';
import { drawSvg } from '../../src/formatters/picture/svg.ts';
import { formatShortText, formatText } from '../../src/formatters/terminal/text.ts';
import { escapeXml } from '../../src/language/escape.ts';
import { EXAMPLES, lostWorker, NOW, refusedStart } from './diagnoses.ts';

describe.each(Object.entries(EXAMPLES))('%s', (_name, diagnosis) => {
  it.each([60, 120])('fits a terminal of %d columns but for what must stay whole', (width) => {
    const text = formatText(diagnosis, { width, colour: false, now: NOW });
    const tooLong = text.split('\n').filter((line) => [...line].length > width && !line.startsWith('    '));
    expect(tooLong).toEqual([]);
    expect(text.replace(/\s+/g, ' ')).toContain(diagnosis.headline);
    expect(text).not.toContain('\u001b');
  });

  it.each([40, 60, 80, 120, Number.POSITIVE_INFINITY])(
    'is at most twelve lines of %d columns, with the whole command',
    (width) => {
      const text = formatShortText(diagnosis, { width, colour: false, now: NOW });
      const lines = text.trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(12);
      expect(lines.filter((line) => [...line].length > width && !/^ {4}|^ *\S+$/.test(line))).toEqual([]);
      expect(text.replace(/\s+/g, ' ')).toContain(diagnosis.headline);
      if (diagnosis.operationId !== null) expect(text).toContain(diagnosis.operationId);
      expect(text).not.toMatch(/thread|–\n/);
    },
  );

  it('says the same with colours', () => {
    const options = { width: 90, now: NOW };
    const coloured = formatText(diagnosis, { ...options, colour: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(formatText(diagnosis, { ...options, colour: false }));
  });

  it('makes a page without scripts or anything loaded from elsewhere', () => {
    const page = formatHtml(diagnosis, { now: NOW, jaegerUrl: 'https://jaeger.example.org' });
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\ssrc=/);
    expect(page).toContain('color-scheme: light dark');
    expect(page).toContain(`<h1>${diagnosis.headline}`);
  });

  it('makes a picture in which nothing stands over the edge', () => {
    const picture = new Resvg(drawSvg(traceChartOf(diagnosis)));
    expect(drawnTo(picture)).toBeLessThanOrEqual(picture.width);
  });
});

/** The right edge of what is drawn; without a font the words are not. */
function drawnTo(picture: Resvg): number {
  const box = picture.getBBox();
  return box === undefined ? 0 : box.x + box.width;
}

function drawnWidth(words: string, isBold: boolean): number {
  const weight = isBold ? ' font-weight="bold"' : '';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9999" height="40" font-family="DejaVu Sans" font-size="12"><text x="0" y="20"${weight}>${escapeXml(words)}</text></svg>`;
  return new Resvg(svg).getBBox()?.width ?? 0;
}

function labels(svg: string): readonly string[] {
  return [...svg.matchAll(/<text[^>]*>([^<&]+)</g)].map(([, words = '']) => words);
}

describe('commands', () => {
  it('stand whole on a line of their own, ready to be copied', () => {
    const lines = formatText(lostWorker, { width: 40, colour: false, now: NOW }).split('\n');
    expect(lines).toContain('    ktrdr operations resume op_training_20261123_071605_c87fc1a6');
  });
});

describe('the picture', () => {
  it('has room for long names, many services, long times and several traces', () => {
    const flow = Array.from({ length: 70 }, (_, i) => ({
      ...(refusedStart.flow[0] as FlowStep),
      service: `service-with-a-long-name-${i % 11}`,
      operation: i % 3 === 0 ? `POST /${'WIDE/'.repeat(40)}` : 'workers.select',
      note: 'no_workers_available, 0 of 0 capable free, 12 in all',
      spanId: `${i}`,
      traceId: `${i > 30}`,
      depth: i % 20,
      startMs: i * 60_000,
      durationMs: 400_000_000,
      error: i % 2 === 0,
    }));
    const headline = `${'A very long headline that nobody can read at a glance '.repeat(9)}.`;
    const culprit = { service: '', operation: '', traceId: '', spanId: '0' };
    const primary = { ...(refusedStart.primary as Finding), culprit };
    const svg = drawSvg(traceChartOf({ ...refusedStart, headline, primary, flow }));
    const picture = new Resvg(svg);
    expect(drawnTo(picture)).toBeLessThanOrEqual(picture.width);
    expect(svg).toContain('more services, named beside the bars');
    expect(svg).toContain('another trace');
    expect(svg).toContain('10 more spans not drawn');
    expect(svg.match(/\(service-with-a-long-name-/g)?.length).toBeGreaterThan(50);
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

  it('marks a failed step by a shape and a word', () => {
    const svg = drawSvg(traceChartOf(refusedStart));
    expect(svg).toContain('2.1 ms · failed here');
    expect(svg.match(/l8 8m0 -8l-8 8/g)).toHaveLength(3);
  });

  it('is a PNG, and says whether its words could be drawn', async () => {
    const { png, hasText } = await formatPng(refusedStart);
    expect([...png.slice(1, 4)]).toEqual([...Buffer.from('PNG')]);
    const probe = new Resvg('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">M</text></svg>').getBBox();
    expect(hasText).toBe(probe !== undefined);
  });
});

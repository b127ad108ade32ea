/** The answer outside of Slack: terminal text, page and pictures. */
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { formatHtml } from '../../src/formatters/html.ts';
import { formatSvg } from '../../src/formatters/picture.ts';
import { formatPng } from '../../src/formatters/png.ts';
import { formatText } from '../../src/formatters/text.ts';
import { EXAMPLES, lostWorker, NOW, refusedStart } from './diagnoses.ts';

describe.each(Object.entries(EXAMPLES))('%s', (_name, diagnosis) => {
  it.each([60, 120])('fits a terminal of %d columns but for what must stay whole', (width) => {
    const text = formatText(diagnosis, { width, colour: false, now: NOW });
    const tooLong = text.split('\n').filter((line) => [...line].length > width && !line.startsWith('    '));
    expect(tooLong).toEqual([]);
    expect(text.replace(/\s+/g, ' ')).toContain(diagnosis.headline);
    expect(text).not.toContain('\u001b');
  });

  it('says the same with colours', () => {
    const options = { width: 90, now: NOW };
    const coloured = formatText(diagnosis, { ...options, colour: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(formatText(diagnosis, { ...options, colour: false }));
  });

  it('makes a page without scripts or anything loaded from elsewhere', () => {
    const page = formatHtml(diagnosis, { now: NOW, jaegerUrl: 'https://jaeger.example.org' });
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\ssrc=/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain(`<h1>${diagnosis.headline}`);
  });

  it('makes a well-formed picture', () => {
    expect(() => new Resvg(formatSvg(diagnosis))).not.toThrow();
  });
});

describe('commands', () => {
  it('stand whole on a line of their own, ready to be copied', () => {
    const lines = formatText(lostWorker, { width: 40, colour: false, now: NOW }).split('\n');
    expect(lines).toContain('    ktrdr operations resume op_training_20261123_071605_c87fc1a6');
  });
});

describe('the picture', () => {
  it('marks a failed step by a shape and a word', () => {
    const svg = formatSvg(refusedStart);
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

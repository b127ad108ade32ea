/** The answer outside of Slack: terminal text and page. */
import { describe, expect, it } from 'vitest';
import { formatHtml } from '../../src/formatters/html/page.ts';
import { formatShortText, formatText } from '../../src/formatters/terminal/text.ts';
import { EXAMPLES, lostWorker, NOW } from './diagnoses.ts';

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
});

describe('commands', () => {
  it('stand whole on a line of their own, ready to be copied', () => {
    const lines = formatText(lostWorker, { width: 40, colour: false, now: NOW }).split('\n');
    expect(lines).toContain('    ktrdr operations resume op_training_20261123_071605_c87fc1a6');
  });
});

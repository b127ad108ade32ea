/**
 * Texts of spans, records and people are of any length and kind, and one event loop serves everybody: reading twice as much
 * may take twice as long, not four times.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyse } from 'scslre';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type { Case } from '../src/diagnosis/case.ts';
import { diagnose } from '../src/diagnosis/diagnose.ts';
import { redact } from '../src/diagnosis/redaction/redact.ts';
import { micros, type Span } from '../src/diagnosis/trace.ts';
import { traceViewOf } from '../src/diagnosis/trace-view.ts';
import { subjectOf } from '../src/diagnosis/vocabulary/subject.ts';
import { formatAnswer } from '../src/formatters/answer/answer.ts';
import { code, cut, literal, oneLine, plain } from '../src/formatters/blocks/mrkdwn.ts';
import { formatHtml } from '../src/formatters/html/page.ts';
import { formatText } from '../src/formatters/terminal/text.ts';
import { readPrivacy } from '../src/handlers/ktrdr-command.ts';
import { readCommand, readDiagnose, readPlainWords } from '../src/handlers/typed-text.ts';
import { parseSearchWords } from '../src/jobs/search/words.ts';
import { caseOf, FIXTURES, incidentsIn } from './support/incidents.ts';

const SRC = new URL('../src/', import.meta.url).pathname;

describe('every regular expression in the source', () => {
  it('backtracks at most linearly', () => {
    const literals = sourceFiles().flatMap(literalsIn);
    expect(literals.length).toBeGreaterThan(200);
    const slow = literals.flatMap(({ where, source, flags }) =>
      analyse({ source, flags }).reports.map((report) => `${where}: ${report.type} on ${report.character.pick}`),
    );
    expect(slow).toEqual([]);
  });

  it.each(['[.,]+$', String.raw`\s*\n\s*`, '(?:a+)+b', String.raw`^\w*\d+x`])('%s would be found', (source) => {
    expect(analyse({ source, flags: '' }).reports).not.toEqual([]);
  });
});

function sourceFiles(): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
}

function literalsIn(path: string) {
  const file = ts.createSourceFile(path, readFileSync(join(SRC, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { where: string; source: string; flags: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ where: `${path}:${line}`, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const REPEATS = 4;
/** Linear work grows four times, quadratic work sixteen times. */
const MOST_GROWTH = 9;
/** What a process does besides, such as collecting garbage, in milliseconds of its processor time. */
const BESIDES_MS = 15;

/** Processor time, not time on the clock: other processes do not count. The best of several repeats. */
function costOf(work: () => void): number {
  const costs = Array.from({ length: REPEATS }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...costs);
}

function expectLinear(length: number, work: (length: number) => void): void {
  const small = costOf(() => work(length));
  const large = costOf(() => work(4 * length));
  expect(large).toBeLessThan(MOST_GROWTH * small + BESIDES_MS);
}

const FILLERS = ['.', ' ', '>', '\n', '"', "'", '<', ':', '/', '&amp;', '\n ', 'a@', 'pwd="', '_a', '1', 'token ', '`'];
const MESSAGES = [
  ...FILLERS.map((filler) => ['', filler] as const),
  ['Strategy file not found at ', '.'],
  ['Model not found: ', ';'],
  ['Symbol ', ','],
  ['', 'start failed on worker w (u '],
  ['', 'No workers No '],
] as const;

describe('a diagnosis', () => {
  const incident = incidentsIn(FIXTURES).find(({ name }) => name.startsWith('data-missing'));
  if (incident === undefined) throw new Error('There is no incident with missing data.');
  const kase = caseOf(incident, 'v3', { api: true });

  it.each(MESSAGES)('of a message of “%s” and many of %j is made and shown in linear time', (start, filler) => {
    expectLinear(10_000, (length) => show(withText(kase, `${start}${filler.repeat(length / filler.length)}x`)));
  });
});

/** The case with one text wherever a message, a name or an address stands. */
function withText(kase: Case, text: string): Case {
  const changed = (span: Span): Span => ({
    ...span,
    ...(span.status.code === 'error' ? { name: `${span.name}${text}`, status: { code: 'error', message: text } } : {}),
    attributes: Object.fromEntries(
      Object.entries(span.attributes).map(([key, value]) => [
        key,
        /error|message|url|target|reason/.test(key) ? text : value,
      ]),
    ),
    events: span.events.map((event) => ({
      ...event,
      attributes: { ...event.attributes, 'exception.message': text, 'exception.stacktrace': text },
    })),
  });
  const { operation } = kase;
  return {
    ...kase,
    traces: kase.traces.map((trace) => ({ ...trace, spans: trace.spans.map(changed), warnings: [text] })),
    operation:
      operation?.kind === 'record' ? { ...operation, record: { ...operation.record, errorMessage: text } } : operation,
  };
}

function show(kase: Case): void {
  const said = diagnose(kase, { deployment: 'local', apiUrl: null });
  const { now, subject, symptom } = kase;
  const links = { jaegerUrl: 'http://localhost:16686', grafanaUrl: null };
  formatText(said, { width: 100, colour: false, now, redact: [], ...links });
  formatHtml(said, { redact: [], now, view: traceViewOf(kase, new Set()), ...links });
  formatAnswer(said, { ...links, jaegerPublicUrl: links.jaegerUrl, redact: [], subject, symptom, now });
}

describe('what a person types', () => {
  it.each(FILLERS)('with many of %j is read in linear time', (filler) => {
    expectLinear(2000, (length) => {
      for (const text of [`diagnose x${filler.repeat(length)}x`, `${filler.repeat(length)}x`]) {
        for (let i = 0; i < 5; i += 1) {
          readPrivacy(text);
          readCommand(text);
          readDiagnose(text);
          readPlainWords(text);
          parseSearchWords(text, micros(0));
        }
      }
    });
    expectLinear(10_000, (length) => void subjectOf(`x${filler.repeat(length)}x`));
  });
});

describe('a text', () => {
  const SECRETIVE = [
    'key=a/',
    'key=[',
    '<pwd>',
    'pass=none,(',
    'pwd="none ',
    'pwd=\\"none ',
    'a:b@',
    'cookie: a ',
    'key: |\n ',
    'mysql -u ',
  ];
  const BEGINNINGS = ['-----BEGIN PRIVATE KEY-----', 'curl -u ', 'bearer ', 'eyJ', 'a.', 'https://', 'keys A1'];
  it.each([...FILLERS, ...BEGINNINGS, ...SECRETIVE])(
    'with many of %j is redacted and escaped in linear time',
    (filler) => {
      expectLinear(5000, (length) => {
        const text = `x${filler.repeat(length / filler.length)}x`;
        redact(text);
        oneLine(text);
        literal(text);
        plain(text, 3000);
        code(text);
        cut(text, 100);
      });
    },
  );
});

import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/diagnosis/case.ts';
import { bounded, boundedStart, cleanText, LONGEST_STACK, MAX_MESSAGE_CHARACTERS } from '../../src/diagnosis/clean.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { errorOf } from '../../src/diagnosis/facts/errors.ts';
import { micros, type Span } from '../../src/diagnosis/trace.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

const SECRET = 'correct horse battery staple';
const LINE = `${'x'.repeat(98)}.\n`;
const QUOTED = `password='${SECRET}'`;

describe('a text that is cut', () => {
  it('shows nothing of a secret at its end', () => {
    for (let before = 7900; before <= 8000; before += 5) {
      expect(cleanText(`${'x '.repeat(before / 2)}${QUOTED}`)).not.toContain('correct');
    }
  });

  it('shows nothing of a secret at the end of what is read of it, however much before was taken out', () => {
    const many = `password='${'y'.repeat(1900)}' `.repeat(9);
    for (let before = 700; before <= 800; before += 5) {
      const text = `${many}${'x '.repeat(before / 2)}${QUOTED} ${'z '.repeat(4000)}`;
      const clean = cleanText(text);
      expect(clean).not.toContain('correct');
      expect(cleanText(clean)).toBe(clean);
    }
  });

  it('shows nothing of a secret at which a long message ends or a long stack trace begins', () => {
    for (let before = 7950; before <= 8000; before += 1) {
      expect(bounded(`${'x'.repeat(before)}${QUOTED}${'z '.repeat(4000)}`)).not.toMatch(/corr|horse/);
      expect(boundedStart(`${'z '.repeat(4000)}${QUOTED}${'x'.repeat(before)}`, 8010)).not.toMatch(/rse|taple/);
    }
  });

  it('keeps what it can show', () => {
    expect(cleanText('x '.repeat(3000))).toBe('x '.repeat(3000));
    expect(cleanText('x '.repeat(20_000))).toMatch(/^(?:x ){3900,4000}x?…$/);
  });
});

describe('a message that a finding quotes', () => {
  const incident = incidentsIn(FIXTURES).find(({ name }) => name === 'unhandled-exception/failed-worker-exception');

  it.each([
    ['in quotation marks', QUOTED, undefined],
    ['by an operator’s pattern', `ticket <<${SECRET}>>`, [/<<[^>]*>>/]],
  ])('is cleaned before it is cut: a secret %s', (_how, secret, redact) => {
    if (incident === undefined) throw new Error('the incident is not there');
    const input = caseOf(incident, 'v3', { api: true });
    let told = 0;
    for (let before = 100; before <= 310; before += 3) {
      const found = diagnose(withMessage(input, `${'x'.repeat(before)} ${secret}`), {
        deployment: 'local',
        apiUrl: null,
        ...(redact !== undefined && { redact }),
      });
      const said = JSON.stringify(cleanDiagnosis(found, redact));
      expect(said).not.toContain('correct');
      if (said.includes('[redacted]')) told += 1;
    }
    expect(told).toBeGreaterThan(0);
  });
});

/** The case in which every error says the same. */
function withMessage(input: Case, message: string): Case {
  const json = JSON.stringify(input, (key, value: unknown) =>
    ['exception.message', 'operation.error', 'message', 'errorMessage'].includes(key) && typeof value === 'string'
      ? message
      : value,
  );
  return JSON.parse(json);
}

describe('a long text', () => {
  it('ends after a whole line and says how much is missing', () => {
    const text = bounded(LINE.repeat(1000));
    expect(text).toBe(`${LINE.repeat(MAX_MESSAGE_CHARACTERS / 100).trimEnd()}\n[92001 more characters not shown]`);
  });

  it('without lines ends anywhere', () => {
    expect(bounded('x'.repeat(MAX_MESSAGE_CHARACTERS + 5))).toMatch(/x\n\[5 more characters not shown\]$/);
    expect(bounded('x'.repeat(MAX_MESSAGE_CHARACTERS))).toHaveLength(MAX_MESSAGE_CHARACTERS);
  });

  it('keeps its end where that matters', () => {
    const text = boundedStart(`${LINE.repeat(1000)}last`);
    expect(text).toMatch(/^\[\d+ earlier characters not shown\]\nx{98}\.\n/);
    expect(text.endsWith('last')).toBe(true);
    expect(text.length).toBeLessThan(LONGEST_STACK + 60);
  });
});

describe('an error', () => {
  it('has a message and a stack of bounded length', () => {
    const long = LINE.repeat(10_000);
    const attributes = {
      'exception.type': 'E',
      'exception.message': long,
      'exception.stacktrace': `${long}E: at last`,
    };
    const error = errorOf(spanWith({ events: [{ name: 'exception', time: micros(0), attributes }] }));
    expect(error?.message).toMatch(/\[\d+ more characters not shown\]$/);
    expect(error?.stack).toMatch(/^\[\d+ earlier characters not shown\][\s\S]*E: at last$/);
    const described = errorOf(spanWith({ status: { code: 'error', message: `ValueError: ${long}` } }));
    expect(described).toMatchObject({ type: 'ValueError', message: expect.stringMatching(/not shown\]$/) });
  });
});

function spanWith(fields: Partial<Span>): Span {
  return {
    traceId: '0'.repeat(31) + 1,
    spanId: '0'.repeat(15) + 1,
    parentId: null,
    followsFrom: false,
    name: 'work',
    service: 'api',
    kind: 'internal',
    start: micros(0),
    duration: micros(0),
    status: { code: 'error', message: null },
    attributes: {},
    events: [],
    resource: {},
    ...fields,
  };
}

import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/diagnosis/case.ts';
import { cleanText } from '../../src/diagnosis/clean.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

const SECRET = 'correct horse battery staple';
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
    const kase = caseOf(incident, 'v3', { api: true });
    let told = 0;
    for (let before = 100; before <= 310; before += 3) {
      const found = diagnose(withMessage(kase, `${'x'.repeat(before)} ${secret}`), {
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
function withMessage(kase: Case, message: string): Case {
  const json = JSON.stringify(kase, (key, value: unknown) =>
    ['exception.message', 'operation.error', 'message', 'errorMessage'].includes(key) && typeof value === 'string'
      ? message
      : value,
  );
  return JSON.parse(json);
}

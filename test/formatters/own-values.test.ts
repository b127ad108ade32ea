/** The operator's patterns change free text and nothing else, however much they match. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Case } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import { traceViewOf } from '../../src/diagnosis/trace-view.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { formatPreview } from '../../src/formatters/answer/share.ts';
import { cleanCopy, cleanDiagnosis } from '../../src/formatters/clean.ts';
import { formatHtml } from '../../src/formatters/html/page.ts';
import { formatWithPicture } from '../../src/formatters/picture/trace-picture.ts';
import { formatShortText, formatText } from '../../src/formatters/terminal/text.ts';
import { diagnosisSchema } from '../../src/jobs/answer/diagnosis-schema.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

const PATTERNS = [
  '.*',
  '.+',
  '[a-z]+',
  String.raw`\w+`,
  String.raw`\d{4,}`,
  'failed',
  'certain',
  'advice',
  'ktrdr',
  'ok',
];
const CASES = incidentsIn(FIXTURES)
  .filter((_, i) => i % 12 === 0)
  .map((incident) => caseOf(incident, 'v3', { api: true }));

describe.each(PATTERNS)('with REDACT=%s', (source) => {
  const redact = [new RegExp(source, 'g')];

  it('the diagnosis keeps to the schema, with the same times and IDs', () => {
    for (const input of CASES) {
      const found = answerTo(input, redact);
      const json = JSON.parse(JSON.stringify(cleanDiagnosis(found, redact)));
      expect(diagnosisSchema.parse(json)).toEqual(json);
      expect(ownPartOf(json)).toEqual(ownPartOf(found));
    }
  });

  it('every renderer runs', () => {
    for (const input of CASES) {
      const found = answerTo(input, redact);
      const { now, subject, symptom } = input;
      const options = { width: 80, colour: false, now, redact };
      const links = { jaegerPublicUrl: 'https://jaeger.example.org', grafanaUrl: 'https://grafana.example.org' };
      const slack = { ...links, redact, subject, symptom, now };
      expect(formatShortText(found, options)).not.toBe('');
      expect(formatText(found, options)).not.toBe('');
      expect(formatHtml(found, { now, redact, view: traceViewOf(input, new Set()) })).not.toBe('');
      expect(formatAnswer(found, slack).summary.text).not.toBe('');
      expect(formatWithPicture(found, slack).summary.text).not.toBe('');
      expect(formatPreview(found, redact)).not.toEqual([]);
    }
  });
});

it('keeps every value to which the schema restricts a field', () => {
  const restricted = restrictionsIn('', z.toJSONSchema(diagnosisSchema, { io: 'input' }));
  expect(restricted.length).toBeGreaterThan(40);
  for (const part of restricted) expect(cleanCopy(part, [/.+/])).toEqual(part);
});

it('still hides a secret in a field that holds such a value elsewhere', () => {
  const secrets = { kind: 'backtests of ACME', name: 'acme', cause: 'ACME', since: 'acme', traceId: 'acme' };
  expect(JSON.stringify(cleanCopy(secrets, [/acme/i]))).not.toMatch(/acme/i);
});

function answerTo(input: Case, redact: readonly RegExp[]) {
  return diagnose(input, { deployment: 'local', apiUrl: null, redact });
}

function ownPartOf({ operation, traces, primary }: Diagnosis) {
  return {
    times: [operation.startedAt, operation.endedAt, ...traces.map(({ startTime }) => startTime)],
    ids: traces.map(({ traceId }) => traceId),
    cause: primary?.cause,
  };
}

/** `{status: 'failed'}` for each value of each enumeration. */
function restrictionsIn(field: string, schema: unknown): readonly object[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { enum: words = [], const: word } = schema as { readonly enum?: readonly string[]; readonly const?: unknown };
  const own = [...words, ...(typeof word === 'string' ? [word] : [])].map((value) => ({ [field]: value }));
  const isAlternative = (key: string) => Array.isArray(schema) || /^(?:any|one)Of$/.test(key);
  return [
    ...own,
    ...Object.entries(schema).flatMap(([key, part]) => restrictionsIn(isAlternative(key) ? field : key, part)),
  ];
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fix } from '../../src/diagnosis/finding.ts';
import { literal, sh } from '../../src/diagnosis/fixes/shell.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { formatCancelled, formatFailure, formatQueued } from '../../src/formatters/answer/placeholder.ts';
import { cleanCopy } from '../../src/formatters/clean.ts';
import { formatHtml } from '../../src/formatters/html/page.ts';
import type { Message } from '../../src/formatters/message.ts';
import { traceChartOf } from '../../src/formatters/picture/chart.ts';
import { drawSvg } from '../../src/formatters/picture/svg.ts';
import { formatText } from '../../src/formatters/terminal/text.ts';
import { degradations } from '../../src/jobs/deliver/content.ts';
import { NOW } from './diagnoses.ts';
import { hostileDiagnosis, hostileText, SECRETS } from './hostile.ts';
import { lint } from './lint.ts';

const options = {
  jaegerPublicUrl: 'https://jaeger.example.org',
  grafanaUrl: 'https://grafana.example.org',
  redact: [],
  subject: { kind: 'last', type: null },
  now: NOW,
} as const;
const runs = { numRuns: 30 };

describe('hostile text in every field', () => {
  it('leaves every message legal, escaped and within the budget, degraded or not', () => {
    fc.assert(
      fc.property(hostileDiagnosis, (diagnosis) => {
        const { summary, thread } = formatAnswer(diagnosis, options);
        for (const message of [summary, ...thread.map((part) => part.message)]) {
          const [whole = message, ...reduced] = degradations(message);
          expectHarmless(whole);
          for (const form of reduced) expectHarmless(form, LOOKS_ESCAPED);
        }
        expect(new Set(thread.map((part) => part.slot)).size).toBe(thread.length);
        expect(thread.length).toBeLessThanOrEqual(20);
      }),
      runs,
    );
  });

  it('changes nothing when it is formatted or cleaned again', () => {
    fc.assert(
      fc.property(hostileDiagnosis, (diagnosis) => {
        // Not `cleanDiagnosis`, which remembers what it cleaned.
        const once = cleanCopy(diagnosis, []);
        expect(cleanCopy(once, [])).toEqual(once);
        expect(formatAnswer(once, options)).toEqual(formatAnswer(diagnosis, options));
      }),
      runs,
    );
  });

  it('changes nothing in the long label of a command that was left out', () => {
    const command = sh`echo ${literal(`password=${SECRETS[0] ?? ''}`)}`;
    const fix: Fix = { kind: 'command', label: 'Read it. '.repeat(2000), command, effect: 'inspects' };
    const once = cleanCopy(fix, []);
    expect(once).toMatchObject({ kind: 'advice', text: expect.stringContaining('(command not shown: ') });
    expect(cleanCopy(once, [])).toEqual(once);
  });

  it('never reaches a terminal as a control sequence', () => {
    fc.assert(
      fc.property(hostileDiagnosis, (diagnosis) => {
        const text = formatText(diagnosis, { width: 80, colour: false, now: NOW });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expectNoSecret(text);
      }),
      runs,
    );
  });

  it('never becomes an element of a page or a picture', () => {
    fc.assert(
      fc.property(hostileDiagnosis, (diagnosis) => {
        const page = formatHtml(diagnosis, { now: NOW });
        expect(page).not.toMatch(/<(?:script|img|iframe|link|object|embed)\b/i);
        expect(page).not.toMatch(/<[^>]*\s(?:on\w+|src)=/i);
        expect(drawSvg(traceChartOf(diagnosis))).not.toMatch(/<(?!\/?(?:svg|title|text|rect|path)\b)/);
        expectNoSecret(page);
      }),
      runs,
    );
  });

  it('stays harmless in a placeholder', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (id, reason) => {
        const subject = { kind: 'operation', operationId: id } as const;
        expectHarmless(formatQueued(subject, 'T0KTRDR-0123'));
        const { text, blocks } = formatCancelled(subject, null, 'U0ANNA', 12_345);
        expectHarmless({ text: text.replace('<@U0ANNA>', 'Anna'), blocks });
        expectHarmless(formatFailure(subject, 'a1b2', reason));
      }),
    );
  });
});

/** A reduced form undoes the escapes of the fallback text, and what looked escaped from the start looks so again. */
const LOOKS_ESCAPED = /^A literal text is escaped/;

function expectHarmless(message: Message, except = /^$/): void {
  expect(lint(message).filter((reportedError) => !except.test(reportedError))).toEqual([]);
  const json = JSON.stringify(message);
  expect(json).not.toMatch(/(?:<|&lt;)(?:!(?!date\^)|@|#)/);
  expectNoSecret(json);
}

function expectNoSecret(text: string): void {
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

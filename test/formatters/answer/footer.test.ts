import type { KnownBlock } from '@slack/types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { formatAnswer, signed } from '../../../src/formatters/answer/answer.ts';
import { cleanDiagnosis } from '../../../src/formatters/clean.ts';
import type { Answer } from '../../../src/formatters/message.ts';
import { EXAMPLES, healthyDone, NOW, notFound, refusedStart } from '../diagnoses.ts';
import { hostileDiagnosis } from '../hostile.ts';
import { lint } from '../lint.ts';

const BY_ANNA = { userId: 'U0ANNA', isPasted: false, version: '0.1.0' };

function answer(found: Diagnosis): Answer {
  const diagnosis = cleanDiagnosis(found);
  const options = { jaegerPublicUrl: 'https://jaeger.example.org', grafanaUrl: null, redact: [], now: NOW };
  return signed(formatAnswer(diagnosis, { ...options, subject: { kind: 'last', type: null } }), BY_ANNA);
}

describe('the small print below an answer', () => {
  it.each(Object.entries(EXAMPLES))('takes no line of its own, for %s', (_name, diagnosis) => {
    const { summary } = answer(diagnosis);
    expect(lint(summary)).toEqual([]);
    expect(summary.blocks.flatMap(linesOf).length).toBeLessThanOrEqual(8);
  });

  it('says in the message who asked, and in its first reply which trace, how long it took, which cause and version', () => {
    const { summary, thread } = answer(refusedStart);
    expect(JSON.stringify(summary.blocks)).toContain(' · asked by <@U0ANNA>"');
    expect(JSON.stringify(summary.blocks)).not.toContain('4bf92f3577b34da6a3ce929d0e0e4736`');
    expect(JSON.stringify(thread[0]?.message.blocks)).toMatch(
      /\*Trace summary\*: trace `4bf92f3577b34da6a3ce929d0e0e4736`.* · analyzed in 3.2 ms · `workers-unavailable\/none-capable` · ktrdr-bot 0.1.0"/,
    );
  });

  it('leaves out what there is not', () => {
    expect(JSON.stringify(answer(notFound).summary.blocks)).toContain('asked by <@U0ANNA>"');
    expect(answer(notFound).thread).toEqual([]);
    expect(JSON.stringify(answer({ ...healthyDone, others: [] }))).not.toContain('workers-unavailable');
  });

  it('mentions nobody in the notification, and nobody at all but by an id', () => {
    expect(answer(refusedStart).summary.text).not.toContain('<@');
    const forged = signed(answer(refusedStart), { ...BY_ANNA, userId: '!channel', isPasted: true });
    expect(JSON.stringify(forged)).toContain('pasted by @!channel');
    expect(lint(forged.summary)).toEqual([]);
  });

  it('stays legal whatever a span says', () => {
    fc.assert(
      fc.property(hostileDiagnosis, (diagnosis) => {
        expect(lint(answer(diagnosis).summary)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

/** As they stand below one another. */
function linesOf(block: KnownBlock): readonly string[] {
  return block.type === 'actions' ? [] : textsIn(block).join('').split('\n');
}

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'text' in value && typeof value.text === 'string' ? [value.text] : [];
  return [...own, ...Object.values(value).flatMap(textsIn)];
}

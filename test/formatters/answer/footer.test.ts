import type { KnownBlock } from '@slack/types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { formatAnswer, withFooter } from '../../../src/formatters/answer/answer.ts';
import { cleanDiagnosis } from '../../../src/formatters/clean.ts';
import type { Message } from '../../../src/formatters/message.ts';
import { EXAMPLES, healthyDone, NOW, notFound, refusedStart } from '../diagnoses.ts';
import { hostileDiagnosis } from '../hostile.ts';
import { lint } from '../lint.ts';

const BY_ANNA = { userId: 'U0ANNA', isPasted: false, version: '0.1.0' };

function answer(found: Diagnosis): Message {
  const diagnosis = cleanDiagnosis(found);
  const options = { jaegerPublicUrl: 'https://jaeger.example.org', grafanaUrl: null, redact: [], now: NOW };
  const { summary } = formatAnswer(diagnosis, { ...options, subject: { kind: 'last', type: null } });
  return withFooter(summary, { ...BY_ANNA, diagnosis });
}

describe('the small print below an answer', () => {
  it.each(Object.entries(EXAMPLES))('takes no line of its own, for %s', (_name, diagnosis) => {
    const message = answer(diagnosis);
    expect(lint(message)).toEqual([]);
    expect(message.blocks.flatMap(linesOf).length).toBeLessThanOrEqual(8);
  });

  it('says who asked, about which trace, of when, how long it took, and by which rule of which version', () => {
    const said = JSON.stringify(answer(refusedStart).blocks);
    expect(said).toMatch(/As of <!date\^/);
    expect(said).toContain(
      'Asked by <@U0ANNA> · trace `4bf92f3577b34da6a3ce929d0e0e4736` · analysed in 3.2 ms · rule `workers-unavailable/none-capable` · ktrdr-bot 0.1.0',
    );
  });

  it('leaves out what there is not', () => {
    expect(JSON.stringify(answer(notFound).blocks)).toContain(
      'Asked by <@U0ANNA> · analysed in 3.2 ms · ktrdr-bot 0.1.0',
    );
    expect(JSON.stringify(answer({ ...healthyDone, others: [] }).blocks)).not.toContain('rule `');
  });

  it('mentions nobody in the notification, and nobody at all but by an id', () => {
    expect(answer(refusedStart).text).not.toContain('<@');
    const { summary } = formatAnswer(refusedStart, {
      jaegerPublicUrl: null,
      grafanaUrl: null,
      redact: [],
      subject: { kind: 'last', type: null },
      now: NOW,
    });
    const forged = withFooter(summary, { ...BY_ANNA, userId: '!channel', isPasted: true, diagnosis: refusedStart });
    expect(JSON.stringify(forged)).toContain('Pasted by @!channel');
    expect(lint(forged)).toEqual([]);
  });

  it('stays legal whatever a span says', () => {
    fc.assert(
      fc.property(hostileDiagnosis, (diagnosis) => {
        expect(lint(answer(diagnosis))).toEqual([]);
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listed, messageOf, notice, plainTextOf } from '../../src/handlers/notice.ts';

describe('a notice', () => {
  it('quotes what is put into it', () => {
    const parts = notice`There is no ${'/ktrdr foo'}. Try ${listed([notice`${'a'}`, notice`b`])}.`;
    expect(plainTextOf(parts)).toBe('There is no “/ktrdr foo”. Try “a”, b.');
    expect(messageOf(parts).text).toBe('There is no “/ktrdr foo”. Try “a”, b.');
  });

  it('shows hostile input literally and mentions nobody', () => {
    const { text, blocks } = messageOf(notice`There is no ${'<!channel> <@U1> <http://x|y> & `'}.`);
    expect(text).not.toMatch(/<|&(?!amp;|lt;|gt;)/);
    expect(JSON.stringify(blocks)).not.toContain('"mrkdwn"');
  });

  it('has no empty element and stays short, whatever is quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        const { text, blocks } = messageOf(notice`${value}`);
        expect(JSON.stringify(blocks)).not.toContain('"text":""');
        expect(text.length).toBeLessThan(600);
        expect(text).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});

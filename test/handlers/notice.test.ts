import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDigestFieldUsage } from '../../src/formatters/reports/digest-schedule.ts';
import { listed, messageOf, notice, plainTextIn, plainTextOf } from '../../src/handlers/notice.ts';

describe('a notice', () => {
  it('quotes what is put into it', () => {
    const parts = notice`There is no ${'/ktrdr foo'}. Try ${listed([notice`${'a'}`, notice`b`])}.`;
    expect(plainTextOf(parts)).toBe('There is no “/ktrdr foo”. Try “a”, b.');
    expect(messageOf(parts).text).toBe('There is no “/ktrdr foo”. Try “a”, b.');
  });

  it('is the same in plain text, where a cron pattern keeps its stars', () => {
    expect(plainTextIn(messageOf(notice`${'<a> *b*'} isn’t a pattern. Use * or ${'0 9 * * 1-5'}.`))).toBe(
      '“<a> *b*” isn’t a pattern. Use * or “0 9 * * 1-5”.',
    );
    expect(plainTextIn(formatDigestFieldUsage('“0 9 * * 8” isn’t a valid five-field cron pattern.'))).toBe(
      '“0 9 * * 8” isn’t a valid five-field cron pattern. For example: “weekdays at 9:00 Europe/Berlin” or “0 9 * * 1-5 UTC”.',
    );
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { code, cut, link, literal, plain, safeUrl, visible } from '../../../src/formatters/blocks/mrkdwn.ts';
import { hostileText } from '../hostile.ts';

const HOSTS = ['jaeger.example.org'];

describe('literal', () => {
  it('escapes the three characters that mean something and no others', () => {
    expect(literal('a < b && c > d "e"')).toBe('a &lt; b &amp;&amp; c &gt; d "e"');
  });

  it('keeps formatting characters from formatting, and words as they are', () => {
    expect(literal('*a* _b_ ~c~ `d` op_training_1 v*')).toBe('∗a∗ ˍbˍ ∼c∼ ˋdˋ op_training_1 v∗');
  });

  it('shows the name of an emoji, not the picture', () => {
    expect(literal('done :tada: at 12:30:45 in a:b:c')).toBe('done `:tada:` at 12:30:45 in `a:b:c`');
    expect(literal(`${'x'.repeat(20)} :tada:`, 26)).not.toMatch(/:tada:|`/);
    expect(link('a :tada: b', 'https://jaeger.example.org/x', HOSTS)).not.toContain(':tada:');
  });

  it('breaks control forms, also those that come escaped', () => {
    expect(literal('<!channel> &lt;@U1&gt;')).toBe('‹!channel&gt; ‹@U1&amp;gt;');
  });

  it('never exceeds its length, never ends inside an entity or a character', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 1, max: 60 }), (text, max) => {
        const shown = literal(text, max);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(shown).not.toMatch(/&(?!amp;|lt;|gt;)|\p{Surrogate}/u);
        expect(cut(plain(text, 3000), max)).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it('shows a text that fits as a whole', () => {
    expect(literal('a&b', 7)).toBe('a&amp;b');
    expect(literal('a&b', 6)).toBe('a…');
  });
});

describe('code', () => {
  it('cannot be left from inside', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = code(text);
        expect(shown).toMatch(/^`[^`\n]+`$|^\(empty\)$/);
      }),
    );
  });

  it('flattens lines and replaces back-ticks', () => {
    expect(code('a `b`\nc')).toBe('`a ˋbˋ c`');
  });
});

describe('link', () => {
  it('links only to configured hosts', () => {
    expect(link('Open', 'https://jaeger.example.org/trace/1', HOSTS)).toBe('<https://jaeger.example.org/trace/1|Open>');
    expect(link('Open', 'https://evil.example/trace/1', HOSTS)).toBe('Open: `https://evil.example/trace/1`');
    expect(link('a|b>', 'https://jaeger.example.org/x', HOSTS)).toBe('<https://jaeger.example.org/x|a¦b&gt;>');
  });

  it.each([
    'javascript:alert(1)',
    'jaeger.example.org:16686',
    'https://u:p@jaeger.example.org/',
    'https://jaeger.example.org.evil.example/',
    '',
  ])('refuses %j', (address) => {
    expect(safeUrl(address, HOSTS)).toBeNull();
  });

  it('encodes what would end the link', () => {
    expect(safeUrl("https://jaeger.example.org/a|b>c d'e", HOSTS)).toBe('https://jaeger.example.org/a%7Cb%3Ec%20d%27e');
  });
});

describe('visible', () => {
  it('removes what cannot be seen and keeps everything else', () => {
    expect(visible('a\u0000\u202eb\u200b\ud800 ✗ é 😀\r\nc')).toBe('ab ✗ é 😀\nc');
  });
});

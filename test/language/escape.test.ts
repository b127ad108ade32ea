import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEntities, decodeEntitiesFully, escapeMrkdwn, escapeXml } from '../../src/language/escape.ts';

describe('escaping', () => {
  it('for XML covers quotes and leaves out what XML forbids', () => {
    expect(escapeXml(`<a href="x" title='y'>&\u0000\u001b\ud800`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;',
    );
  });

  it('for Slack covers exactly its three characters', () => {
    expect(escapeMrkdwn(`<!here> & "x" 'y'`)).toBe(`&lt;!here&gt; &amp; "x" 'y'`);
  });

  it('is undone once by decoding', () => {
    const text = fc.string({ unit: fc.constantFrom('&', '<', '>', '"', "'", ';', 'a', 'lt', 'amp', '&lt;', '&amp;') });
    fc.assert(
      fc.property(text, (original) => {
        expect(decodeEntities(escapeXml(original))).toBe(original);
        expect(decodeEntities(escapeMrkdwn(original))).toBe(original);
      }),
    );
    expect(decodeEntities('&amp;lt; &quot;&#39; &nbsp;')).toBe(`&lt; "' &nbsp;`);
  });

  it('however often it was done is undone by decoding fully', () => {
    expect(decodeEntitiesFully('&amp;amp;lt;!here&amp;gt; &lt;')).toBe('<!here> <');
  });
});

/** Text blocks as HTML. Every text is escaped; only addresses of configured hosts become links. */
import { escapeXml } from '../../language/escape.ts';
import { safeUrl } from '../blocks/mrkdwn.ts';
import { type Inline, type InlineText, plainText, type TextBlock } from '../blocks/text-block.ts';
import { formatUtc } from '../units.ts';

/** `after` is HTML behind an item of a list. */
export function blockHtml(
  block: TextBlock,
  hosts: readonly string[],
  after: (item: number) => string = () => '',
): string {
  const inner = (text: InlineText) => text.map((inline) => inlineHtml(inline, hosts)).join('');
  switch (block.kind) {
    case 'headline':
      return `<h1>${inner(block.text)}</h1>`;
    case 'prose':
      return `<p>${inner(block.text)}</p>`;
    case 'facts':
      return `<p>${block.lines.map(inner).join('<br>\n')}</p>`;
    case 'list': {
      const items = block.items.map((item, i) => `<li>${inner(item)}${after(i)}</li>`).join('\n');
      return `${block.title === '' ? '' : `<p>${escapeXml(block.title)}:</p>\n`}<ul>\n${items}\n</ul>`;
    }
    case 'command':
      return `<p>${inner(block.label)}</p>\n<pre class="command" tabindex="0">${escapeXml(block.command)}</pre>`;
    case 'columns':
      return `<pre tabindex="0">${escapeXml(block.lines.join('\n'))}</pre>`;
    case 'note':
      return block.text.length === 0 ? '' : `<p class="note">${inner(block.text)}</p>`;
  }
}

function inlineHtml(inline: Inline, hosts: readonly string[]): string {
  if (typeof inline === 'string') return escapeXml(inline);
  switch (inline.kind) {
    case 'strong':
      return `<strong>${escapeXml(inline.text)}</strong>`;
    case 'code':
      return `<code>${escapeXml(inline.text)}</code>`;
    case 'time': {
      const utc = formatUtc(inline.at);
      return utc === null ? escapeXml(inline.at) : `<time datetime="${escapeXml(inline.at)}">${utc}</time>`;
    }
    case 'person':
    case 'channel':
      return escapeXml(plainText([inline]));
    case 'link': {
      const url = safeUrl(inline.url, hosts);
      return url === null
        ? escapeXml(plainText([inline]))
        : `<a href="${escapeXml(url)}" rel="noreferrer">${escapeXml(inline.text)}</a>`;
    }
  }
}

import { h, link } from './dom.js';
import { emoji } from './emoji.js';
import { channelMention, preformatted, userMention } from './mrkdwn.js';
import { slackDate } from './time.js';

const STYLES = { bold: 'strong', italic: 'em', strike: 'del', code: 'code', underline: 'u' };

export function richText(block) {
  return h('div', { class: 'rich' }, block.elements.map(part));
}

function part(element) {
  switch (element.type) {
    case 'rich_text_section':
      return h('div', { class: 'rich-section' }, element.elements.map(inline));
    case 'rich_text_quote':
      return h('blockquote', {}, element.elements.map(inline));
    case 'rich_text_preformatted':
      return preformatted(element.elements.map((entry) => entry.text ?? entry.url ?? '').join(''));
    case 'rich_text_list': {
      const items = element.elements.map((section) => h('li', {}, section.elements.map(inline)));
      const tag = element.style === 'ordered' ? 'ol' : 'ul';
      const start = element.offset === undefined ? undefined : element.offset + 1;
      return h(tag, { class: `indent-${element.indent ?? 0}`, start }, items);
    }
    default:
      return h('span', {}, `(${element.type})`);
  }
}

function inline(element) {
  const node = bare(element);
  return Object.entries(element.style ?? {}).reduce(
    (inner, [name, isOn]) => (isOn && STYLES[name] !== undefined ? h(STYLES[name], {}, inner) : inner),
    node,
  );
}

function bare(element) {
  switch (element.type) {
    case 'text':
      return h('span', { class: 'literal' }, element.text);
    case 'link':
      return link(element.url, element.text ?? element.url);
    case 'emoji':
      return h('span', {}, emoji(`:${element.name}:`));
    case 'user':
      return userMention(element.user_id);
    case 'channel':
      return channelMention(element.channel_id);
    case 'broadcast':
      return h('span', { class: 'mention me' }, `@${element.range}`);
    case 'date':
      return slackDate(element.timestamp, element.format, element.fallback ?? '');
    default:
      return h('span', {}, element.text ?? element.value ?? `(${element.type})`);
  }
}

/** Slack's own markup, read into nodes. */
import { copyButton, h, link } from './dom.js';
import { emoji } from './emoji.js';
import { slackDate } from './time.js';
import { workspace } from './workspace.js';

/** Placeholder for a finished node while the text around it is read; removed from the text first. */
const HOLE = /\uE000(\d+)\uE001/;
const FORMAT =
  /(?<=^|[\s([{"'“‘,.:;!?/—–-]|\uE001)([*_~])(?=\S)((?:(?!\1)[^\n])*?\S)\1(?=$|[\s)\]}"'”’,.:;!?/—–-]|\uE000)/;
const TAGS = { '*': 'strong', _: 'em', '~': 'del' };

export function mrkdwn(text) {
  const nodes = [];
  const hold = (node) => `\uE000${nodes.push(node) - 1}\uE001`;
  const held = text
    .replace(/[\uE000\uE001]/g, '')
    .replace(/```\n?([\s\S]*?)\n?```/g, (_, code) => hold(preformatted(unescaped(code))))
    .replace(/`([^`\n]+)`/g, (_, code) => hold(h('code', {}, unescaped(code))))
    .replace(/<([^<>\n]+)>/g, (whole, inside) => hold(control(inside) ?? unescaped(whole)));
  return lines(held, nodes);
}

export function plain(text) {
  return emoji(text);
}

export function unescaped(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

export function preformatted(text) {
  return h('div', { class: 'pre' }, h('pre', { tabindex: 0 }, text), copyButton(text));
}

/** A mention chip; unknown ids are shown as they are. */
export function userMention(id) {
  const name = workspace.users.get(id)?.name ?? id;
  return h('span', { class: id === workspace.me ? 'mention me' : 'mention' }, `@${name}`);
}

export function channelMention(id) {
  return h('span', { class: 'mention' }, `#${workspace.channels.get(id)?.name ?? id}`);
}

/** The forms in angle brackets; null when it is none of them. */
function control(inside) {
  const [target, label] = split(inside, '|');
  if (target.startsWith('@')) return userMention(target.slice(1));
  if (target.startsWith('#')) return channelMention(target.slice(1));
  if (target.startsWith('!date^')) {
    const [, unix, format] = target.split('^');
    return slackDate(Number(unix), format, unescaped(label ?? ''));
  }
  if (/^!(here|channel|everyone)$/.test(target)) return h('span', { class: 'mention me' }, `@${target.slice(1)}`);
  if (target.startsWith('!')) return h('span', { class: 'mention' }, unescaped(label ?? target));
  const url = unescaped(target);
  return /^(https?|mailto):/i.test(url) ? link(url, unescaped(label ?? target)) : null;
}

/** Quoted lines become quotes; the others keep their breaks. */
function lines(text, nodes) {
  const result = [];
  let quote = [];
  const endQuote = () => {
    if (quote.length > 0) result.push(h('blockquote', {}, joined(quote, nodes)));
    quote = [];
  };
  let open = [];
  const endOpen = () => {
    if (open.length > 0) result.push(...joined(open, nodes));
    open = [];
  };
  for (const line of text.split('\n')) {
    if (/^(&gt;|>)/.test(line)) {
      endOpen();
      quote.push(line.replace(/^(&gt;|>) ?/, ''));
    } else {
      endQuote();
      open.push(line);
    }
  }
  endQuote();
  endOpen();
  return result;
}

function joined(parts, nodes) {
  return parts.flatMap((part, index) => (index === 0 ? formatted(part, nodes) : [h('br'), ...formatted(part, nodes)]));
}

function formatted(text, nodes) {
  const found = FORMAT.exec(text);
  if (found === null) return filled(text, nodes);
  const [whole, mark, inside] = found;
  return [
    ...filled(text.slice(0, found.index), nodes),
    h(TAGS[mark], {}, formatted(inside, nodes)),
    ...formatted(text.slice(found.index + whole.length), nodes),
  ];
}

function filled(text, nodes) {
  const found = HOLE.exec(text);
  if (found === null) return text === '' ? [] : [emoji(unescaped(text))];
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return [...(before === '' ? [] : [emoji(unescaped(before))]), nodes[Number(found[1])], ...filled(after, nodes)];
}

function split(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

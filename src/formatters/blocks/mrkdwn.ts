/**
 * All text of a message goes through these functions. Everything from spans, records, and requests is untrusted: it must
 * neither notify people, nor forge links, nor hide characters, nor be cut in the middle of one.
 */
import { cut, visible } from '../../diagnosis/clean.ts';
import { decodeEntitiesFully, escapeMrkdwn } from '../../language/escape.ts';
import { slackDate } from '../units.ts';

export { cut, visible };

const LOOK_ALIKES: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ' };

export function oneLine(text: string): string {
  return text.replace(/(?<!\s)\s*\n\s*/g, ' ').trim();
}

/** On one line, at most `max` UTF-16 units. */
export function shortLine(text: string, max: number): string {
  return cut(oneLine(text), max);
}

/**
 * For rich text and plain text, which Slack shows as is: nothing is escaped, and text that came escaped is decoded. Control
 * sequences are broken up anyway, because a degraded message may show the text as mrkdwn.
 */
export function plain(text: string, max: number): string {
  return cut(breakControls(decodeEntitiesFully(visible(text))), max);
}

/** False for text that `plain` changes: a command must not be shown changed. */
export function isPlain(text: string): boolean {
  return plain(text, text.length) === text;
}

/**
 * For mrkdwn: escaped, and with look-alikes in the place of characters that would format it, for which Slack has no escape.
 * The result has at most `max` UTF-16 units, entities whole.
 */
export function literal(text: string, max = 3000): string {
  const unformatted = breakControls(visible(text)).replace(
    /[*~`]|(?<!\w)_|_(?!\w)/g,
    (mark) => LOOK_ALIKES[mark] ?? mark,
  );
  const words = unformatted.split(/(\s+)/);
  const shown = words.map((word) => (EMOJI.test(word) ? `\`${escapeMrkdwn(word)}\`` : escapeMrkdwn(word))).join('');
  return shown.length <= max ? shown : escaped(withoutEmoji(unformatted), max);
}

/** Slack shows a picture for `:name:`, but not in code. It finds none between the digits of a time. */
const EMOJI = /:(?!(?<=\d:)\d+:)[\w+'-]+:/;

/** For places where code isn't possible. */
function withoutEmoji(text: string): string {
  return text.replace(/:(?=[\w+'-]+:)/g, '∶');
}

/** For mrkdwn, an untrusted value in back-ticks: on one line, so that it cannot end its own quotation. */
export function code(text: string, max = 300): string {
  const body = oneLine(breakControls(visible(text)).replaceAll('`', 'ˋ'));
  return body === '' ? '(empty)' : `\`${escaped(body, Math.max(3, max - 2))}\``;
}

export function time(iso: string): string {
  return slackDate(iso) ?? literal(iso, 60);
}

/** A person or a channel; Slack shows the name to users who may see it. Anything but an ID stays text. */
export function mention(kind: '@' | '#', id: string): string {
  return isSlackId(id) ? `<${kind}${id}>` : literal(`${kind}${id}`, 60);
}

export function isSlackId(id: string): boolean {
  return /^[A-Z][A-Z0-9]{1,30}$/.test(id);
}

/** A link for mrkdwn when the address may be one, otherwise the label and the address as code. */
export function link(label: string, address: string, allowedHosts: readonly string[]): string {
  const url = safeUrl(address, allowedHosts);
  if (url === null) return `${literal(label, 150)}: ${code(address)}`;
  return `<${url}|${literal(withoutEmoji(label.replaceAll('|', '¦')), 150)}>`;
}

/** The address, normalised and safe inside `<…|…>`; null unless it is http(s) on one of the hosts. */
export function safeUrl(address: string, allowedHosts: readonly string[]): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  if (url.username !== '' || url.password !== '' || !allowedHosts.includes(url.host)) return null;
  const text = url.href.replace(/[<>|`'"\s]/g, (character) => encodeURIComponent(character).replace("'", '%27'));
  return text.length <= 2900 ? text : null;
}

/** `<!channel>`, `<@U1>`, `<#C1>` and their escaped twins would be read as mentions by a second parser. */
function breakControls(text: string): string {
  return text.replace(/(?:<|&lt;)(?=[!@#])/g, '‹');
}

/** Cuts before an entity that no longer fits, never inside one. */
function escaped(text: string, max: number): string {
  let result = '';
  for (const character of text) {
    const next = escapeMrkdwn(character);
    if (result.length + next.length > max - 1) {
      const whole = escapeMrkdwn(text);
      return whole.length <= max ? whole : `${result}…`;
    }
    result += next;
  }
  return result;
}

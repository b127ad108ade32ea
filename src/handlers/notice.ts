import type { RichTextElement } from '@slack/types';
import { cleanText } from '../diagnosis/clean.ts';
import { code, literal, plain } from '../formatters/blocks/mrkdwn.ts';
import type { Message } from '../formatters/message.ts';
import { decodeEntities, escapeMrkdwn } from '../language/escape.ts';

/** A short message that only the requester sees: fixed text, quoted values, which are shown literally, and the bot's own links. */
export type Notice = readonly (string | { readonly quoted: string } | { readonly url: string })[];

const LONGEST_QUOTE = 80;
/** Limit for notification text, because escaping can make quoted values much longer. */
const LONGEST_TEXT = 3000;

/** Every interpolated value is quoted, so nothing that a person typed can become a link, a mention or formatting. */
export function notice(words: TemplateStringsArray, ...values: readonly (string | Notice)[]): Notice {
  return words.flatMap((text, index) => {
    const value = values[index];
    const quoted = value === undefined ? [] : typeof value === 'string' ? [{ quoted: shorten(value) }] : value;
    return [text, ...quoted].filter((part) => part !== '');
  });
}

export function listed(items: readonly Notice[]): Notice {
  return items.flatMap((item, index) => (index === 0 ? item : [', ', ...item]));
}

export function messageOf(parts: Notice): Message {
  const elements = parts.map((part) => {
    if (typeof part === 'string') return { type: 'text', text: part } as const;
    if ('url' in part) return { type: 'link', url: part.url } as const;
    return { type: 'text', text: part.quoted, style: { code: true } } as const;
  });
  const text = parts.map(fallbackOf).join('');
  return {
    text: text.length <= LONGEST_TEXT ? text : literal(plainTextOf(parts), LONGEST_TEXT),
    blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }],
  };
}

/** Values that Slack would format are quoted as code, so that people can copy exactly what they typed. */
function fallbackOf(part: Notice[number]): string {
  if (typeof part === 'string') return literal(part);
  if ('url' in part) return literal(part.url);
  const shown = literal(part.quoted);
  return shown === escapeMrkdwn(part.quoted) ? `“${shown}”` : code(part.quoted);
}

/** For places without formatting, such as an error below a modal's input. */
export function plainTextOf(parts: Notice): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      return 'url' in part ? part.url : `“${part.quoted}”`;
    })
    .join('');
}

/** From the rich text, because the mrkdwn has other characters in place of those that format, such as a cron pattern’s stars. */
export function plainTextIn({ text, blocks }: Message): string {
  const [first] = blocks;
  const section = first?.type === 'rich_text' ? first.elements[0] : undefined;
  return section?.type === 'rich_text_section' ? section.elements.map(plainElement).join('') : decodeEntities(text);
}

function plainElement(element: RichTextElement): string {
  switch (element.type) {
    case 'text':
      return element.style?.code === true ? `“${element.text}”` : element.text;
    case 'link':
      return element.text ?? element.url;
    case 'date':
      return element.fallback ?? '';
    case 'channel':
      return 'that channel';
    default:
      return '';
  }
}

/** Slack rejects an empty text element. Values are cleaned, because others may read the thread. */
function shorten(value: string): string {
  return plain(cleanText(value), LONGEST_QUOTE) || ' ';
}

/** What wasn't understood, before the answer to the rest. */
export function withProblem(problem: Message, answer: Message | null): Message {
  if (answer === null) return problem;
  return { text: `${problem.text} ${answer.text}`, blocks: [...problem.blocks, ...answer.blocks] };
}

import { cleanText } from '../diagnosis/clean.ts';
import { literal, plain } from '../formatters/blocks/mrkdwn.ts';
import type { Message } from '../formatters/message.ts';
import { decodeEntities } from '../language/escape.ts';

/** A short answer that only the asker sees: our own words, and quoted values which are shown literally. */
export type Notice = readonly (string | { readonly quoted: string })[];

const LONGEST_QUOTE = 80;

/** Everything interpolated is quoted, so nothing that somebody typed can become a link, a mention or formatting. */
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
  return {
    text: literal(plainTextOf(parts)),
    blocks: [
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: parts.map((part) =>
              typeof part === 'string'
                ? { type: 'text', text: part }
                : { type: 'text', text: part.quoted, style: { code: true } },
            ),
          },
        ],
      },
    ],
  };
}

/** For places without formatting, such as the error below a modal's input. */
export function plainTextOf(parts: Notice): string {
  return parts.map((part) => (typeof part === 'string' ? part : `“${part.quoted}”`)).join('');
}

/** Of a whole message, its first sentences. */
export function plainTextIn({ text }: Message): string {
  return decodeEntities(text.replaceAll(/[`*]/g, ''));
}

/** An empty text element would be refused; in a thread others read what is quoted. */
function shorten(value: string): string {
  return plain(cleanText(value), LONGEST_QUOTE) || ' ';
}

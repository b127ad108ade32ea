/** Passages as Block Kit: composed facts are mrkdwn, everything a finding or a span says is rich text, which has no markup. */
import type { KnownBlock, RichTextBlock, RichTextElement, RichTextText } from '@slack/types';
import { formatUtc, SLACK_DATE_FORMAT, unixSeconds } from '../units.ts';
import * as mrkdwn from './mrkdwn.ts';
import { textLength } from './pack.ts';
import { type Inline, type InlineText, type TextBlock, wordsAsText } from './text-block.ts';

/** Items of a list per block, so that one block never fills a message. */
const ITEMS_PER_BLOCK = 6;
/** Characters of one item, and of one paragraph. */
const LONGEST_ITEM = 700;
const LONGEST_PARAGRAPH = 1700;
const LONGEST_BLOCK_JSON = 8500;

export function headerBlock(title: string): KnownBlock {
  return { type: 'header', text: { type: 'plain_text', text: mrkdwn.plain(title, 150), emoji: false } };
}

export function blocksOf(block: TextBlock, hosts: readonly string[]): readonly KnownBlock[] {
  switch (block.kind) {
    case 'headline':
      return [richText({ type: 'rich_text_section', elements: elements(block.words, hosts, LONGEST_PARAGRAPH, true) })];
    case 'prose':
      return [richText({ type: 'rich_text_section', elements: elements(block.words, hosts, LONGEST_PARAGRAPH) })];
    case 'facts':
      return inChunks(block.lines, ITEMS_PER_BLOCK).map((lines) => ({
        type: 'section',
        text: { type: 'mrkdwn', text: lines.map((words) => mrkdwnOf(words, hosts, 360)).join('\n'), verbatim: true },
      }));
    case 'list':
      return inChunks(block.items, ITEMS_PER_BLOCK).map((items, i) =>
        richText(...(i === 0 ? [titleSection(block.title)] : []), {
          type: 'rich_text_list',
          style: 'bullet',
          elements: items.map((words) => ({
            type: 'rich_text_section',
            elements: elements(words, hosts, LONGEST_ITEM),
          })),
        }),
      );
    case 'command':
      return [
        richText(
          { type: 'rich_text_section', elements: elements(block.label, hosts, LONGEST_ITEM) },
          preformatted(block.command),
        ),
      ];
    case 'columns':
      return [richText(preformatted(fitting(block.lines)))];
    case 'note':
      return [
        { type: 'context', elements: [{ type: 'mrkdwn', text: mrkdwnOf(block.words, hosts, 900), verbatim: true }] },
      ];
  }
}

/** Words as mrkdwn of at most `max` characters; what does not fit as a whole is cut inside its own quotation. */
export function mrkdwnOf(words: InlineText, hosts: readonly string[], max: number): string {
  let text = '';
  for (const inline of words) {
    const room = max - text.length;
    const next = mrkdwnInline(inline, hosts, room);
    if (next.length > room) return room > 0 ? `${text}…` : text;
    text += next;
  }
  return text === '' ? '–' : text;
}

function mrkdwnInline(inline: Inline, hosts: readonly string[], room: number): string {
  if (typeof inline === 'string') return mrkdwn.literal(inline, room);
  switch (inline.kind) {
    case 'strong':
      return `*${mrkdwn.literal(inline.text, room - 2).trim()}*`;
    case 'code':
      return mrkdwn.code(inline.text, room);
    case 'time':
      return mrkdwn.time(inline.at);
    case 'link':
      return mrkdwn.link(inline.text, inline.url, hosts);
    case 'person':
      return mrkdwn.mention('@', inline.id);
    case 'channel':
      return mrkdwn.mention('#', inline.id);
  }
}

function elements(words: InlineText, hosts: readonly string[], max: number, bold = false): RichTextElement[] {
  const found: RichTextElement[] = [];
  let room = max;
  for (const inline of merged(words)) {
    const next = room > 0 ? element(inline, hosts, room, bold) : null;
    if (next === null) continue;
    found.push(next);
    room -= textLength(next);
  }
  return found.length > 0 ? found : [textElement('–', bold)];
}

/** Neighbouring plain words as one: each element costs characters of the message's budget. */
function merged(words: InlineText): InlineText {
  return words.reduce<Inline[]>((all, inline) => {
    const last = all.at(-1);
    if (typeof inline === 'string' && typeof last === 'string') all[all.length - 1] = last + inline;
    else all.push(inline);
    return all;
  }, []);
}

function element(inline: Inline, hosts: readonly string[], room: number, bold: boolean): RichTextElement | null {
  if (typeof inline !== 'string' && inline.kind === 'time') {
    const fallback = formatUtc(inline.at);
    if (fallback !== null) {
      return { type: 'date', timestamp: unixSeconds(inline.at), format: SLACK_DATE_FORMAT, fallback };
    }
  }
  if (typeof inline !== 'string' && inline.kind === 'link') {
    const url = mrkdwn.safeUrl(inline.url, hosts);
    if (url !== null && url.length < room) return { type: 'link', url, text: mrkdwn.plain(inline.text, 150) || 'open' };
  }
  if (typeof inline !== 'string' && inline.kind === 'person' && mrkdwn.isSlackId(inline.id))
    return { type: 'user', user_id: inline.id };
  if (typeof inline !== 'string' && inline.kind === 'channel' && mrkdwn.isSlackId(inline.id))
    return { type: 'channel', channel_id: inline.id };
  const text = mrkdwn.plain(wordsAsText([inline]), room);
  if (text === '') return null;
  if (typeof inline !== 'string' && inline.kind === 'code') return { type: 'text', text, style: { code: true } };
  return textElement(text, bold || (typeof inline !== 'string' && inline.kind === 'strong'));
}

function textElement(text: string, bold: boolean): RichTextText {
  return bold ? { type: 'text', text, style: { bold: true } } : { type: 'text', text };
}

function titleSection(title: string): RichTextBlock['elements'][number] {
  return { type: 'rich_text_section', elements: [textElement(mrkdwn.plain(title, 150), true)] };
}

function preformatted(text: string): RichTextBlock['elements'][number] {
  const shown = mrkdwn.plain(text, 6500);
  return { type: 'rich_text_preformatted', elements: [{ type: 'text', text: shown === '' ? '–' : shown }] };
}

function richText(...parts: RichTextBlock['elements']): RichTextBlock {
  return { type: 'rich_text', elements: parts };
}

/** As many lines as one block may hold; a sentence says so when that is not all. */
function fitting(lines: readonly string[]): string {
  let length = 0;
  const shown = lines.filter((line) => {
    length += JSON.stringify(line).length;
    return length <= LONGEST_BLOCK_JSON && length <= 6000;
  });
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`… ${more} more spans`] : [])].join('\n');
}

function inChunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

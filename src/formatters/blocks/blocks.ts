/** Text blocks as Block Kit: composed facts are mrkdwn, everything a finding or a span says is rich text, which has no markup. */
import type {
  ActionsBlock,
  ActionsBlockElement,
  Button,
  ContextBlock,
  KnownBlock,
  MrkdwnElement,
  PlainTextElement,
  RichTextBlock,
  RichTextElement,
  RichTextSection,
  RichTextText,
  SectionBlock,
} from '@slack/types';
import { formatUtc, SLACK_DATE_FORMAT, unixSeconds } from '../units.ts';
import * as mrkdwn from './mrkdwn.ts';
import { type Inline, type InlineText, joined, plainText, type TextBlock } from './text-block.ts';
import { textLength } from './text-length.ts';

/** Items of a list per block, so that one block never fills a message. */
const ITEMS_PER_BLOCK = 6;
/** Characters of one item, and of one paragraph. */
const LONGEST_ITEM = 700;
const LONGEST_PARAGRAPH = 1700;
const LONGEST_BLOCK_JSON = 8500;

export function headerBlock(title: string): KnownBlock {
  return { type: 'header', text: plainTextElement(mrkdwn.plain(title, 150)) };
}

export function plainTextElement(text: string): PlainTextElement {
  return { type: 'plain_text', text, emoji: false };
}

export function mrkdwnElement(text: InlineText, max = 900, hosts: readonly string[] = []): MrkdwnElement {
  return { type: 'mrkdwn', text: mrkdwnOf(text, hosts, max), verbatim: true };
}

/** One line, with a button on its right. */
export function lineBlock(text: InlineText, accessory: Button | null = null, max = 900): SectionBlock {
  const block = { type: 'section', text: mrkdwnElement(text, max) } as const;
  return accessory === null ? block : { ...block, accessory };
}

export function contextBlock(element: MrkdwnElement): ContextBlock {
  return { type: 'context', elements: [element] };
}

/** Omits a block without elements, because Slack rejects it. */
export function actionsBlocks(elements: readonly ActionsBlockElement[]): readonly ActionsBlock[] {
  return elements.length === 0 ? [] : [{ type: 'actions', elements: [...elements] }];
}

export function blocksOf(block: TextBlock, hosts: readonly string[]): readonly KnownBlock[] {
  switch (block.kind) {
    case 'headline':
      return [richText(section(block.text, hosts, LONGEST_PARAGRAPH, true))];
    case 'prose':
      return [richText(section(block.text, hosts, LONGEST_PARAGRAPH))];
    case 'facts':
      return inChunks(block.lines, ITEMS_PER_BLOCK).map((lines) => ({
        type: 'section',
        text: { type: 'mrkdwn', text: lines.map((line) => mrkdwnOf(line, hosts, 360)).join('\n'), verbatim: true },
      }));
    case 'list':
      return inChunks(block.items, ITEMS_PER_BLOCK).map((items, i) =>
        richText(...(i === 0 && block.title !== '' ? [section([block.title], hosts, 150, true)] : []), {
          type: 'rich_text_list',
          style: 'bullet',
          elements: items.map((item) => section(item, hosts, LONGEST_ITEM)),
        }),
      );
    case 'command':
      return [richText(section(block.label, hosts, LONGEST_ITEM), preformatted(block.command))];
    case 'columns':
      return [richText(preformatted(fitting(block.lines)))];
    case 'note':
      return [contextBlock(mrkdwnElement(block.text, 900, hosts))];
  }
}

/** Slack’s own words for a time have an “at” in them, “today at 7:31 AM”, so the one before is left out. */
function beforeTimes(text: InlineText): InlineText {
  return text.map((part, i) => {
    const next = text[i + 1];
    if (typeof next !== 'object' || next.kind !== 'time') return part;
    if (typeof part === 'string') return part.replace(/\bat $/, '');
    return part.kind === 'strong' ? { ...part, text: part.text.replace(/\bat $/, '') } : part;
  });
}

/** Inline text as mrkdwn of at most `max` characters; what does not fit as a whole is cut inside its own quotation. */
export function mrkdwnOf(text: InlineText, hosts: readonly string[], max: number): string {
  let result = '';
  for (const inline of beforeTimes(text)) {
    const room = max - result.length;
    const next = mrkdwnInline(inline, hosts, room);
    if (next.length > room) return room > 0 ? `${result}…` : result;
    result += next;
  }
  return result === '' ? '–' : result;
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

/** A section of rich text, cut where its elements would exceed `max` characters. */
function section(text: InlineText, hosts: readonly string[], max: number, bold = false): RichTextSection {
  const shown: RichTextElement[] = [];
  let room = max;
  for (const inline of beforeTimes(joined(text))) {
    const next = room > 0 ? element(inline, hosts, room, bold) : null;
    if (next === null) continue;
    shown.push(next);
    room -= textLength(next);
  }
  return { type: 'rich_text_section', elements: shown.length > 0 ? shown : [textElement('–', bold)] };
}

function element(inline: Inline, hosts: readonly string[], room: number, bold: boolean): RichTextElement | null {
  const part = typeof inline === 'string' ? ({ kind: 'plain' } as const) : inline;
  if (part.kind === 'time') {
    const fallback = formatUtc(part.at);
    if (fallback !== null) {
      return { type: 'date', timestamp: unixSeconds(part.at), format: SLACK_DATE_FORMAT, fallback };
    }
  }
  if (part.kind === 'link') {
    const url = mrkdwn.safeUrl(part.url, hosts);
    if (url !== null && url.length < room) return { type: 'link', url, text: mrkdwn.plain(part.text, 150) || 'open' };
  }
  if (part.kind === 'person' && mrkdwn.isSlackId(part.id)) return { type: 'user', user_id: part.id };
  if (part.kind === 'channel' && mrkdwn.isSlackId(part.id)) return { type: 'channel', channel_id: part.id };
  const text = mrkdwn.plain(plainText([inline]), room);
  if (text === '') return null;
  return part.kind === 'code'
    ? { type: 'text', text, style: { code: true } }
    : textElement(text, bold || part.kind === 'strong');
}

function textElement(text: string, bold: boolean): RichTextText {
  return bold ? { type: 'text', text, style: { bold: true } } : { type: 'text', text };
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

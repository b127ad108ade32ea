/** What to send when Slack refuses the content of a message: fewer kinds of blocks first, then words alone. */
import type { KnownBlock, RichTextBlock } from '@slack/types';
import type { Message } from './message.ts';
import * as mrkdwn from './mrkdwn.ts';
import { textLength } from './pack.ts';

const LONGEST_TEXT = 3500;
const MOST_BLOCKS = 40;
const MOST_CHARACTERS = 8000;

/** The next forms to try, best first. Each holds the answer; the last has no blocks that could be refused. */
export function degrade(message: Message): readonly [Message, Message] {
  return [coreOnly(message), textOnly(message)];
}

/** Headers, sections and context only: no rich text, buttons, pictures or links that Slack may dislike. */
export function coreOnly(message: Message): Message {
  let room = MOST_CHARACTERS;
  const blocks = message.blocks
    .flatMap(coreBlocks)
    .slice(0, MOST_BLOCKS)
    .filter((block) => {
      room -= textLength(block);
      return room >= 0;
    });
  return { text: message.text, blocks };
}

/** All words in one text, as far as they fit. */
export function textOnly(message: Message): Message {
  const lines = message.blocks.flatMap(coreBlocks).map(mrkdwnOf);
  let text = message.text;
  for (const line of lines.filter((words) => words !== '')) {
    if (text.length + 1 + line.length > LONGEST_TEXT) return { text: `${text}\n…`, blocks: [] };
    text = `${text}\n${line}`;
  }
  return { text, blocks: [] };
}

function coreBlocks(block: KnownBlock): readonly KnownBlock[] {
  switch (block.type) {
    case 'header':
    case 'section':
    case 'context':
    case 'divider':
      return [block];
    case 'rich_text':
      return block.elements.map((part) => section(richTextAsMrkdwn(part)));
    case 'image':
      return [section(mrkdwn.literal(block.alt_text))];
    default:
      return [];
  }
}

function mrkdwnOf(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `*${mrkdwn.literal(block.text.text)}*`;
    case 'section':
      return block.text?.type === 'mrkdwn' ? block.text.text : '';
    case 'context':
      return block.elements.map((element) => (element.type === 'mrkdwn' ? element.text : '')).join(' ');
    default:
      return '';
  }
}

function richTextAsMrkdwn(part: RichTextBlock['elements'][number]): string {
  if (part.type === 'rich_text_list') {
    const items = part.elements.map((item) => `• ${mrkdwn.literal(wordsOf(item.elements), 350)}`);
    return items.join('\n');
  }
  if (part.type !== 'rich_text_preformatted') return mrkdwn.literal(wordsOf(part.elements), 2900);
  return `\`\`\`${mrkdwn.literal(wordsOf(part.elements), 2900)}\`\`\``;
}

function wordsOf(elements: readonly object[]): string {
  return elements
    .map((element) => {
      if ('fallback' in element && typeof element.fallback === 'string') return element.fallback;
      return 'text' in element && typeof element.text === 'string' ? element.text : '';
    })
    .join('');
}

function section(text: string): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: text === '' ? '–' : text, verbatim: true } };
}

/** Alternative versions of a message: simpler ones if Slack rejects it, and several messages joined into fewer. */
import { createHash } from 'node:crypto';
import type { Answer, Message, TracePicture } from '../../formatters/message.ts';
import { decodeEntities } from '../../language/escape.ts';

/** Old block types, which Slack accepts everywhere. */
const CORE_BLOCKS: ReadonlySet<string> = new Set(['section', 'header', 'context', 'divider', 'rich_text']);
const MAX_TEXT_LENGTH = 3000;
/** Limits of a message joined from several. */
const MAX_JSON_LENGTH = 11_000;
const MAX_BLOCKS = 45;

export const OUT_OF_DATE: Message = plainMessage(
  'This part is outdated: the operation was checked again, and the new diagnosis doesn’t include it.',
);

/** Equal for equal messages and for equal pictures. */
export function fingerprint(content: Message | TracePicture): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
}

/** The message and what to try when Slack refuses it: core blocks only, then its text as rich text, then its bare text. */
export function degradations(message: Message): readonly Message[] {
  const core = message.blocks.filter(({ type }) => CORE_BLOCKS.has(type));
  const isReduced = core.length > 0 && core.length < message.blocks.length;
  return [
    message,
    ...(isReduced ? [{ text: message.text, blocks: core }] : []),
    ...(message.blocks.length > 0 ? [plainMessage(message.text), { text: message.text, blocks: [] }] : []),
  ];
}

export function withImage({ text, blocks }: Message, { altText }: TracePicture, fileId: string): Message {
  return { text, blocks: [...blocks, { type: 'image', alt_text: altText, slack_file: { id: fileId } }] };
}

/** The details joined into as few messages as possible, each in the slot of its first detail. */
export function inFewer(details: Answer['thread']): Answer['thread'] {
  const joined: Answer['thread'][number][] = [];
  for (const detail of details) {
    const last = joined.at(-1);
    const both = last === undefined ? null : joinedMessage(last.message, detail.message);
    if (last === undefined || both === null) joined.push(detail);
    else joined.splice(-1, 1, { slot: last.slot, message: both });
  }
  return joined;
}

/** Null when both don't fit into one message. */
function joinedMessage(first: Message, second: Message): Message | null {
  const blocks = [...first.blocks, ...second.blocks.map(asSubheading)];
  const text = `${first.text}\n${second.text}`;
  const fits = blocks.length <= MAX_BLOCKS && text.length <= MAX_TEXT_LENGTH;
  return fits && JSON.stringify({ text, blocks }).length <= MAX_JSON_LENGTH ? { text, blocks } : null;
}

/** A message has one heading. */
function asSubheading(block: Message['blocks'][number]): Message['blocks'][number] {
  if (block.type !== 'header') return block;
  const title = { type: 'text', text: block.text.text, style: { bold: true } } as const;
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [title] }] };
}

/** Rich text, because Slack refuses to replace a message with rich text by one without. */
function plainMessage(text: string): Message {
  const literal = { type: 'text', text: decodeEntities(text).slice(0, MAX_TEXT_LENGTH) } as const;
  return { text, blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [literal] }] }] };
}

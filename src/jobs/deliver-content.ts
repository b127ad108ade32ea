/** What becomes of a message on its way: what Slack refuses is said with less, and who is reached another way is told why. */
import { createHash } from 'node:crypto';
import type { Message } from '../formatters/message.ts';

/** Blocks that every Slack has understood for years. */
const CORE_BLOCKS: ReadonlySet<string> = new Set(['section', 'header', 'context', 'divider', 'rich_text']);
const LONGEST_PLAIN = 3000;

const INVITE_HINT =
  'I cannot post in that channel, so only you see this. To get answers there, invite the app to it with /invite. Where another organisation reads along I never post.';

export const OUT_OF_DATE: Message = plainMessage(
  'This part is out of date: the question was asked again, and the new answer does not have it.',
);

/** Equal for equal messages. */
export function fingerprint(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('base64url').slice(0, 22);
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

export function withInviteHint(message: Message): Message {
  return {
    text: `${message.text} ${INVITE_HINT}`,
    blocks: [
      ...message.blocks,
      { type: 'context', elements: [{ type: 'plain_text', text: INVITE_HINT, emoji: false }] },
    ],
  };
}

/** Rich text, because Slack refuses to replace a message with rich text by one without. */
function plainMessage(text: string): Message {
  const literal = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&').slice(0, LONGEST_PLAIN);
  return {
    text,
    blocks: [
      { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: literal }] }] },
    ],
  };
}

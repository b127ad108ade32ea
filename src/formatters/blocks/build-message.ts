/** Short messages of the bot's own: what it says about mutes, watches and clicks, with the buttons that go with it. */
import type { Button, KnownBlock } from '@slack/types';
import type { Message } from '../message.ts';
import { blocksOf, mrkdwnOf } from './blocks.ts';
import type { InlineText, TextBlock } from './text-block.ts';

export interface BuildMessageOptions {
  readonly blocks?: readonly TextBlock[];
  readonly buttons?: readonly Button[];
  /** Hosts that its links may lead to. */
  readonly hosts?: readonly string[];
}

/** The first sentence is also the notification. Rich text, so that it can replace an answer and be replaced by one. */
export function buildMessage(
  lead: InlineText,
  { blocks = [], buttons = [], hosts = [] }: BuildMessageOptions = {},
): Message {
  const rendered: KnownBlock[] = [{ kind: 'prose', words: lead } as const, ...blocks].flatMap((block) => [
    ...blocksOf(block, hosts),
  ]);
  return {
    text: mrkdwnOf(lead, hosts, 900),
    blocks: [
      ...rendered,
      ...(buttons.length === 0 ? [] : [{ type: 'actions', elements: [...buttons] } satisfies KnownBlock]),
    ],
  };
}

export function button(label: string, actionId: string, value: string): Button {
  return { type: 'button', text: { type: 'plain_text', text: label, emoji: false }, action_id: actionId, value };
}

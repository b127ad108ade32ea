/** Short messages of the bot itself, such as on mutes, watches, and clicks, and the buttons of all messages. */
import type { Button } from '@slack/types';
import { cleanText } from '../../diagnosis/clean.ts';
import type { Message } from '../message.ts';
import { actionsBlocks, blocksOf, mrkdwnOf, plainTextElement } from './blocks.ts';
import { plain } from './mrkdwn.ts';
import { type InlineText, prose, type TextBlock } from './text-block.ts';

interface BuildMessageOptions {
  readonly blocks?: readonly TextBlock[];
  readonly buttons?: readonly Button[];
  readonly hosts?: readonly string[];
}

/** Characters that a button may carry: far below Slack's own limit of 2000. */
const LONGEST_BUTTON_VALUE = 600;

/** The first sentence is also the notification. Rich text, so that it can replace an answer and be replaced by one. */
export function buildMessage(
  lead: InlineText,
  { blocks = [], buttons = [], hosts = [] }: BuildMessageOptions = {},
): Message {
  return {
    text: mrkdwnOf(lead, hosts, 900),
    blocks: [...[prose(lead), ...blocks].flatMap((block) => blocksOf(block, hosts)), ...actionsBlocks(buttons)],
  };
}

export function button(label: string, actionId: string, value: string): Button {
  return { type: 'button', text: plainTextElement(label), action_id: actionId, value };
}

/** A button that sends a request; none if the request is too long to be carried, contains markup, or may contain a secret. */
export function questionButtons(label: string, actionId: string, question: string): readonly Button[] {
  const canBeCarried = plain(cleanText(question), LONGEST_BUTTON_VALUE) === question;
  return canBeCarried ? [button(label, actionId, question)] : [];
}

export function withConfirmation(
  base: Button,
  dialog: { readonly title: string; readonly text: string; readonly confirm: string; readonly deny: string },
): Button {
  const { title, text, confirm, deny } = dialog;
  return {
    ...base,
    confirm: {
      title: plainTextElement(title),
      text: plainTextElement(text),
      confirm: plainTextElement(confirm),
      deny: plainTextElement(deny),
    },
  };
}

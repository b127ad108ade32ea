/** Why an answer isn't where it was asked for: sentences for the person who asked, by Slack's error codes. */
import { cleanText } from '../../diagnosis/clean.ts';
import { formatDuration } from '../../language/durations.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { shortLine } from '../blocks/mrkdwn.ts';
import { code as codeText, inline } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

const INVITE =
  'I can’t post in that channel, so only you see this. To get answers there, invite the app to it with /invite.';

/** An answer is three messages, and a channel takes one a second. */
const ANSWER_MS = 3_000;

/** Codes that `chat.postMessage` and `chat.update` answer with when the bot may not post in a place. */
const NO_ACCESS: Readonly<Record<string, string>> = {
  not_in_channel: INVITE,
  channel_not_found: INVITE,
  is_archived: 'That channel is archived, so only you see this.',
  restricted_action: 'Only some people may post in that channel, and I am not one of them, so only you see this.',
  restricted_action_read_only_channel: 'That channel is read-only, so only you see this.',
  restricted_action_thread_only_channel: 'In that channel only replies are allowed, so only you see this.',
  restricted_action_thread_locked: 'That thread is locked, so only you see this.',
  restricted_action_non_threadable_channel: 'That channel has no threads, so only you see this.',
  cannot_reply_to_message: 'Slack allows no replies to that message, so only you see this.',
  messages_tab_disabled: 'Direct messages to this app are switched off, so you see this here.',
  ekm_access_denied: 'Your organization has suspended the app’s access to its encryption key, so only you see this.',
  accesslimited: 'Slack limits the app in this workspace, so only you see this.',
  shared_with_others: 'People of another organization read that channel, and there I never post. Only you see this.',
};

/** The message with the reason why only one person sees it. */
export function withReason(message: Message, code: string | null): Message {
  const known = code !== null && Object.hasOwn(NO_ACCESS, code) ? NO_ACCESS[code] : undefined;
  const other = `Slack doesn’t let me post there (${bareCode(code ?? '')}), so only you see this.`;
  return withSentence(message, code === null ? INVITE : (known ?? other));
}

/** While the token of the workspace is refused; the message itself follows in the channel when it works again. */
export function withTokenRefused(message: Message, code: string): Message {
  return withSentence(
    message,
    `Slack refuses ktrdr-bot’s token (${bareCode(code)}), so only you see this. The channel gets it as soon as the token works; an admin of ktrdr-bot has to mend that.`,
  );
}

/** Slack holds the channel back for longer than anybody waits without a word. */
export function formatHeldBack(waitMs: number): Message {
  return buildMessage(
    inline`Slack lets me post in that channel again in ${formatDuration(waitMs)}. Your answer follows then.`,
  );
}

/** Other requests of the channel come first. */
export function formatAhead(requests: number): Message {
  const others = requests === 1 ? 'One request' : `${requests} requests`;
  const verb = requests === 1 ? 'comes' : 'come';
  return buildMessage([
    `${others} in this channel ${verb} before yours. Your answer follows in about ${roughly(requests * ANSWER_MS)}.`,
  ]);
}

/** Slack refuses the answer in every form. */
export function formatContentRefused(code: string, reference: string): Message {
  const isPolicy = code.startsWith('msg_blocked');
  const why = isPolicy ? 'A policy of your organization blocks it' : 'Slack refuses it in every form';
  return buildMessage(
    inline`The answer could not be shown. ${why} (${codeOf(code)}). The reference is ${codeOf(reference)}.`,
  );
}

/** The deadline of a request has passed. */
export function formatGaveUp(reference: string): Message {
  return buildMessage(
    inline`ktrdr-bot could not finish this. Ask again; if it fails again, give the reference ${codeOf(reference)} to an admin of ktrdr-bot.`,
  );
}

/** Slack hasn't taken the answer for a quarter of an hour. */
export function formatNotShown(reference: string): Message {
  return buildMessage(
    inline`The answer is ready, but Slack hasn’t taken it yet. ktrdr-bot goes on trying. The reference is ${codeOf(reference)}.`,
  );
}

/** While two versions of the bot run, one can get what only the other understands. */
export function formatUnknownVersion(): Message {
  return buildMessage([
    'This request comes from another version of ktrdr-bot, which is being updated. Ask again in a minute.',
  ]);
}

/** No worker is running, so nobody can answer. */
export function formatNoWorkers(reference: string): Message {
  return buildMessage(
    inline`Your request is kept, but no worker of ktrdr-bot is running. You get the answer when one does. Tell an admin of ktrdr-bot; the reference is ${codeOf(reference)}.`,
  );
}

function withSentence({ text, blocks }: Message, sentence: string): Message {
  return {
    text: `${text} ${sentence}`,
    blocks: [...blocks, { type: 'context', elements: [{ type: 'plain_text', text: sentence, emoji: false }] }],
  };
}

function codeOf(text: string) {
  return codeText(shortLine(cleanText(text), 100));
}

function roughly(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

/** In plain words, where nothing is escaped or quoted: a code of Slack's is one word. */
function bareCode(code: string): string {
  return /^\w{1,100}$/.test(code) ? code : 'unknown_error';
}

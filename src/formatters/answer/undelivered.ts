/** Why an answer isn't where it was requested: sentences for the requester, by Slack's error code. */
import { cleanText } from '../../diagnosis/clean.ts';
import { formatDuration } from '../../language/durations.ts';
import { contextBlock, mrkdwnElement } from '../blocks/blocks.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { isSlackId, shortLine } from '../blocks/mrkdwn.ts';
import { channel, code as codeText, type InlineText, inline } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

/** An answer is three messages, and a channel accepts one a second. */
const ANSWER_MS = 3_000;

const NOT_A_MEMBER = 'ktrdr-bot isn’t in it';
/** Error codes of `chat.postMessage` and `chat.update` when the bot isn't allowed to post in a place. */
const NO_ACCESS: Readonly<Record<string, string>> = {
  not_in_channel: NOT_A_MEMBER,
  channel_not_found: NOT_A_MEMBER,
  is_archived: 'it’s archived',
  restricted_action: 'only some people can post there',
  restricted_action_read_only_channel: 'it’s read-only',
  restricted_action_thread_only_channel: 'only replies are allowed there',
  restricted_action_thread_locked: 'the thread is locked',
  restricted_action_non_threadable_channel: 'it has no threads',
  cannot_reply_to_message: 'Slack doesn’t allow replies to that message',
  messages_tab_disabled: 'direct messages to this app are disabled',
  ekm_access_denied: 'your organization suspended the app’s access to its encryption key',
  accesslimited: 'Slack restricts the app in this workspace',
  shared_with_others: 'people of another organization can read it, and ktrdr-bot never posts there',
};
const INVITE: InlineText = [' To change that, use ', codeText('/invite @ktrdr-bot'), ' there.'];

interface WrongPlace {
  /** Where it was requested. */
  readonly channel: string;
  /** Slack's error code; null if it is no longer known. */
  readonly code: string | null;
  /** The one person who sees it reads it in the channel itself, or as a direct message. */
  readonly way: 'response-url' | 'direct';
}

/** Where something will be posted later. */
type LaterPlace = Pick<WrongPlace, 'channel'> & { readonly code: string };

/** The message with the reason why only one person sees it, or why it comes as a direct message. */
export function withReason(message: Message, { channel: id, code, way }: WrongPlace): Message {
  const isChannel = isChannelId(id);
  const reason = code === null ? null : reasonOf(code, isChannel);
  const why = reason === null ? '' : `: ${reason}`;
  return withSentence(message, [
    'Couldn’t post in ',
    isChannel ? channel(id) : 'that conversation',
    `${why}. `,
    way === 'direct' ? 'You get it here instead.' : 'Only you can see this.',
    ...(reason === NOT_A_MEMBER && isChannel ? INVITE : []),
  ]);
}

/** The confirmation of what is posted in a channel later, with why only one person will get it until the bot is added. */
export function withWarning(message: Message, later: LaterPlace): Message {
  return withSentence(message, [...cannotPost(later), ' You’ll get direct messages instead.', ...INVITE]);
}

/** Null where the bot can be added, and so can post later. */
export function formatNeverPosts(later: LaterPlace): Message | null {
  return invitable(later) ? null : buildMessage(cannotPost(later));
}

function cannotPost({ channel: id, code }: LaterPlace): InlineText {
  const isChannel = isChannelId(id);
  const where = isChannel ? channel(id) : 'that conversation';
  return ['Can’t post in ', where, `: ${reasonOf(code, isChannel)}.`];
}

function invitable({ channel: id, code }: LaterPlace): boolean {
  const isChannel = isChannelId(id);
  return isChannel && reasonOf(code, isChannel) === NOT_A_MEMBER;
}

function isChannelId(id: string): boolean {
  return /^[CG]/.test(id) && isSlackId(id);
}

function reasonOf(code: string, isChannel: boolean): string {
  if (code === 'channel_not_found' && !isChannel) return 'it’s a conversation between other people';
  if (code.startsWith('msg_blocked')) return 'a policy of your organization blocks it';
  const known = Object.hasOwn(NO_ACCESS, code) ? NO_ACCESS[code] : undefined;
  return known ?? `Slack doesn’t allow it (${bareCode(code)})`;
}

/** While Slack rejects the workspace's token; the message itself follows in the channel when the token works again. */
export function withTokenRefused(message: Message, code: string): Message {
  return withSentence(message, [
    `Slack rejects ktrdr-bot’s token (${bareCode(code)}), so only you can see this. It will appear in the channel when the token works again. Only your ktrdr-bot admin can fix that.`,
  ]);
}

/** Slack holds the channel back for longer than people wait without being told. */
export function formatHeldBack(waitMs: number): Message {
  return buildMessage(
    inline`Slack is limiting posts in that channel for another ${formatDuration(waitMs)}. Your diagnosis will follow after that.`,
  );
}

/** Other requests of the channel come first. */
export function formatAhead(requests: number): Message {
  const others = requests === 1 ? 'One request' : `${requests} requests`;
  const verb = requests === 1 ? 'is' : 'are';
  return buildMessage([
    `${others} in this channel ${verb} ahead of yours. Yours will follow in about ${roughly(requests * ANSWER_MS)}.`,
  ]);
}

/** Slack rejects the answer in every form. */
export function formatContentRefused(code: string, reference: string): Message {
  const isPolicy = code.startsWith('msg_blocked');
  const why = isPolicy ? 'A policy of your organization blocks it' : 'Slack rejects it in every format';
  return buildMessage(inline`The result couldn’t be shown. ${why} (${codeOf(code)}). Reference: ${codeOf(reference)}.`);
}

/** The deadline of a request has passed. */
export function formatGaveUp(reference: string): Message {
  return buildMessage(
    inline`ktrdr-bot couldn’t finish this request. Try again. If it fails again, send the reference ${codeOf(reference)} to your ktrdr-bot admin.`,
  );
}

/** Slack hasn't taken the answer for a quarter of an hour. */
export function formatNotShown(reference: string): Message {
  return buildMessage(
    inline`The result is ready, but Slack hasn’t accepted it yet. ktrdr-bot keeps trying. Reference: ${codeOf(reference)}.`,
  );
}

/** While two versions of the bot run, one can get what only the other understands. */
export function formatUnknownVersion(): Message {
  return buildMessage([
    'ktrdr-bot is being updated, and this request came from another version. Try again in a minute.',
  ]);
}

/** No worker is running, so no answer is possible. */
export function formatNoWorkers(reference: string): Message {
  return buildMessage(
    inline`Your request is queued, but no ktrdr-bot worker is running. You’ll get the result when one starts. Tell your ktrdr-bot admin. Reference: ${codeOf(reference)}.`,
  );
}

function withSentence({ text, blocks }: Message, sentence: InlineText): Message {
  const element = mrkdwnElement(sentence);
  return { text: `${text} ${element.text}`, blocks: [...blocks, contextBlock(element)] };
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

/** What every message of the bot must keep to: Slack's limits with room to spare, and nothing that input can turn into markup. */
import { isDeepStrictEqual } from 'node:util';
import {
  checkBlocks,
  countBlocks,
  interactiveElements,
  isList,
  isObject,
  type JsonObject,
  objectsOf,
  sentence,
  stringOf,
  textLength,
} from '@ktrdr-bot/local-slack';
import type { Message } from '../../src/formatters/message.ts';
import { leadsTo, markupProblems, objectsIn } from './mrkdwn-linter.ts';

export interface LintOptions {
  /** Hosts that links may lead to, with the port when there is one. */
  readonly hosts: readonly string[];
  /** Every `action_id` that has a listener. */
  readonly knownActions: readonly string[];
  /** Untrusted strings that went into the message. */
  readonly hostileInputs?: readonly string[];
  /** Block types beyond the core that this message may use, e.g. `table`. */
  readonly moreBlockTypes?: readonly string[];
}

const CORE_TYPES = ['header', 'section', 'context', 'divider', 'actions', 'rich_text', 'image'];
const MAX_BLOCKS = 45;
const MAX_TEXT = 3_500;
const MAX_TOTAL_TEXT = 9_000;
const MAX_TOTAL_JSON = 11_500;
const MAX_BUTTON_TEXT = 30;

const SECRETS: readonly RegExp[] = [
  /\bxox[abeprs]-[A-Za-z0-9-]{8,}/,
  /\bxapp-[A-Za-z0-9-]{8,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\bBearer\s+[A-Za-z0-9._~+/-]{12,}/i,
  /:\/\/[^\s:/@]+:(?!\*|\[|<|&lt;)[^\s:/@]+@/,
  /\b(?:password|passwd|secret|api[_-]?key|token)["']?\s*[=:]\s*["']?(?!\*|\[|<|&lt;|•|…)[^\s"'&]{6,}/i,
];

/** Control characters, text-direction overrides, zero-width characters and halves of surrogate pairs. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|\p{Surrogate}/u;

/** One sentence for each thing that is wrong; empty when the message is fine. */
export function lintMessage(message: Message, options: LintOptions): string[] {
  const blocks = objectsOf(message.blocks);
  return [
    ...textProblems(message),
    ...checkBlocks(message.blocks, 'message').map(sentence),
    ...sizeProblems(message.blocks),
    ...typeProblems(blocks, options.moreBlockTypes ?? []),
    ...markupProblems(message, options.hosts, options.hostileInputs ?? []),
    ...elementProblems(message.blocks, options),
    ...stringProblems(message),
    ...(isDeepStrictEqual(JSON.parse(JSON.stringify(message)), message)
      ? []
      : ['The message changes when it is sent as JSON and read again.']),
  ];
}

/** Every `action_id` in the messages, to compare with the registered ones. */
export function actionIds(messages: readonly Message[]): ReadonlySet<string> {
  return new Set(
    messages.flatMap(({ blocks }) => interactiveElements(blocks).map(({ element }) => stringOf(element['action_id']))),
  );
}

function textProblems({ text }: Message): string[] {
  return [
    ...(text.trim() === '' ? ['There is no text for notifications and screen readers.'] : []),
    ...(text.length > MAX_TEXT ? [`The text has ${text.length} characters; at most ${MAX_TEXT} are safe.`] : []),
  ];
}

function sizeProblems(blocks: readonly unknown[]): string[] {
  const text = textLength(blocks);
  const json = JSON.stringify(blocks).length;
  return [
    ...(blocks.length > MAX_BLOCKS ? [`There are ${blocks.length} blocks; at most ${MAX_BLOCKS} are safe.`] : []),
    ...(text > MAX_TOTAL_TEXT
      ? [`The blocks hold ${text} characters of text; at most ${MAX_TOTAL_TEXT} are safe.`]
      : []),
    ...(json > MAX_TOTAL_JSON
      ? [`The blocks are ${json} characters of JSON; at most ${MAX_TOTAL_JSON} are safe.`]
      : []),
  ];
}

function typeProblems(blocks: readonly JsonObject[], more: readonly string[]): string[] {
  const allowed = [...CORE_TYPES, ...more];
  const strange = blocks.map((block) => stringOf(block['type'])).filter((type) => !allowed.includes(type));
  return [
    ...strange.map((type) => `The block type "${type}" is not one of the core types.`),
    ...(countBlocks(blocks, 'table') > 1 ? ['There is more than one table.'] : []),
    ...(countBlocks(blocks, 'header') > 1 ? ['There is more than one header.'] : []),
  ];
}

function elementProblems(blocks: readonly unknown[], { hosts, knownActions }: LintOptions): string[] {
  return objectsIn(blocks).flatMap((element) => {
    const type = stringOf(element['type']);
    const label = isObject(element['text']) ? stringOf(element['text']['text']) : '';
    const isInteractive = type === 'button' || type === 'overflow' || /select|picker|checkboxes|radio/.test(type);
    const action = stringOf(element['action_id']);
    const urls = ['url', 'image_url'].map((key) => element[key]).filter((url) => typeof url === 'string');
    return [
      ...(type === 'button' && [...label].length > MAX_BUTTON_TEXT
        ? [`The button "${label}" is cut off after ${MAX_BUTTON_TEXT} characters.`]
        : []),
      ...(isInteractive && !knownActions.includes(action)
        ? [`Nothing listens to the action_id "${action}" of the ${type}.`]
        : []),
      ...urls.filter((url) => !leadsTo(url, hosts)).map((url) => `The link ${url} leads to an unknown host.`),
    ];
  });
}

function stringProblems(message: Message): string[] {
  return stringsIn(message).flatMap((text) => {
    const unprintable = UNPRINTABLE.exec(text)?.[0];
    const secret = SECRETS.map((pattern) => pattern.exec(text)?.[0]).find((found) => found !== undefined);
    return [
      ...(unprintable === undefined
        ? []
        : [`A text holds U+${unprintable.codePointAt(0)?.toString(16).padStart(4, '0')}.`]),
      ...(secret === undefined ? [] : [`A text looks as if it held a secret: ${secret.slice(0, 12)}…`]),
    ];
  });
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isList(value)) return value.flatMap(stringsIn);
  return isObject(value) ? Object.values(value).flatMap(stringsIn) : [];
}

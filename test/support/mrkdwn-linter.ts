import { isList, isObject, type JsonObject, stringOf } from '@ktrdr-bot/local-slack';
import type { Message } from '../../src/formatters/message.ts';

/** The forms in angle brackets that the bot itself may write. */
const DATE = /^!date\^\d+\^[^|<>]+\|[^<>|]+$/;
const MENTION = /^[@#][A-Z0-9]+(\|[^<>|]+)?$/;
const SHORTEST_TELLING_INPUT = 3;

/** Wrong or foreign markup in every text that Slack reads as mrkdwn, and mentions in rich text. */
export function markupProblems(
  message: Message,
  hosts: readonly string[],
  hostileInputs: readonly string[],
): readonly string[] {
  const objects = objectsIn(message.blocks);
  const texts = objects.filter((object) => object['type'] === 'mrkdwn').map((object) => stringOf(object['text']));
  const mentions = objects
    .map((object) => stringOf(object['type']))
    .filter((type) => type === 'broadcast' || type === 'usergroup');
  return [
    ...[message.text, ...texts].flatMap((text) => [
      ...bracketProblems(text, hosts, hostileInputs),
      ...characterProblems(text),
      ...formattingProblems(text, hostileInputs),
    ]),
    ...mentions.map((type) => `A rich text pings people with a ${type} element.`),
    ...twiceEscaped(objects),
  ];
}

export function leadsTo(url: string, hosts: readonly string[]): boolean {
  return /^https?:\/\//.test(url) && URL.canParse(url) && hosts.includes(new URL(url).host);
}

export function objectsIn(value: unknown): readonly JsonObject[] {
  if (isList(value)) return value.flatMap(objectsIn);
  return isObject(value) ? [value, ...Object.values(value).flatMap(objectsIn)] : [];
}

function bracketProblems(text: string, hosts: readonly string[], hostileInputs: readonly string[]): readonly string[] {
  return [...text.matchAll(/<([^<>]*)>/g)].flatMap(([whole, inside = '']) => {
    if (hostileInputs.some((input) => input.includes(whole))) return [`The markup ${whole} comes from input.`];
    if (DATE.test(inside) || MENTION.test(inside)) return [];
    const url = inside.split('|')[0]?.replaceAll('&amp;', '&') ?? '';
    if (leadsTo(url, hosts)) return [];
    return [/^https?:/.test(url) ? `The link ${url} leads to an unknown host.` : `The markup ${whole} is not allowed.`];
  });
}

/** After links and entities are taken away, none of the three characters with a meaning may be left. */
function characterProblems(text: string): readonly string[] {
  const rest = text.replace(/<[^<>]*>/g, '').replace(/&(amp|lt|gt);/g, '');
  const raw = /[<>&]/.exec(rest.replace(/^>+ ?/gm, ''));
  const ticks = rest.split('`').length - 1;
  return [
    ...(raw === null ? [] : [`A text holds a raw "${raw[0]}": ${excerpt(rest, raw.index)}`]),
    ...(ticks % 2 === 0 ? [] : [`The back-ticks do not pair up: ${excerpt(text, text.indexOf('`'))}`]),
  ];
}

/** Input may stand in code or without formatting characters, so that nobody mistakes it for the bot's own words. */
function formattingProblems(text: string, hostileInputs: readonly string[]): readonly string[] {
  const outsideCode = text.replace(/```[\s\S]*?```|`[^`\n]*`/g, '`');
  return hostileInputs
    .filter((input) => /[*_~`]/.test(input) && input.length >= SHORTEST_TELLING_INPUT)
    .filter((input) => outsideCode.includes(escaped(input)))
    .map((input) => `Input with formatting characters stands outside code: ${excerpt(input, 0)}`);
}

/** Rich text and plain text are literal, so an entity in them is seen by people as one. */
function twiceEscaped(objects: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return objects
    .filter((object) => object['type'] === 'text' || object['type'] === 'plain_text' || object['type'] === 'raw_text')
    .map((object) => stringOf(object['text']))
    .filter((text) => /&(lt|gt|amp);/.test(text))
    .map((text) => `A literal text is escaped: ${excerpt(text, text.indexOf('&'))}`);
}

function escaped(input: string): string {
  return input.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function excerpt(text: string, at: number): string {
  return JSON.stringify(text.slice(Math.max(0, at - 15), at + 25));
}

/** Failed operations of a time window, grouped by cause: one message, and on demand one reply that lists them. */
import type { Button, KnownBlock } from '@slack/types';
import { cleanText } from '../../diagnosis/clean.ts';
import { DAY_MS, formatDuration, WEEK_MS } from '../../language/durations.ts';
import { plural } from '../../language/plurals.ts';
import { actionsBlocks, blocksOf, mrkdwnOf } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, oneLine, shortLine } from '../blocks/mrkdwn.ts';
import { code, dotted, type InlineText, inline, note, strong, time } from '../blocks/text-block.ts';
import { cleanCopy } from '../clean.ts';
import type { Answer, Message } from '../message.ts';
import { digestPicture } from '../picture/digest-picture.ts';
import {
  causeText,
  diagnoseMenu,
  gapBlocks,
  LONGEST_ROW,
  nameOf,
  type ResultRow,
  rowBlocks,
  statusText,
} from './search-results.ts';

export interface DigestCase extends ResultRow {
  /** ISO 8601; null when nothing dates it. */
  readonly failedAt: string | null;
  /** `rule/variant`; null when the traces show no fault. */
  readonly cause: string | null;
}

interface Counted {
  readonly name: string;
  readonly count: number;
}

export interface DigestGroup {
  /** The rule, without its variant; null when the traces show no fault. */
  readonly cause: string | null;
  /** What is wrong: the words of the only headline, or the title of the rule. */
  readonly meaning: string;
  readonly count: number;
  /** In the window before; null when that is not known. */
  readonly before: number | null;
  /** The most frequent first; empty when there is only one. */
  readonly variants: readonly Counted[];
  /** What they were about, the most frequent first. */
  readonly about: readonly Counted[];
  /** Newest first. */
  readonly operations: readonly DigestCase[];
}

export interface Digest {
  /** ISO 8601, UTC. */
  readonly window: { readonly from: string; readonly to: string };
  readonly type: string | null;
  readonly total: number;
  /** In a window of the same length before; null when that could not be read. */
  readonly before: number | null;
  /** The largest first. */
  readonly groups: readonly DigestGroup[];
  /** The part of `total` that is snoozed or muted where the digest is read: counted, not listed again. */
  readonly silenced: number;
  /** Operations that the orphan detector failed although they ran on, and their IDs, as far as they are known. */
  readonly falseAlarms: number;
  readonly falseAlarmIds: readonly string[];
  readonly gaps: readonly string[];
}

const FEWEST_LINES = 4;
/** In the notification, which is rarely read to the end. */
const MOST_IN_TEXT = 8;
/** The share of the listed operations that the lines of the message cover. */
const COVERED = 0.8;
const MOST_NAMES = 3;
const LONGEST_MEANING = 110;
/** Characters of the list as JSON: below what Slack takes of a message. A group takes some without its lines. */
const LONGEST_LIST = 8_000;
const EMPTY_GROUP = 150;
/** A choice of the menu, with an ID of ktrdr. */
const LONGEST_OPTION_JSON = 180;

export function formatDigest(uncleaned: Digest, redact: readonly RegExp[]): Answer {
  const digest = cleanCopy(uncleaned, redact);
  const { total, falseAlarms, groups, gaps, window } = digest;
  const lines = linesOf(digest);
  const isQuiet = total === 0 && falseAlarms === 0;
  const { text, blocks } = buildMessage(titleOf(digest), {
    blocks: isQuiet ? [note(inline`Searched: ${time(window.from)} to ${time(window.to)}`)] : [],
    buttons: listedIn(groups) > 1 ? showAll(digest) : [],
  });
  const [title, ...rest] = blocks;
  const picture = digestPicture(digest);
  return {
    summary: {
      text: [text, ...lines.map((line) => mrkdwnOf(line, [], 200)).slice(0, MOST_IN_TEXT)].join(' '),
      blocks: [...(title === undefined ? [] : [title]), ...rowBlocks(lines), ...rest, ...gapBlocks(gaps)],
    },
    thread: [],
    ...(picture !== null && { picture }),
  };
}

/** Every listed operation with its ID, below its cause: the reply to “Show all”. */
export function formatDigestList(uncleaned: Digest, redact: readonly RegExp[]): Message {
  const digest = cleanCopy(uncleaned, redact);
  const { groups, window } = digest;
  const { text, blocks } = buildMessage(
    inline`${strong(plural(listedIn(groups), 'failed operation'))}, ${time(window.from)} to ${time(window.to)}, newest first in each cause.`,
  );
  const { blocks: list, left } = listOf(groups);
  const more = `And ${plural(left, 'older or rarer one', 'older or rarer ones')}:`;
  const rest = left === 0 ? [] : [inline`${more} ${code(`/ktrdr search ${searchOf(digest)}`)}`];
  const hint = inline`To diagnose one: ${code('/ktrdr diagnose')} with its ID, or its trace ID.`;
  // Only one that holds all of them.
  const size = JSON.stringify(list).length + listedIn(groups) * LONGEST_OPTION_JSON;
  const all = groups.flatMap(({ operations }) => operations);
  const menu = size <= LONGEST_LIST ? diagnoseMenu(all, false) : [];
  const notes = [...rest, ...(menu.length > 0 ? [] : [hint])];
  return {
    text,
    blocks: [...blocks, ...list, ...notes.flatMap((line) => blocksOf(note(line), [])), ...actionsBlocks(menu)],
  };
}

/** As in Slack; with `isFull`, every operation as well. */
export function digestLines(uncleaned: Digest, redact: readonly RegExp[], isFull: boolean): readonly InlineText[] {
  const digest = cleanCopy(uncleaned, redact);
  const list = digest.groups.flatMap((group): readonly InlineText[] => [
    [''],
    [headingOf(group)],
    ...rowsOf(group).map((row): InlineText => ['  ', ...row]),
  ]);
  return [
    titleOf(digest),
    ...linesOf(digest).map((line): InlineText => ['  ', ...line]),
    ...digest.gaps.map((gap): InlineText => [`Incomplete: ${oneLine(gap)}`]),
    ...(isFull ? list : []),
  ];
}

export function formatDigesting(windowMs: number): Message {
  return buildMessage([`Searching for failed operations from the last ${lengthOf(windowMs)}.`]);
}

/** `again` is the value of the button, for a list that was requested; null for none. */
export function formatNoDigest(problem: string, again: string | null): Message {
  const buttons = again === null ? [] : [button('Try again', 'show_all_again', again)];
  const why = shortLine(cleanText(problem), 600);
  return buildMessage([strong('Couldn’t search for failed operations.'), ` ${why}`], { buttons });
}

/** How many operations the groups list: those that aren't snoozed or muted. */
function listedIn(groups: Digest['groups']): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** `Market data missing: 5`. */
function headingOf({ meaning, count }: DigestGroup): string {
  return `${inShort(meaning)}: ${count}`;
}

function inShort(meaning: string): string {
  return cut(oneLine(meaning).replace(/[.]$/, ''), LONGEST_MEANING);
}

function titleOf({ window, type, total, before }: Digest): InlineText {
  const what = type === null ? 'Failed operations' : `Failed operations (${type.replaceAll('_', ' ')})`;
  const lengthMs = lengthMsOf(window);
  const name = { [DAY_MS]: 'day', [WEEK_MS]: 'week' }[lengthMs] ?? lengthOf(lengthMs);
  const trend = before === null ? 'no data for the previous period' : `the ${name} before: ${before}`;
  return [strong(`${what}, last ${lengthOf(lengthMs)}: ${total === 0 ? 'none' : total}`), ` (${trend})`];
}

function linesOf(digest: Digest): readonly InlineText[] {
  const shown = coveringGroups(digest.groups);
  const rest = digest.groups.slice(shown.length);
  return [
    ...shown.map((group) => groupText(group, digest)),
    ...(rest.length === 0 ? [] : [inline`${strong(`${listedIn(rest)} ×`)} ${plural(rest.length, 'other cause')}`]),
    ...falseAlarmLines(digest),
    ...mutedLines(digest),
  ];
}

/** As many of the largest groups as hold most of the operations, and all when only one would be left. */
function coveringGroups(groups: Digest['groups']): Digest['groups'] {
  const needed = listedIn(groups) * COVERED;
  let [lines, covered] = [0, 0];
  for (const { count } of groups) {
    if (lines >= FEWEST_LINES && covered >= needed) break;
    lines += 1;
    covered += count;
  }
  return lines >= groups.length - 1 ? groups : groups.slice(0, lines);
}

/** `9 × Market data missing: not cached (6), range (3) – AUDUSD 1h (6), EURUSD 4h (3) · newest 14:20`. */
function groupText(group: DigestGroup, digest: Digest): InlineText {
  const { count, before, meaning, variants, about, operations } = group;
  const [first] = operations;
  const newest = first?.failedAt ?? null;
  const names = [namesOf(variants), namesOf(about)].filter((part) => part !== '').join(' – ');
  return dotted([
    [strong(`${count} ×`), ` ${inShort(meaning)}`, names === '' ? '' : `: ${names}`],
    count === 1 && first !== undefined ? [code(nameOf(first))] : [],
    newest === null ? [] : [count === 1 ? '' : 'newest ', time(newest)],
    // Where nothing failed before, everything is new.
    before === 0 && (digest.before ?? 0) > 0 ? ['new'] : [],
    count === 1 && first?.provisional === true ? ['provisional'] : [],
  ]);
}

function namesOf(counted: readonly Counted[]): string {
  const names = counted
    .slice(0, MOST_NAMES)
    .map(({ name, count }) => `${shortLine(name, 40)}${counted.length > 1 && count > 1 ? ` (${count})` : ''}`);
  const more = counted.slice(MOST_NAMES).reduce((sum, { count }) => sum + count, 0);
  return [...names, ...(more > 0 ? [`${more} other${more === 1 ? '' : 's'}`] : [])].join(', ');
}

function falseAlarmLines({ falseAlarms, falseAlarmIds }: Digest): readonly InlineText[] {
  if (falseAlarms === 0) return [];
  const named = falseAlarmIds.slice(0, MOST_NAMES).flatMap((id, i): InlineText => [i === 0 ? ': ' : ', ', code(id)]);
  const more = falseAlarms - Math.min(falseAlarmIds.length, MOST_NAMES);
  const others = named.length > 0 && more > 0 ? ` and ${more} more` : '';
  return [
    [
      `Not counted: ${plural(falseAlarms, 'false alarm')} of the orphan detector (${falseAlarms === 1 ? 'the operation' : 'the operations'} kept running)`,
      ...named,
      others,
    ],
  ];
}

function mutedLines({ silenced, total }: Digest): readonly InlineText[] {
  if (silenced === 0) return [];
  const some = `${silenced} of them ${silenced === 1 ? 'is' : 'are'}`;
  const all = total === 1 ? 'It’s' : `All ${total} are`;
  return [[`${silenced === total ? all : some} snoozed or muted in this channel, so not listed.`]];
}

/** The groups with their operations, as many as one message holds, and how many operations are left. */
function listOf(groups: Digest['groups']): { readonly blocks: readonly KnownBlock[]; readonly left: number } {
  const blocks: KnownBlock[] = [];
  let [left, room] = [listedIn(groups), LONGEST_LIST];
  for (const group of groups) {
    const lines: InlineText[] = [];
    room -= EMPTY_GROUP;
    for (const line of [[strong(headingOf(group))], ...rowsOf(group)]) {
      room -= sizeOf(line);
      if (room < 0) break;
      lines.push(line);
    }
    left -= Math.max(0, lines.length - 1);
    if (lines.length > 1) blocks.push(...rowBlocks(lines));
    if (room < 0) break;
  }
  return { blocks, left };
}

/** Characters as JSON, where one that is escaped for Slack takes up to five. */
function sizeOf(line: InlineText): number {
  return JSON.stringify(mrkdwnOf(line, [], LONGEST_ROW)).length;
}

/** All of them failed, and what all headlines say is in the heading. */
function rowsOf({ meaning, operations }: DigestGroup): readonly InlineText[] {
  return operations.map((row) => {
    const isSaid = row.headline === meaning && row.provisional !== true;
    const headline = isSaid ? '' : row.headline;
    return [
      code(nameOf(row)),
      ' ',
      ...dotted([
        row.operationId === null ? [statusText(row)] : [],
        [row.failedAt === null ? 'time unknown' : time(row.failedAt)],
        causeText({ ...row, headline, symbol: null, timeframe: null }, 80),
      ]),
    ];
  });
}

/** It runs again for the list, because the operations are in Jaeger and not in the button. */
function showAll({ window, type }: Digest): readonly Button[] {
  const asked = { at: Date.parse(window.to) * 1000, sinceMs: lengthMsOf(window), type };
  return [button('Show all', 'show_all', JSON.stringify(asked))];
}

function searchOf({ window, type }: Digest): string {
  return ['failed', `since=${window.from}`, `until=${window.to}`, ...(type === null ? [] : [`type=${type}`])].join(' ');
}

function lengthMsOf({ from, to }: Digest['window']): number {
  return Date.parse(to) - Date.parse(from);
}

/** Windows are shown in whole minutes. */
function lengthOf(ms: number): string {
  return formatDuration(ms < 60_000 ? ms : Math.round(ms / 60_000) * 60_000);
}

/** Operations that a search found, one line each, and the pages they fill. */
import type { KnownBlock, PlainTextOption, StaticSelect } from '@slack/types';
import { cleanText } from '../../diagnosis/clean.ts';
import { subjectOf } from '../../diagnosis/vocabulary/subject.ts';
import { typeLabel } from '../../diagnosis/words.ts';
import { plural } from '../../language/plurals.ts';
import { actionsBlocks, blocksOf, lineBlock, mrkdwnOf, plainTextElement } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, oneLine, plain, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  dotted,
  type InlineText,
  inline,
  note,
  plainText,
  sentences,
  strong,
  time,
} from '../blocks/text-block.ts';
import { cleanCopy } from '../clean.ts';
import type { Message } from '../message.ts';

export interface ResultRow {
  /** Null for a start that created no operation. */
  readonly operationId: string | null;
  readonly traceId: string | null;
  readonly type: string | null;
  readonly status: string;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  /** ISO 8601. */
  readonly startedAt: string | null;
  readonly headline: string;
  /** A diagnosis may find another cause. */
  readonly provisional?: boolean;
}

/** What a search over a longer time found, if this one found nothing. */
export interface WiderResult {
  /** As it is typed: `7d`. */
  readonly since: string;
  readonly count: number;
  readonly isComplete: boolean;
  /** The value of the button that shows them; null for none. */
  readonly page: string | null;
}

export interface ResultPage {
  readonly asked: string;
  readonly rows: readonly ResultRow[];
  /** Index of the first row, from 0. */
  readonly first: number;
  /** How many all pages list, at most as many as match. */
  readonly listed: number;
  /** How many match. */
  readonly total: number;
  /** ISO 8601: the time that was searched. */
  readonly from: string;
  readonly to: string;
  readonly gaps: readonly string[];
  /** Sentences on conditions that nothing can satisfy, such as an attribute that no span has. */
  readonly hints: readonly string[];
  readonly wider: WiderResult | null;
  /** Values of the buttons; null where there is no such page. */
  readonly previous: string | null;
  readonly next: string | null;
}

export const ROWS_PER_PAGE = 8;
export const LONGEST_ROW = 400;
const LONGEST_HEADLINE = 120;
/** Longer than every ID of ktrdr; only the middle of a longer one is left out, because IDs differ at their ends. */
const LONGEST_ID = 120;
const LONGEST_SECTION = 2900;
const LONGEST_ROWS_JSON = 7_500;
/** In the notification, which is rarely read to the end. */
const ROWS_IN_TEXT = 3;
const MOST_GAPS = 4;
/** Slack's limit for a menu option. */
const LONGEST_OPTION = 75;
const LONGEST_VALUE = 150;

export function formatResults(page: ResultPage, redact: readonly RegExp[]): Message {
  const { asked, rows, gaps, hints, wider, from, to, previous, next } = cleanCopy(page, redact);
  const question: InlineText = asked === '' ? [] : [code(cut(asked, 200)), ' · '];
  const { text, blocks } = buildMessage([strong(countText(page)), shownText(page)], {
    blocks: [note(inline`${question}${time(from)} to ${time(to)}`)],
  });
  const [lead, ...small] = blocks;
  const firstRows = rows.slice(0, ROWS_IN_TEXT).map((row) => mrkdwnOf(rowText(row, 80), [], 200));
  const notes = [...hints.map((hint) => shortLine(hint, 300)), ...(wider === null ? [] : [widerText(wider)])];
  return {
    text: [text, ...firstRows, ...notes.map((sentence) => mrkdwnOf([sentence], [], 400))].join(' ').trim(),
    blocks: [
      ...(lead === undefined ? [] : [lead]),
      ...rowBlocks(rows.map((row) => rowText(row))),
      ...notes.map((sentence) => lineBlock([sentence])),
      ...small,
      ...gapBlocks(gaps),
      ...actionsBlocks([
        ...diagnoseMenu(rows, true),
        ...(previous === null ? [] : [button('Previous', 'search_previous', previous)]),
        ...(next === null ? [] : [button('Next', 'search_next', next)]),
        ...(wider === null || wider.page === null ? [] : [button(`Search ${wider.since}`, 'search_next', wider.page)]),
      ]),
    ],
  };
}

/** `35 operations, newest first.` Where something could not be searched, there may be more. */
function countText({ total, gaps }: Pick<ResultPage, 'total' | 'gaps'>): string {
  if (total === 0) return gaps.length === 0 ? 'No matching operations.' : 'No operations found.';
  const count = plural(total, 'operation');
  return `${gaps.length === 0 ? count : `At least ${count}`}${total === 1 ? '.' : ', newest first.'}`;
}

function shownText({ rows, first, listed, total }: ResultPage): string {
  const shown = listed > rows.length ? ` Shown: ${first + 1} to ${first + rows.length}.` : '';
  return listed < total ? `${shown} Only the newest ${listed} are listed.` : shown;
}

/** `option` is how the longer time is typed. */
export function widerText({
  since,
  count,
  isComplete,
  option = `since=${since}`,
}: Omit<WiderResult, 'page'> & { readonly option?: string }): string {
  const found = isComplete ? plural(count, 'operation') : `at least ${plural(count, 'operation')}`;
  return `A longer period finds ${found}: ${option}.`;
}

export function formatSearching(asked: string): Message {
  const question = asked === '' ? [] : [': ', code(cut(cleanText(asked), 200))];
  return buildMessage(inline`Searching${question}.`);
}

/** `again` is the value of the button; null for none. */
export function formatNoSearch(problem: string, again: string | null): Message {
  const buttons = again === null ? [] : [button('Search again', 'search_next', again)];
  return buildMessage([strong('Search failed.'), ` ${shortLine(cleanText(problem), 600)}`], { buttons });
}

/** Lines below each other, in as few blocks as Slack allows, each shortened where all would not fit a message. */
export function rowBlocks(rows: readonly InlineText[]): readonly KnownBlock[] {
  const versions = [LONGEST_ROW, 200, 100].map((longest) => sectionsOf(rows, longest));
  return versions.find((blocks) => JSON.stringify(blocks).length <= LONGEST_ROWS_JSON) ?? versions.at(-1) ?? [];
}

function sectionsOf(rows: readonly InlineText[], longest: number): readonly KnownBlock[] {
  const sections: string[] = [];
  for (const row of rows) {
    const line = mrkdwnOf(row, [], longest);
    const last = sections.at(-1);
    if (last === undefined || last.length + line.length >= LONGEST_SECTION) sections.push(line);
    else sections[sections.length - 1] = `${last}\n${line}`;
  }
  return sections.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }));
}

/** The name first, so that the rows of a list align; then what distinguishes it from others at a glance. */
export function rowText(row: ResultRow, longestHeadline = LONGEST_HEADLINE): InlineText {
  const { startedAt } = row;
  return [
    code(nameOf(row)),
    ' ',
    ...dotted([
      [statusText(row)],
      [startedAt === null ? 'time unknown' : time(startedAt)],
      causeText(row, longestHeadline),
    ]),
  ];
}

/** What it was about and why, without saying twice what the ID or the headline says. */
export function causeText(row: ResultRow, longest: number): InlineText {
  const { operationId, provisional, headline } = row;
  const text = oneLine(headline).replace(/[.]$/, '');
  const market = marketOf(row);
  const about = [operationId === null ? typeLabel(row.type) : '', text.includes(market) ? '' : market];
  return dotted([
    ...about.filter((part) => part !== '').map((part) => [part]),
    [...(provisional === true ? ['provisional: '] : []), ...sentences(cut(text, longest))],
  ]);
}

/** The operation's ID; a start without one has only its trace. */
export function nameOf({ operationId, traceId }: Pick<ResultRow, 'operationId' | 'traceId'>): string {
  if (operationId !== null) return inShort(operationId);
  return traceId === null ? 'no ID' : `trace ${inShort(traceId)}`;
}

/** The status as a word, and whether it ever had an ID. */
export function statusText({ operationId, status }: Pick<ResultRow, 'operationId' | 'status'>): string {
  const word = shortLine(status, 20);
  if (operationId !== null) return word;
  return `${word === 'failed' ? 'not started' : word}, no operation ID`;
}

function inShort(id: string): string {
  const name = oneLine(id);
  return name.length <= LONGEST_ID ? name : `${cut(name, LONGEST_ID / 2)}${name.slice(1 - LONGEST_ID / 2)}`;
}

/** `AUDUSD 1h`; empty when it isn't known. */
export function marketOf({ symbol, timeframe }: Pick<ResultRow, 'symbol' | 'timeframe'>): string {
  return [symbol, timeframe]
    .filter((part) => part !== null)
    .map((part) => shortLine(part, 40))
    .join(' ');
}

export function gapBlocks(gaps: readonly string[]): readonly KnownBlock[] {
  if (gaps.length === 0) return [];
  const shown = gaps.slice(0, MOST_GAPS).map((gap) => shortLine(gap, 160));
  const more = gaps.length - shown.length;
  const list = [...shown, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
  return blocksOf(note([strong('Incomplete:'), ` ${list}`]), []);
}

/** One menu instead of a button in every row; with `isExplained`, each choice says the cause as well. */
export function diagnoseMenu(rows: readonly ResultRow[], isExplained: boolean): readonly StaticSelect[] {
  const options = rows.flatMap((row) => diagnoseOption(row, isExplained));
  if (options.length === 0) return [];
  const placeholder = plainTextElement('Diagnose one…');
  return [{ type: 'static_select', action_id: 'diagnose_one', placeholder, options }];
}

/** Null for an ID that a menu can't carry, or can't show unchanged. */
function diagnoseOption(row: ResultRow, isExplained: boolean): readonly PlainTextOption[] {
  const value = row.operationId ?? row.traceId ?? '';
  if (value.length > LONGEST_VALUE || subjectOf(value) === null) return [];
  const description = isExplained ? plain(plainText(causeText(row, LONGEST_OPTION)), LONGEST_OPTION) : '';
  return [
    {
      text: plainTextElement(plain(nameOf(row), LONGEST_OPTION)),
      value,
      ...(description === '' ? {} : { description: plainTextElement(description) }),
    },
  ];
}

/** Operations that were looked for, one line each, and the pages they fill. */
import type { Button, KnownBlock } from '@slack/types';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { blocksOf, mrkdwnOf } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import { code, dotted, type Inline, type InlineText, strong, type TextBlock, time } from '../blocks/text-block.ts';
import { cleanText } from '../clean.ts';
import type { Message } from '../message.ts';

/** What a line tells of one operation. */
export interface ResultRow {
  /** Null for a start of which no operation came. */
  readonly operationId: string | null;
  readonly traceId: string | null;
  readonly type: string | null;
  readonly status: string;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  /** ISO 8601. */
  readonly startedAt: string | null;
  readonly durationMs: number | null;
  readonly headline: string;
}

export interface ResultPage {
  /** What was asked, as it was typed. */
  readonly asked: string;
  readonly rows: readonly ResultRow[];
  /** Of the first row, from 0. */
  readonly first: number;
  readonly total: number;
  /** More match than were read. */
  readonly isCapped: boolean;
  /** ISO 8601: the time that was searched. */
  readonly from: string;
  readonly to: string;
  readonly gaps: readonly string[];
  /** What the buttons carry; null where there is no such page. */
  readonly previous: string | null;
  readonly next: string | null;
}

export const ROWS_PER_PAGE = 8;
/** A value that is longer came out of a trace and names nothing. */
const LONGEST_VALUE = 260;
const LONGEST_ROW = 320;
/** In the notification, which nobody reads to the end. */
const ROWS_IN_TEXT = 3;
const MOST_GAPS = 4;

export function formatResults(page: ResultPage, redact: readonly RegExp[]): Message {
  const { asked, rows, first, total, isCapped, from, to, gaps, previous, next } = cleaned(page, redact);
  const count = `${isCapped ? 'At least ' : ''}${total} ${total === 1 ? 'operation' : 'operations'}`;
  const lead = total === 0 ? 'No operation matches.' : `${count}, newest first.`;
  const shown = total > rows.length ? ` Shown: ${first + 1} to ${first + rows.length}.` : '';
  const pages = [
    ...(previous === null ? [] : [button('Previous', 'search_previous', previous)]),
    ...(next === null ? [] : [button('Next', 'search_next', next)]),
  ];
  const about: InlineText = [
    ...(asked === '' ? [] : [code(cut(asked, 200)), ' · ']),
    time(from),
    ' to ',
    time(to),
    total === 0 ? '. A longer time finds more: since 7d' : '',
  ];
  const { text, blocks } = buildMessage([strong(lead), shown], { blocks: [{ kind: 'note', words: about }] });
  return {
    text: `${text} ${rows
      .slice(0, ROWS_IN_TEXT)
      .map((row) => mrkdwnOf(rowWords(row, 80), [], 200))
      .join(' ')}`.trim(),
    blocks: [
      ...blocks,
      ...rows.map((row, i) => rowBlock(row, i)),
      ...gapBlocks(gaps),
      ...(pages.length === 0 ? [] : [{ type: 'actions', elements: pages } satisfies KnownBlock]),
    ],
  };
}

/** While it is looked for. */
export function formatSearching(asked: string): Message {
  return buildMessage([
    'Searching',
    ...(asked === '' ? [] : [': ', code(cut(cleanText(asked), 200))]),
    '. The answer comes here.',
  ]);
}

/** `again` is what the button carries; null for none. */
export function formatNoSearch(problem: string, again: string | null): Message {
  const buttons = again === null ? [] : [button('Search again', 'search_next', again)];
  return buildMessage([strong('Could not search.'), ' ', cut(oneLine(cleanText(problem)), 600)], { buttons });
}

/** `action_id`s must differ within a message, so each row has its own. */
export function rowBlock(row: ResultRow, index: number): KnownBlock {
  const text = { type: 'mrkdwn', text: mrkdwnOf(rowWords(row, 140), [], LONGEST_ROW), verbatim: true } as const;
  const accessory = diagnoseButton(row, index);
  return accessory === null ? { type: 'section', text } : { type: 'section', text, accessory };
}

export function rowWords(row: ResultRow, longestHeadline: number): InlineText {
  const { operationId, status, startedAt, durationMs, headline } = row;
  const isStart = operationId === null && status === 'failed';
  return dotted([
    [strong(isStart ? 'not started' : cut(status, 20))],
    [about(row)],
    [startedAt === null ? 'at an unknown time' : time(startedAt)],
    isStart || durationMs === null ? [] : [formatDuration(durationMs)],
    [cut(oneLine(headline), longestHeadline)],
  ]);
}

/** `backtest AUDUSD 1h`. */
export function about({ type, symbol, timeframe }: Pick<ResultRow, 'type' | 'symbol' | 'timeframe'>): string {
  const words = [operationNoun(type), symbol, timeframe].filter((word) => word !== null);
  return words.map((word) => cut(oneLine(word), 40)).join(' ');
}

export function gapBlocks(gaps: readonly string[]): readonly KnownBlock[] {
  return gaps.length === 0 ? [] : blocksOf(gapNote(gaps), []);
}

function gapNote(gaps: readonly string[]): TextBlock {
  const said = gaps.slice(0, MOST_GAPS).map((gap) => cut(oneLine(gap), 160));
  const more = gaps.length - said.length;
  const words: Inline[] = [
    strong('Not complete:'),
    ' ',
    [...said, ...(more > 0 ? [`And ${more} more.`] : [])].join(' '),
  ];
  return { kind: 'note', words };
}

/** A copy in which every text can be seen and holds no secret. */
export function cleaned<Value>(value: Value, redact: readonly RegExp[]): Value {
  const json = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? cleanText(part, redact) : part,
  );
  const copy: Value = JSON.parse(json);
  return copy;
}

function diagnoseButton({ operationId, traceId }: ResultRow, index: number): Button | null {
  const subject =
    operationId !== null ? { kind: 'operation', operationId } : traceId === null ? null : { kind: 'trace', traceId };
  if (subject === null) return null;
  const value = JSON.stringify({ subject, symptom: null });
  return JSON.stringify(value).length > LONGEST_VALUE ? null : button('Diagnose', `diagnose_row_${index + 1}`, value);
}

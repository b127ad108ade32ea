/** Operations that a search found, one line each, and the pages they fill. */
import type { Button, KnownBlock } from '@slack/types';
import { cleanText } from '../../diagnosis/clean.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { actionsBlocks, blocksOf, lineBlock, mrkdwnOf } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, shortLine } from '../blocks/mrkdwn.ts';
import { code, dotted, type InlineText, inline, note, strong, time } from '../blocks/text-block.ts';
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
  readonly durationMs: number | null;
  readonly headline: string;
  /** A diagnosis may find another cause. */
  readonly provisional?: boolean;
}

export interface ResultPage {
  readonly asked: string;
  readonly rows: readonly ResultRow[];
  /** Of the first row, from 0. */
  readonly first: number;
  readonly total: number;
  /** ISO 8601: the time that was searched. */
  readonly from: string;
  readonly to: string;
  readonly gaps: readonly string[];
  /** Values of the buttons; null where there is no such page. */
  readonly previous: string | null;
  readonly next: string | null;
}

export const ROWS_PER_PAGE = 8;
/** A value that is longer came out of a trace and names nothing. */
const LONGEST_DIAGNOSE_VALUE = 260;
const LONGEST_ROW = 320;
/** In the notification, which is rarely read to the end. */
const ROWS_IN_TEXT = 3;
const MOST_GAPS = 4;

export function formatResults(page: ResultPage, redact: readonly RegExp[]): Message {
  const { asked, rows, first, total, from, to, gaps, previous, next } = cleanCopy(page, redact);
  const count = `${total} ${total === 1 ? 'operation' : 'operations'}`;
  const lead = total === 0 ? 'No operation matches.' : `${count}, newest first.`;
  const shown = total > rows.length ? ` Shown: ${first + 1} to ${first + rows.length}.` : '';
  const question: InlineText = asked === '' ? [] : [code(cut(asked, 200)), ' · '];
  const { text, blocks } = buildMessage([strong(lead), shown], {
    blocks: [note(inline`${question}${time(from)} to ${time(to)}`)],
  });
  const firstRows = rows.slice(0, ROWS_IN_TEXT).map((row) => mrkdwnOf(rowText(row, 80), [], 200));
  return {
    text: [text, ...firstRows].join(' ').trim(),
    blocks: [
      ...blocks,
      ...rows.map(rowBlock),
      ...gapBlocks(gaps),
      ...actionsBlocks([
        ...(previous === null ? [] : [button('Previous', 'search_previous', previous)]),
        ...(next === null ? [] : [button('Next', 'search_next', next)]),
      ]),
    ],
  };
}

export function formatSearching(asked: string): Message {
  const question = asked === '' ? [] : [': ', code(cut(cleanText(asked), 200))];
  return buildMessage(inline`Searching${question}. The answer comes here.`);
}

/** `again` is the value of the button; null for none. */
export function formatNoSearch(problem: string, again: string | null): Message {
  const buttons = again === null ? [] : [button('Search again', 'search_next', again)];
  return buildMessage([strong('Could not search.'), ` ${shortLine(cleanText(problem), 600)}`], { buttons });
}

/** `action_id`s must differ within a message, so each row has its own. */
export function rowBlock(row: ResultRow, index: number): KnownBlock {
  return lineBlock(rowText(row, 140), diagnoseButton(row, index), LONGEST_ROW);
}

export function rowText(row: ResultRow, longestHeadline: number): InlineText {
  const { operationId, status, startedAt, durationMs, headline, provisional } = row;
  const isStart = operationId === null && status === 'failed';
  return dotted([
    [strong(isStart ? 'not started' : cut(status, 20))],
    [about(row)],
    [startedAt === null ? 'at an unknown time' : time(startedAt)],
    isStart || durationMs === null ? [] : [formatDuration(durationMs)],
    [provisional === true ? 'provisional: ' : '', shortLine(headline, longestHeadline)],
  ]);
}

/** `backtest AUDUSD 1h`. */
export function about({ type, symbol, timeframe }: Pick<ResultRow, 'type' | 'symbol' | 'timeframe'>): string {
  const parts = [operationNoun(type), symbol, timeframe].filter((part) => part !== null);
  return parts.map((part) => shortLine(part, 40)).join(' ');
}

export function gapBlocks(gaps: readonly string[]): readonly KnownBlock[] {
  if (gaps.length === 0) return [];
  const shown = gaps.slice(0, MOST_GAPS).map((gap) => shortLine(gap, 160));
  const more = gaps.length - shown.length;
  const list = [...shown, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
  return blocksOf(note([strong('Not complete:'), ` ${list}`]), []);
}

function diagnoseButton({ operationId, traceId }: ResultRow, index: number): Button | null {
  if (operationId === null && traceId === null) return null;
  const subject = operationId === null ? { kind: 'trace', traceId } : { kind: 'operation', operationId };
  const value = JSON.stringify({ subject, symptom: null });
  return JSON.stringify(value).length > LONGEST_DIAGNOSE_VALUE
    ? null
    : button('Diagnose', `diagnose_row_${index + 1}`, value);
}

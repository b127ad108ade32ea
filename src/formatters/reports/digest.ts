/** Failed operations of a time window, grouped by cause: one message, and its details in the thread. */
import type { Button } from '@slack/types';
import { cleanText } from '../../diagnosis/clean.ts';
import { DAY_MS, formatDuration, WEEK_MS } from '../../language/durations.ts';
import { plural } from '../../language/plurals.ts';
import { actionsBlocks, blocksOf, mrkdwnOf } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, oneLine, shortLine } from '../blocks/mrkdwn.ts';
import { code, dotted, type InlineText, inline, note, strong, time } from '../blocks/text-block.ts';
import { cleanCopy } from '../clean.ts';
import type { Answer, Message } from '../message.ts';
import { gapBlocks, type ResultRow, rowBlock, rowText } from './search-results.ts';

export interface DigestCase extends ResultRow {
  /** ISO 8601; null when nothing dates it. */
  readonly failedAt: string | null;
  /** `rule/variant`; null when the traces show no fault. */
  readonly cause: string | null;
}

export interface DigestGroup {
  readonly cause: string | null;
  /** What is wrong, in one sentence that holds for all of them. */
  readonly meaning: string;
  readonly count: number;
  /** In the window before; null when that is not known. */
  readonly before: number | null;
  /** What they were about, the most frequent first. */
  readonly about: readonly { readonly name: string; readonly count: number }[];
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
  /** Of `total`, those snoozed or muted where the digest is read: counted, not listed again. */
  readonly silenced: number;
  /** Operations that the orphan detector failed although they ran on. */
  readonly falseAlarms: number;
  readonly gaps: readonly string[];
}

const MOST_LINES = 4;
const MOST_IN_THREAD = 8;
const ROWS_PER_GROUP = 5;
const MOST_NAMES = 3;
/** How a search names the cause when the traces show no fault. */
const NO_CAUSE = 'none';

export function formatDigest(uncleaned: Digest, redact: readonly RegExp[]): Answer {
  const digest = cleanCopy(uncleaned, redact);
  const { total, falseAlarms, groups, gaps, window } = digest;
  const lines = linesOf(digest);
  const isQuiet = total === 0 && falseAlarms === 0;
  const { text, blocks } = buildMessage([strong(titleOf(digest)), ...trendOf(digest)], {
    blocks: isQuiet ? [note(inline`Searched: ${time(window.from)} to ${time(window.to)}`)] : [{ kind: 'facts', lines }],
    buttons: groups.length > MOST_IN_THREAD ? showMore('Show all', null, digest) : [],
  });
  return {
    summary: {
      text: [text, ...lines.map((line) => mrkdwnOf(line, [], 250))].join(' '),
      blocks: [...blocks, ...gapBlocks(gaps)],
    },
    thread: groups
      .slice(0, MOST_IN_THREAD)
      .map((group, i) => ({ slot: `group-${i + 1}`, message: groupMessage(group, digest) })),
  };
}

export function digestLines(uncleaned: Digest, redact: readonly RegExp[]): readonly InlineText[] {
  const digest = cleanCopy(uncleaned, redact);
  return [
    [titleOf(digest), ...trendOf(digest)],
    ...digest.groups.flatMap((group): readonly InlineText[] => [
      ['  ', ...groupText(group, digest)],
      ...group.operations
        .slice(0, ROWS_PER_GROUP)
        .map((row): InlineText => ['      ', ...rowText(row, 300), ` · ${row.operationId ?? `trace ${row.traceId}`}`]),
    ]),
    ...falseAlarmLines(digest),
    ...digest.gaps.map((gap): InlineText => [`Not complete: ${oneLine(gap)}`]),
  ];
}

export function formatDigesting(windowMs: number): Message {
  return buildMessage([`Looking for failed operations of the last ${lengthOf(windowMs)}. The answer comes here.`]);
}

export function formatNoDigest(problem: string): Message {
  return buildMessage([strong('Could not look for failed operations.'), ` ${shortLine(cleanText(problem), 600)}`]);
}

function titleOf({ window, type, total }: Digest): string {
  const what = type === null ? 'Failed operations' : `Failed operations (${type.replaceAll('_', ' ')})`;
  return `${what}, last ${lengthOf(lengthMsOf(window))}: ${total === 0 ? 'none' : total}`;
}

function trendOf({ before, window }: Digest): InlineText {
  if (before === null) return [' (what was before is not known)'];
  const lengthMs = lengthMsOf(window);
  const name = { [DAY_MS]: 'day', [WEEK_MS]: 'week' }[lengthMs] ?? lengthOf(lengthMs);
  return [` (the ${name} before: ${before})`];
}

function linesOf(digest: Digest): readonly InlineText[] {
  const shown = digest.groups.slice(0, MOST_LINES);
  const rest = digest.groups.slice(MOST_LINES);
  const left = rest.reduce((sum, { count }) => sum + count, 0);
  return [
    ...shown.map((group) => groupText(group, digest)),
    ...(rest.length === 0
      ? []
      : [[`And ${plural(left, 'operation')} with ${plural(rest.length, 'more cause', 'more causes')}.`]]),
    ...falseAlarmLines(digest),
    ...mutedLines(digest),
    ...(digest.groups.length === 0 ? [] : [['Details in the thread.']]),
  ];
}

/** `4 × no data for this symbol and timeframe – AUDUSD 1h (3), EURUSD 4h · newest 14:20`. */
function groupText({ count, before, meaning, about, operations }: DigestGroup, digest: Digest): InlineText {
  const names = about.slice(0, MOST_NAMES).map(({ name, count: times }) => `${name}${times > 1 ? ` (${times})` : ''}`);
  const more = about.length - names.length;
  const newest = operations[0]?.failedAt ?? null;
  const subjects = [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return [
    strong(`${count} ×`),
    ` ${cut(oneLine(meaning).replace(/[.]$/, ''), 160)}`,
    ...(subjects === '' ? [] : [` – ${subjects}`]),
    ...(newest === null ? [] : [' · newest ', time(newest)]),
    // Where nothing failed before, everything is new.
    ...(before === 0 && (digest.before ?? 0) > 0 ? [' · new'] : []),
  ];
}

function falseAlarmLines({ falseAlarms }: Digest): readonly InlineText[] {
  if (falseAlarms === 0) return [];
  const operations = falseAlarms === 1 ? 'the operation' : 'the operations';
  return [[`Also: ${plural(falseAlarms, 'false alarm')} of the orphan detector (${operations} ran on).`]];
}

function mutedLines({ silenced, total }: Digest): readonly InlineText[] {
  if (silenced === 0) return [];
  const some = `${silenced} of them ${silenced === 1 ? 'is' : 'are'}`;
  const all = total === 1 ? 'It is' : `All ${total} are`;
  return [[`${silenced === total ? all : some} snoozed or muted here, and not told again.`]];
}

function groupMessage({ cause, count, before, meaning, operations }: DigestGroup, digest: Digest): Message {
  const rows = operations.slice(0, ROWS_PER_GROUP);
  const facts = dotted([
    cause === null ? ['No cause was found'] : ['Cause ', code(cut(cause, 80))],
    before === null ? [] : [`in the time before: ${before}`],
    rows.length < count ? [`the newest ${rows.length} are shown`] : [],
  ]);
  const { text, blocks } = buildMessage([strong(`${count} × ${shortLine(meaning, 300)}`)]);
  return {
    text,
    blocks: [
      ...blocks,
      ...rows.map(rowBlock),
      ...blocksOf(note(facts), []),
      ...actionsBlocks(rows.length < count ? showMore('Show more', cause ?? NO_CAUSE, digest) : []),
    ],
  };
}

/** The rest is a search, whose pages come in the thread. */
function showMore(label: string, cause: string | null, { window, type }: Digest): readonly Button[] {
  if (cause !== null && !/^[\w/-]{1,80}$/.test(cause)) return [];
  const query = [
    'failed',
    ...(cause === null ? [] : [`cause=${cause}`]),
    `since=${window.from}`,
    `until=${window.to}`,
    ...(type === null ? [] : [`type=${type}`]),
  ].join(' ');
  const page = { words: query, at: Date.parse(window.to) * 1000, page: 0 };
  return [button(label, 'show_more', JSON.stringify(page))];
}

function lengthMsOf({ from, to }: Digest['window']): number {
  return Date.parse(to) - Date.parse(from);
}

/** Windows are shown in whole minutes. */
function lengthOf(ms: number): string {
  return formatDuration(ms < 60_000 ? ms : Math.round(ms / 60_000) * 60_000);
}

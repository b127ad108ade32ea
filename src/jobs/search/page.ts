/** One page of a search. Its buttons carry its state: the query, when it was made, and the page. */
import { z } from 'zod';
import { cleanText } from '../../diagnosis/clean.ts';
import { micros } from '../../diagnosis/trace.ts';
import { iso } from '../../diagnosis/words.ts';
import type { Message } from '../../formatters/message.ts';
import { formatNoSearch, formatResults, ROWS_PER_PAGE } from '../../formatters/reports/search-results.ts';
import { isTimeZone } from '../../language/zones.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { searchWider, unknownAttributes } from './nothing-found.ts';
import { filterFor, MAX_OPERATIONS, mergeCriteria } from './options.ts';
import type { Search } from './search-operations.ts';
import { parseSearchWords } from './words.ts';

export const MAX_WORDS_LENGTH = 300;
/** Unless the query sets a limit. */
const PAGED_OPERATIONS = 100;
const MAX_PAGES = Math.ceil(MAX_OPERATIONS / ROWS_PER_PAGE);

export const pageSchema = z.object({
  words: z.string().max(MAX_WORDS_LENGTH),
  /** Microseconds. All pages search up to this time, so that no row moves to another page. */
  at: z.number().int().positive(),
  page: z.number().int().min(0).max(MAX_PAGES),
  /** For days and times of day in the query; UTC when absent. */
  timeZone: z.string().refine(isTimeZone).optional(),
});
export type PageState = z.infer<typeof pageSchema>;

export interface PageTools {
  readonly search: Search;
  readonly lookbackMs: number;
  readonly redact: readonly RegExp[];
}

/** Null for a value that isn't from a page button. */
export function readPageState(value: string): PageState | null {
  try {
    return pageSchema.safeParse(JSON.parse(value)).data ?? null;
  } catch {
    return null;
  }
}

export async function searchPage(state: PageState, tools: PageTools, signal: AbortSignal): Promise<Message> {
  const { words, page } = state;
  const at = micros(state.at);
  const read = parseSearchWords(words, at, state.timeZone);
  if (read.kind === 'wrong') return formatNoSearch(read.problem, null);
  const filter = filterFor(mergeCriteria({ limit: PAGED_OPERATIONS }, read.request), at, tools.lookbackMs);
  const rows = { first: page * ROWS_PER_PAGE, count: ROWS_PER_PAGE };
  const found = await tools.search(filter, signal, rows);
  if (found.kind === 'unavailable')
    return formatNoSearch(cleanText(describeFailure('Jaeger', found.failure), tools.redact), JSON.stringify(state));
  const { operations, total, gaps } = found;
  const pages = Math.max(1, Math.ceil(operations.length / ROWS_PER_PAGE));
  const shown = Math.min(page, pages - 1);
  const first = shown * ROWS_PER_PAGE;
  const stateOfPage = (to: number) => (to < 0 || to >= pages ? null : JSON.stringify({ ...state, page: to }));
  const wider = total > 0 ? null : await searchWider(filter, tools.search, signal);
  return formatResults(
    {
      asked: words,
      rows: operations.slice(first, first + ROWS_PER_PAGE),
      first,
      listed: operations.length,
      total,
      from: iso(filter.window.from),
      to: iso(micros(Math.min(at, filter.window.to))),
      gaps,
      hints: total > 0 ? [] : unknownAttributes(filter),
      wider: wider === null ? null : { ...wider, page: pageOf(state, `${words} since=${wider.since}`) },
      previous: stateOfPage(shown - 1),
      next: stateOfPage(shown + 1),
    },
    tools.redact,
  );
}

function pageOf(state: PageState, words: string): string | null {
  return words.length > MAX_WORDS_LENGTH ? null : JSON.stringify({ ...state, words, page: 0 });
}

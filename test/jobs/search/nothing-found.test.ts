import { describe, expect, it, vi } from 'vitest';
import { micros } from '../../../src/diagnosis/trace.ts';
import { searchWider, unknownAttributes } from '../../../src/jobs/search/nothing-found.ts';
import { filterFor } from '../../../src/jobs/search/options.ts';
import { searchPage } from '../../../src/jobs/search/page.ts';
import type { Search, SearchAnswer } from '../../../src/jobs/search/search-operations.ts';

const NOW = micros(Date.parse('2026-05-12T12:00:00Z') * 1000);
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const searched = { from: '', to: '', traces: 0 };

/** Finds so many in windows of more than a day. */
function searchFinding(total: number, gaps: readonly string[] = []) {
  return vi.fn<Search>(async ({ window }): Promise<SearchAnswer> => {
    const isWide = window.to - window.from > 24 * HOUR_MS * 1000;
    return { kind: 'found', operations: [], total: isWide ? total : 0, gaps, searched };
  });
}

describe('a search that finds nothing', () => {
  it('is tried over a week, and says what that finds', async () => {
    const search = searchFinding(6);
    const filter = filterFor({ symbol: 'AAPL' }, NOW, HOUR_MS);
    expect(await searchWider(filter, search, never)).toEqual({ since: '7d', count: 6, isComplete: true });
    expect(search).toHaveBeenCalledWith(expect.objectContaining({ symbol: 'AAPL' }), never, { first: 0, count: 0 });
    expect(await searchWider(filter, searchFinding(6, ['A service was left out.']), never)).toMatchObject({
      isComplete: false,
    });
  });

  it('suggests no longer time that finds nothing, is not longer, or can’t help', async () => {
    expect(await searchWider(filterFor({}, NOW, HOUR_MS), searchFinding(0), never)).toBeNull();
    for (const [criteria, lookbackMs] of [
      [{}, 8 * 24 * HOUR_MS],
      [{ operationId: 'op_training_20260109_060025_4183136f' }, HOUR_MS],
      [{ traceId: 'c9fa76b4b754e2630baa1491eb681fed' }, HOUR_MS],
    ] as const) {
      const search = searchFinding(6);
      expect(await searchWider(filterFor(criteria, NOW, lookbackMs), search, never)).toBeNull();
      expect(search).not.toHaveBeenCalled();
    }
  });

  it('names attributes that ktrdr isn’t known to write, and the nearest that it is', () => {
    const tags = (...keys: readonly string[]) =>
      unknownAttributes(filterFor({ tags: keys.map((key) => [key, 'x'] as const) }, NOW, HOUR_MS));
    expect(tags('operation.parent_id', 'http.route')).toEqual([]);
    expect(tags('foo.bar', 'http.rout')).toEqual([
      '“foo.bar” isn’t a known attribute of ktrdr’s spans.',
      '“http.rout” isn’t a known attribute of ktrdr’s spans. Did you mean http.route?',
    ]);
  });

  it('offers the longer time with a button, which finds it', async () => {
    const tools = { search: searchFinding(6), lookbackMs: HOUR_MS, redact: [] };
    const message = await searchPage({ words: 'AAPL since 2h', at: NOW, page: 0 }, tools, never);
    expect(message.text).toBe('*No matching operations.* A longer period finds 6 operations: since=7d.');
    const [value = ''] = JSON.stringify(message.blocks).match(/\{\\"words\\".*?\}/) ?? [];
    const again = JSON.parse(JSON.parse(`"${value}"`));
    expect(again).toEqual({ words: 'AAPL since 2h since=7d', at: NOW, page: 0 });
    expect((await searchPage(again, tools, never)).text).toContain('*6 operations, newest first.*');
    const found = searchFinding(0);
    const none = await searchPage({ words: 'AAPL since 2h', at: NOW, page: 0 }, { ...tools, search: found }, never);
    expect(none.text).toBe('*No matching operations.*');
  });
});

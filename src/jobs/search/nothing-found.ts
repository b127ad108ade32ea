/** Hints for a search without hits. They state only what was actually tried. */
import { micros } from '../../diagnosis/trace.ts';
import { ATTRIBUTE_REFERENCE, attributeNamed } from '../../diagnosis/vocabulary/attribute-reference.ts';
import type { WiderResult } from '../../formatters/reports/search-results.ts';
import { DAY_MS } from '../../language/durations.ts';
import { nearest } from '../../language/nearest.ts';
import { quoted } from '../../language/words.ts';
import type { SearchFilter } from './filter.ts';
import type { Search } from './search-operations.ts';

const WIDER = { since: '7d', ms: 7 * DAY_MS };

/** The same search over a week; null when it found nothing either, or would not be wider. */
export async function searchWider(
  filter: SearchFilter,
  search: Search,
  signal: AbortSignal,
): Promise<Omit<WiderResult, 'page'> | null> {
  const { window, operationId, traceId } = filter;
  const from = micros(window.to - WIDER.ms * 1000);
  if (operationId !== undefined || traceId !== undefined || from >= window.from) return null;
  const found = await search({ ...filter, window: { ...window, from } }, signal, { first: 0, count: 0 });
  if (found.kind === 'unavailable' || found.total === 0) return null;
  return { since: WIDER.since, count: found.total, isComplete: found.gaps.length === 0 };
}

/** A sentence for each attribute in the conditions that ktrdr isn't known to write. */
export function unknownAttributes({ tags }: SearchFilter): readonly string[] {
  const names = ATTRIBUTE_REFERENCE.flatMap(({ name, alsoCalled }) => [name, ...alsoCalled]);
  return tags
    .filter(([key]) => attributeNamed(key) === null)
    .map(([key]) => {
      const meant = nearest(key, names);
      const hint = meant === null ? '' : ` Did you mean ${meant}?`;
      return `${quoted(key)} isn’t a known attribute of ktrdr’s spans.${hint}`;
    });
}

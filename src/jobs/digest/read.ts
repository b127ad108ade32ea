/** Reads what a digest tells: the window, and the one before it for the trend. */
import type { OperationType } from '../../diagnosis/case.ts';
import { iso } from '../../diagnosis/words.ts';
import type { Digest } from '../../formatters/reports/digest.ts';
import { plural } from '../../language/plurals.ts';
import type { SourceFailure, TimeWindow } from '../ports.ts';
import { type OperationHit, type SearchDeps, searchOperations } from '../search/search-operations.ts';
import { digestOf, windowBefore } from './digest.ts';

export type DigestAnswer =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'unavailable'; readonly failure: SourceFailure };

const MOST_OPERATIONS = 200;

/** One search for all that went wrong, because the orphan detector's false alarms end well. Throws only when the signal aborts. */
export async function readDigest(
  window: TimeWindow,
  type: OperationType | null,
  deps: SearchDeps,
  signal: AbortSignal,
  isSilent: (hit: OperationHit) => boolean = () => false,
): Promise<DigestAnswer> {
  const search = (within: TimeWindow) =>
    searchOperations(
      { hasError: true, tags: [], window: within, limit: MOST_OPERATIONS, ...(type === null ? {} : { type }) },
      deps,
      signal,
    );
  const found = await search(window);
  if (found.kind === 'unavailable') return found;
  const before = await search(windowBefore(window));
  const gaps = [...found.gaps];
  if (found.operations.length >= MOST_OPERATIONS)
    gaps.push(`More than ${plural(MOST_OPERATIONS, 'operation')} went wrong; the newest were counted.`);
  // Less than all of the time before would make any trend look worse than it is.
  const isComparable = before.kind === 'found' && before.gaps.length === 0;
  if (!isComparable) gaps.push(`What failed before ${iso(window.from)} could not be read as a whole.`);
  const digest = digestOf({
    window,
    type,
    hits: found.operations,
    before: isComparable ? before.operations : null,
    gaps,
    isSilent,
  });
  return { kind: 'digest', digest };
}

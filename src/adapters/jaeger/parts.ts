/** Combines several requests into one result. */
import { briefly } from '../../jobs/gather/source-failure.ts';
import type { SourceFailure } from '../../jobs/ports.ts';
import { type Failed, isFailed } from './client.ts';

/** Requests at a time: enough to be quick, but not enough to overload a small Jaeger. */
export const WIDTH = 5;

export interface Split<Good> {
  readonly kind: 'split';
  readonly good: readonly Good[];
  readonly gaps: readonly string[];
}

/** A failed part becomes a gap; the result is a failure only if every part failed. */
export function split<Good extends { readonly kind: string }>(
  replies: readonly (Good | Failed)[],
  names: readonly string[],
  what: string,
): Split<Good> | Failed {
  const good: Good[] = [];
  const missing: string[] = [];
  let first: Failed | null = null;
  for (const [index, reply] of replies.entries()) {
    if (isFailed(reply)) {
      first ??= reply;
      missing.push(names[index] ?? '');
    } else {
      good.push(reply);
    }
  }
  if (first === null) return { kind: 'split', good, gaps: [] };
  if (good.length === 0) return first;
  return { kind: 'split', good, gaps: [gapSentence(what, missing, names.length, first.failure)] };
}

/** One sentence for all the services (or traces) that failed, with the first reason. */
export function gapSentence(what: string, missing: readonly string[], of: number, failure: SourceFailure): string {
  const names = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '');
  return `${missing.length} of ${of} ${what} (${names}): ${briefly(failure)} (${failure.host}).`;
}

/** Suggests IDs similar to one that wasn't found: a digit may have been lost in copying, or a letter mistyped. */

import { BACKEND_SERVICE, canonicalType } from '../../diagnosis/vocabulary/operations.ts';
import { servicesLike } from '../../diagnosis/vocabulary/services.ts';
import { timeOfOperationId, typeOfOperationId } from '../../diagnosis/vocabulary/subject.ts';
import { mistypedId } from '../../diagnosis/vocabulary/typed-ids.ts';
import { editDistance } from '../../language/nearest.ts';
import { attemptQueries, firstToFind } from './attempts.ts';
import { isApi } from './documents.ts';
import type { GatherContext } from './gather.ts';
import { operationsMentionedIn } from './traces.ts';
import { minuteOfOperation, windowOfOperation } from './window.ts';

const MOST_EDITS = 2;
const MOST_OFFERED = 3;
const TRACES_PER_SEARCH = 20;
const RECORDS = 100;
/** Longer text isn't a mistyped ID. */
const LONGEST_ID = 128;

/** Candidates are the operations of the same minute and those that the backend lists. */
export async function similarIds(typed: string, context: GatherContext): Promise<readonly string[]> {
  const { traces: source, ktrdr, sourceLog, signal, now, lookbackMs } = context;
  const meant = mistypedId(typed)?.meant ?? null;
  const operationId = meant ?? typed;
  const window = minuteOfOperation(operationId, now, lookbackMs);
  const type = canonicalType(typeOfOperationId(operationId) ?? '');
  const backends = servicesLike(BACKEND_SERVICE, await context.services);
  const queries = attemptQueries({ type, window, limit: TRACES_PER_SEARCH, backends });
  const [known, listed, ...found] = await Promise.all([
    meant === null
      ? null
      : sourceLog.traces(source.findOperation(meant, windowOfOperation(meant, now, lookbackMs), signal), null),
    isApi(ktrdr) ? sourceLog.ofOthers(ktrdr.operations({ limit: RECORDS }, signal)) : null,
    ...queries.map((spellings) =>
      firstToFind(spellings, (query) => sourceLog.traces(source.search(query, signal), null)),
    ),
  ]);
  const mentioned = operationsMentionedIn([known, ...found].flatMap((answer) => answer?.traces ?? []));
  return mostSimilar({ typed, operationId }, [...(listed?.operationIds ?? []), ...mentioned]);
}

/** At most two letters away, or of the same type and second; the most similar first. */
function mostSimilar(
  { typed, operationId }: { readonly typed: string; readonly operationId: string },
  candidates: readonly string[],
): readonly string[] {
  const near = [...new Set(candidates)]
    .filter((id) => id !== typed && Math.max(id.length, operationId.length) <= LONGEST_ID)
    .map((id) => ({ id, edits: id.startsWith(operationId) ? 1 : editDistance(id, operationId) }));
  return near
    .filter(({ id, edits }) => edits <= MOST_EDITS || isOfSameSecond(id, operationId))
    .sort((a, b) => a.edits - b.edits || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_OFFERED)
    .map(({ id }) => id);
}

function isOfSameSecond(id: string, other: string): boolean {
  const time = timeOfOperationId(id);
  return time !== null && time === timeOfOperationId(other) && typeOfOperationId(id) === typeOfOperationId(other);
}

/** Failed operations grouped by rule, compared with the window before. */
import type { OperationType } from '../../diagnosis/case.ts';
import { ruleNamed } from '../../diagnosis/catalogue.ts';
import { groupBy } from '../../diagnosis/timing/group-by.ts';
import { micros } from '../../diagnosis/trace.ts';
import { iso, typeLabel } from '../../diagnosis/words.ts';
import type { Digest, DigestCase, DigestGroup } from '../../formatters/reports/digest.ts';
import { marketOf } from '../../formatters/reports/search-results.ts';
import { plural } from '../../language/plurals.ts';
import type { TimeWindow, Unavailable } from '../ports.ts';
import { MAX_OPERATIONS } from '../search/options.ts';
import type { OperationHit, Search } from '../search/search-operations.ts';

export const MAX_WINDOW_MS = 31 * 86_400_000;

const FALSE_ALARM = 'worker-lost/false-alarm';
const UNEXPLAINED = 'No cause found';

export interface DigestRequest {
  readonly window: TimeWindow;
  readonly type: OperationType | null;
  isMuted?(hit: OperationHit): boolean;
}

export type DigestAnswer = { readonly kind: 'digest'; readonly digest: Digest } | Unavailable;

/**
 * Searches for all operations with errors, because those that the orphan detector failed by mistake complete later. Throws only
 * when the signal aborts.
 */
export async function readDigest(
  request: DigestRequest,
  { search }: { readonly search: Search },
  signal: AbortSignal,
): Promise<DigestAnswer> {
  const { window, type } = request;
  const filter = { hasError: true, tags: [], limit: MAX_OPERATIONS, ...(type === null ? {} : { type }) };
  const found = await search({ ...filter, window }, signal);
  if (found.kind === 'unavailable') return found;
  const before = await search({ ...filter, window: windowBefore(window) }, signal);
  const gaps = [...found.gaps];
  if (found.operations.length >= MAX_OPERATIONS)
    gaps.push(`More than ${plural(MAX_OPERATIONS, 'operation')} failed; only the newest were counted.`);
  // With incomplete data for the previous window, any trend would look worse than it is.
  const isComparable = before.kind === 'found' && before.gaps.length === 0;
  if (!isComparable) gaps.push(`Some failures before ${iso(window.from)} couldn’t be read.`);
  const digest = digestOf({
    ...request,
    hits: found.operations,
    before: isComparable ? before.operations : null,
    gaps,
  });
  return { kind: 'digest', digest };
}

/** `before` has the hits of the previous window; null when they couldn't be read. */
export interface DigestInput extends Omit<DigestRequest, 'type'> {
  readonly type: string | null;
  readonly hits: readonly OperationHit[];
  readonly before: readonly OperationHit[] | null;
  readonly gaps: readonly string[];
}

/** An operation counts in the window in which it failed, so that two adjacent windows count it once. */
export function digestOf({ window, type, hits, before, gaps, isMuted = () => false }: DigestInput): Digest {
  const all = unique([...hits, ...(before ?? [])]);
  // Hits without a time count in this window, because its search found them.
  const now = all.filter((hit) => failedAt(hit) === null || isIn(hit, window));
  const earlier = before === null ? null : all.filter((hit) => isIn(hit, windowBefore(window)) && isFailure(hit));
  const failed = now.filter(isFailure);
  const falseAlarms = now.filter(({ cause }) => cause === FALSE_ALARM);
  return {
    window: { from: iso(window.from), to: iso(window.to) },
    type,
    total: failed.length,
    before: earlier === null ? null : earlier.length,
    groups: groupsOf(
      failed.filter((hit) => !isMuted(hit)),
      earlier,
    ),
    silenced: failed.filter((hit) => isMuted(hit)).length,
    falseAlarms: falseAlarms.length,
    falseAlarmIds: falseAlarms.flatMap(({ operationId }) => operationId ?? []),
    gaps: [...new Set(gaps)],
  };
}

/** The window of the same length that ends where this one begins. */
export function windowBefore({ from, to }: TimeWindow): TimeWindow {
  return { from: micros(from - (to - from)), to: from };
}

/** A rejected start counts as a failure; an operation that the orphan detector failed by mistake doesn't. */
function isFailure({ status, cause }: OperationHit): boolean {
  return status === 'failed' && cause !== FALSE_ALARM;
}

function groupsOf(failed: readonly OperationHit[], earlier: readonly OperationHit[] | null): readonly DigestGroup[] {
  const byRule = groupBy(failed, ruleIdOf);
  const groups = [...byRule].map(([cause, hits]): DigestGroup => {
    const operations = hits
      .map((hit): DigestCase => ({ ...hit, failedAt: failedAt(hit) }))
      .sort((a, b) => (b.failedAt ?? '').localeCompare(a.failedAt ?? ''));
    const variants = countsOf(operations.map(variantOf));
    const [first] = operations;
    const hasOneHeadline = first !== undefined && operations.every(({ headline }) => headline === first.headline);
    return {
      cause,
      meaning: hasOneHeadline ? first.headline : titleOf(cause),
      count: hits.length,
      before: earlier === null ? null : earlier.filter((hit) => ruleIdOf(hit) === cause).length,
      variants: variants.length > 1 ? variants : [],
      about: hasOneHeadline ? [] : countsOf(subjectsOf(operations)),
      operations,
    };
  });
  return groups.sort((a, b) => b.count - a.count || newestOf(b).localeCompare(newestOf(a)));
}

function ruleIdOf({ cause }: Pick<OperationHit, 'cause'>): string | null {
  return cause?.split('/', 1)[0] ?? null;
}

const ACRONYM = /\b(?:cli|gpu|ib|id)\b/g;

/** `not-cached` as `not cached`, `gpu-memory` as `GPU memory`. */
function variantOf({ cause }: DigestCase): string {
  const name = (cause?.split('/', 2)[1] ?? 'other').replaceAll('-', ' ');
  return name.replace(ACRONYM, (acronym) => acronym.toUpperCase());
}

function titleOf(id: string | null): string {
  return (id === null ? null : ruleNamed(id))?.title ?? UNEXPLAINED;
}

/** Subjects of one kind: the markets if most headlines name one, otherwise the types of the operations. */
function subjectsOf(operations: readonly DigestCase[]): readonly string[] {
  const named = operations.filter(({ symbol, headline }) => symbol !== null && headline.includes(symbol));
  const isAboutMarkets = operations.every(({ symbol }) => symbol !== null) && named.length * 2 > operations.length;
  return operations.map((row) => (isAboutMarkets ? marketOf(row) : typeLabel(row.type)));
}

/** The most frequent first. */
function countsOf(names: readonly string[]): DigestGroup['about'] {
  return [...groupBy(names, (name) => name)]
    .map(([name, { length }]) => ({ name, count: length }))
    .sort((a, b) => b.count - a.count);
}

/** Both windows can contain an operation. The first hit, of the later window, is the more recent one. */
function unique(hits: readonly OperationHit[]): readonly OperationHit[] {
  const byId = groupBy(hits, ({ operationId, traceId }) => operationId ?? traceId ?? '');
  return [...byId.values()].flatMap((copies) => copies.slice(0, 1));
}

/** The end is excluded, because it belongs to the next window. */
function isIn(hit: OperationHit, { from, to }: TimeWindow): boolean {
  const at = Date.parse(failedAt(hit) ?? '') * 1000;
  return at >= from && at < to;
}

function failedAt({ endedAt, startedAt }: OperationHit): string | null {
  return endedAt ?? startedAt;
}

function newestOf({ operations }: DigestGroup): string {
  return operations[0]?.failedAt ?? '';
}

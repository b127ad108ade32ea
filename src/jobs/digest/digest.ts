/** Failed operations grouped by cause. Pure: what was found goes in, the digest comes out. */
import { RULES } from '../../diagnosis/rules/index.ts';
import { micros } from '../../diagnosis/trace.ts';
import { iso } from '../../diagnosis/words.ts';
import type { Digest, DigestCase, DigestGroup } from '../../formatters/reports/digest.ts';
import { about } from '../../formatters/reports/search-results.ts';
import type { TimeWindow } from '../ports.ts';
import type { OperationHit } from '../search/search-operations.ts';

/** A digest looks back no further. */
export const LONGEST_WINDOW_MS = 31 * 86_400_000;

const FALSE_ALARM = 'worker-lost/false-alarm';
const UNEXPLAINED = 'The traces do not show why.';

/** What a window and the one before it held; `before` is null when that could not be read. */
export interface DigestInput {
  readonly window: TimeWindow;
  readonly type: string | null;
  readonly hits: readonly OperationHit[];
  readonly before: readonly OperationHit[] | null;
  readonly gaps: readonly string[];
  /** Snoozed or muted where the digest is read. */
  isSilent?(hit: OperationHit): boolean;
}

/** An operation counts where it failed, not where it began: so that two windows side by side tell it once. */
export function digestOf({ window, type, hits, before, gaps, isSilent = () => false }: DigestInput): Digest {
  const all = unique([...hits, ...(before ?? [])]);
  // What nothing dates was at least found in this window.
  const now = all.filter((hit) => failedAt(hit) === null || isIn(hit, window));
  const earlier = before === null ? null : all.filter((hit) => isIn(hit, windowBefore(window)) && isFailure(hit));
  const failed = now.filter(isFailure);
  return {
    window: { from: iso(window.from), to: iso(window.to) },
    type,
    total: failed.length,
    before: earlier === null ? null : earlier.length,
    groups: groupsOf(
      failed.filter((hit) => !isSilent(hit)),
      earlier,
    ),
    silenced: failed.filter((hit) => isSilent(hit)).length,
    falseAlarms: now.filter(({ cause }) => cause === FALSE_ALARM).length,
    gaps: [...new Set(gaps)],
  };
}

/** Of the same length, right before. */
export function windowBefore({ from, to }: TimeWindow): TimeWindow {
  return { from: micros(from - (to - from)), to: from };
}

/** Refused starts among them; what the orphan detector failed by mistake is none. */
function isFailure({ status, cause }: OperationHit): boolean {
  return status === 'failed' && cause !== FALSE_ALARM;
}

function groupsOf(failed: readonly OperationHit[], earlier: readonly OperationHit[] | null): readonly DigestGroup[] {
  const byCause = grouped(failed, ({ cause }) => cause);
  const groups = [...byCause].map(([cause, hits]): DigestGroup => {
    const operations = hits
      .map((hit): DigestCase => ({ ...hit, failedAt: failedAt(hit) }))
      .sort((a, b) => (b.failedAt ?? '').localeCompare(a.failedAt ?? ''));
    const [first] = operations;
    const isOneStory = first !== undefined && operations.every(({ headline }) => headline === first.headline);
    return {
      cause,
      meaning: isOneStory ? first.headline : meaningOf(cause),
      count: hits.length,
      before: earlier === null ? null : earlier.filter((hit) => hit.cause === cause).length,
      about: isOneStory ? [] : namesIn(operations),
      operations,
    };
  });
  return groups.sort((a, b) => b.count - a.count || newestOf(b).localeCompare(newestOf(a)));
}

/** `rule/variant` in a sentence. */
function meaningOf(cause: string | null): string {
  const [id, variant] = (cause ?? '').split('/', 2);
  const rule = RULES.find((known) => known.id === id);
  if (rule === undefined) return UNEXPLAINED;
  return (variant === undefined ? undefined : rule.variants[variant]) ?? rule.title;
}

function namesIn(operations: readonly DigestCase[]): DigestGroup['about'] {
  const named = grouped(operations, (operation) => {
    const { symbol, timeframe } = operation;
    const market = [symbol, timeframe].filter((word) => word !== null).join(' ');
    return market === '' ? about(operation) : market;
  });
  return [...named].map(([name, own]) => ({ name, count: own.length })).sort((a, b) => b.count - a.count);
}

function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** The same operation can be found in both windows; the later look knows more. */
function unique(hits: readonly OperationHit[]): readonly OperationHit[] {
  const byName = new Map<string, OperationHit>();
  for (const hit of hits) {
    const name = hit.operationId ?? hit.traceId ?? '';
    if (!byName.has(name)) byName.set(name, hit);
  }
  return [...byName.values()];
}

/** A moment on the border belongs to the later window. */
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

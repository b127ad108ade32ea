/** Which spans are rows: those whose ancestors are all open, and while a search is on, its matches and their ancestors. */
import { FLAGS, type ReportData } from '../src/formatters/html/report-data.ts';

/** A trace of so few spans is shown open as a whole. */
const FEW = 200;
/** Of the spans that matter, as many are shown at first. */
const MOST_REVEALED = 300;

export type Rows = ReturnType<typeof createRows>;

export function createRows({ spans }: ReportData) {
  const { parent, flags, self } = spans;
  const length = parent.length;
  const depth = new Int32Array(length);
  /** Of the span and all below it. */
  const size = new Int32Array(length).fill(1);
  const failedBelow = new Int32Array(length);
  for (let at = 0; at < length; at += 1) depth[at] = parentOf(at) < 0 ? 0 : (depth[parentOf(at)] ?? 0) + 1;
  for (let at = length - 1; at >= 0; at -= 1) {
    const above = parentOf(at);
    if (above < 0) continue;
    size[above] = (size[above] ?? 0) + (size[at] ?? 0);
    failedBelow[above] = (failedBelow[above] ?? 0) + (failedBelow[at] ?? 0) + (has(at, FLAGS.failed) ? 1 : 0);
  }
  const opened = new Uint8Array(length);
  let found: { readonly shown: Uint8Array; readonly matches: Uint8Array; readonly opened: Uint8Array } | null = null;
  let shown: number[] = [];
  const rowOf = new Int32Array(length);
  const positions = new Int32Array(length);
  const sets = new Int32Array(length + 1);
  openFirst();
  refresh();

  function parentOf(at: number): number {
    return parent[at] ?? -1;
  }

  function has(at: number, flag: number): boolean {
    return ((flags[at] ?? 0) & flag) !== 0;
  }

  function isParent(at: number): boolean {
    return (size[at] ?? 1) > 1;
  }

  function isOpen(at: number): boolean {
    return (found?.opened ?? opened)[at] === 1;
  }

  function openFirst(): void {
    if (length <= FEW) {
      opened.fill(1);
      return;
    }
    const important = [...parent.keys()].filter((at) => has(at, FLAGS.failed | FLAGS.culprit | FLAGS.gap));
    const slowest = [...parent.keys()].filter((at) => (self[at] ?? 0) > 0);
    slowest.sort((a, b) => (self[b] ?? 0) - (self[a] ?? 0));
    const linked = [...parent.keys()].filter((at) => (spans.evidence[at]?.length ?? 0) > 0);
    for (const at of [...linked, ...important, ...slowest.slice(0, 20)].slice(0, MOST_REVEALED)) openAbove(at);
  }

  function openAbove(at: number): void {
    const all = found?.opened ?? opened;
    for (let above = parentOf(at); above >= 0; above = parentOf(above)) all[above] = 1;
  }

  function refresh(): void {
    shown = [];
    rowOf.fill(-1);
    sets.fill(0);
    for (let at = 0; at < length; ) {
      if (found !== null && found.shown[at] !== 1) {
        at += size[at] ?? 1;
        continue;
      }
      rowOf[at] = shown.push(at) - 1;
      const set = parentOf(at) + 1;
      sets[set] = (sets[set] ?? 0) + 1;
      positions[at] = sets[set] ?? 1;
      at += isOpen(at) ? 1 : (size[at] ?? 1);
    }
  }

  return {
    length,
    has,
    parentOf,
    isParent,
    isOpen,
    depthOf: (at: number) => depth[at] ?? 0,
    below: (at: number) => (size[at] ?? 1) - 1,
    failedBelow: (at: number) => failedBelow[at] ?? 0,
    shown: (): readonly number[] => shown,
    /** -1 for a span that is not shown. */
    rowOf: (at: number) => rowOf[at] ?? -1,
    /** Its place among the siblings that are shown, from 1, and their number. */
    placeOf: (at: number): readonly [number, number] => [positions[at] ?? 1, sets[parentOf(at) + 1] ?? 1],
    isMatch: (at: number) => found?.matches[at] === 1,
    setOpen(spansToSet: readonly number[], isOpenNow: boolean): void {
      for (const at of spansToSet) (found?.opened ?? opened)[at] = isOpenNow ? 1 : 0;
      refresh();
    },
    setAll(isOpenNow: boolean): void {
      (found?.opened ?? opened).fill(isOpenNow ? 1 : 0);
      refresh();
    },
    reveal(at: number): void {
      openAbove(at);
      refresh();
    },
    /** Null ends the search. */
    search(matches: Uint8Array | null): void {
      found =
        matches === null ? null : { matches, shown: withAncestors(matches), opened: new Uint8Array(length).fill(1) };
      refresh();
    },
  };

  function withAncestors(matches: Uint8Array): Uint8Array {
    const all = matches.slice();
    for (let at = length - 1; at >= 0; at -= 1) if (all[at] === 1 && parentOf(at) >= 0) all[parentOf(at)] = 1;
    return all;
  }
}

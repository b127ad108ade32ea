/** Whether an operation is slower than earlier ones of its kind, and where, at the same amount of work. */

import type { Facts } from '../facts/index.ts';
import type { Baseline } from '../finding.ts';
import type { Micros } from '../trace.ts';
import { iso, operationNoun } from '../words.ts';
import { type Comparison, compare, MIN_SAMPLES } from './comparison.ts';
import { earlierRuns, type Run, runOf } from './earlier-runs.ts';
import type { SegmentKind } from './time-breakdown.ts';

/** A phase, a wait, or a service, and what it usually takes. */
export interface ComparedTime {
  readonly name: string;
  /** Microseconds. */
  readonly length: number;
  readonly usual: Comparison;
}

export interface BaselineComparison {
  /** In words: `backtests of EURUSD 1h`. */
  readonly kind: string;
  /** How many earlier runs were compared, and the start of the oldest. */
  readonly n: number;
  readonly since: Micros | null;
  /** Microseconds, without what a fresh process needs before its first phase. */
  readonly length: number;
  readonly whole: Comparison | null;
  /** Only those of which there are enough in earlier runs; longest excess first. */
  readonly segments: readonly (ComparedTime & { readonly kind: SegmentKind })[];
  readonly services: readonly ComparedTime[];
  /** Phases that no earlier run had, and that all of them had. */
  readonly appeared: readonly string[];
  readonly vanished: readonly string[];
  /** No earlier run of its process is known: it had libraries to load and can't be compared. */
  readonly isFirst: boolean;
  /** False for a training run whose epochs weren't counted. */
  readonly isWorkKnown: boolean;
}

/** Null when no earlier run of its type is known. */
export function compareWithBaseline(facts: Facts): BaselineComparison | null {
  if (facts.type === null || facts.case.baseline.length + facts.case.neighbours.length === 0) return null;
  const run = runOf(facts);
  const earlier = run === null ? [] : earlierRuns(facts, run.at);
  if (run === null || earlier.length === 0) return null;
  const { runs, kind } = comparable(run, earlier, pluralOf(operationNoun(facts.type)));
  const seen = new Set(runs.flatMap(({ phases }) => phases));
  const always = [...seen].filter((name) => runs.every(({ phases }) => phases.includes(name)));
  const isEnough = runs.length >= MIN_SAMPLES;
  return {
    kind,
    n: runs.length,
    since: runs.at(-1)?.at ?? null,
    length: run.length,
    whole: comparePaced(run, runs, ({ length }) => length),
    segments: compareSegments(run, runs),
    services: compareServices(run, runs),
    appeared: isEnough ? [...new Set(run.phases)].filter((name) => !seen.has(name)) : [],
    vanished: isEnough ? always.filter((name) => !run.phases.includes(name)) : [],
    isFirst: run.worker !== null && !earlier.some(({ worker }) => worker === run.worker),
    isWorkKnown: facts.type !== 'training' || run.pace !== null,
  };
}

/** An excess of less than a second bothers no user. */
const MIN_EXCESS_US = 1_000_000;
/** Below this a phase says nothing about the process that ran it. */
const LEAST_PHASE = 10_000;
const LEAST_STRETCH = 1.5;
/** “About the same factor”: the largest of them against the smallest. */
const SAME_FACTOR = 3;
const WORK: ReadonlySet<SegmentKind> = new Set(['data-loading', 'ib', 'indicators', 'training-loop', 'backtest-loop']);

/** Slower than usual, as far as it can be compared at all. */
export function isSlower({ whole, isFirst, isWorkKnown }: BaselineComparison): boolean {
  return whole?.slower === true && !isFirst && isWorkKnown;
}

/** Slower by a margin that a user notices. */
export function isNoticeable({ whole, length }: BaselineComparison): boolean {
  return whole !== null && length - whole.median >= MIN_EXCESS_US;
}

/** Every phase of its work takes longer by about the same factor. */
export function isStretched({ segments, appeared }: BaselineComparison): boolean {
  const factors = segments
    .filter(({ kind, usual }) => WORK.has(kind) && usual.median >= LEAST_PHASE)
    .map(({ usual }) => usual.ratio);
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  return factors.length >= 2 && appeared.length === 0 && least >= LEAST_STRETCH && most <= SAME_FACTOR * least;
}

/** The comparison as it is published. */
export function baselineSummaryOf(usual: BaselineComparison): Baseline {
  const { whole, n, length, kind, since, isFirst, appeared, vanished } = usual;
  const part = ({ name, length, usual: { median, high, ratio, slower } }: ComparedTime) => ({
    name,
    thisMs: ms(length),
    typicalMs: ms(median),
    highMs: ms(high),
    ratio: Math.round(ratio * 100) / 100,
    slower,
  });
  return {
    comparedWith: n,
    verdict: verdictOf(usual),
    ratio: whole === null ? null : Math.round(whole.ratio * 100) / 100,
    typicalMs: whole === null ? null : ms(whole.median),
    highMs: whole === null ? null : ms(whole.high),
    thisMs: ms(length),
    kind,
    since: since === null ? null : iso(since),
    firstOfItsProcess: isFirst,
    phases: usual.segments.map(part),
    services: usual.services.map(part),
    appeared,
    vanished,
  };
}

function verdictOf(usual: BaselineComparison): Baseline['verdict'] {
  const { whole, isFirst, isWorkKnown } = usual;
  if (whole === null) return 'too-few';
  if (!isWorkKnown || (isFirst && whole.slower)) return 'incomparable';
  return isSlower(usual) ? 'slower' : 'not-slower';
}

function ms(us: number): number {
  return Math.round(us) / 1000;
}

/** The most similar runs of which there are enough; first runs of a process only where there are too few others. */
function comparable(
  run: Run,
  earlier: readonly Run[],
  nouns: string,
): { readonly runs: readonly Run[]; readonly kind: string } {
  const market = [run.symbol, run.timeframe].filter((text) => text !== null).join(' ');
  const sameMarket = earlier.filter(({ symbol, timeframe }) => symbol === run.symbol && timeframe === run.timeframe);
  const sameStrategy = sameMarket.filter(({ strategy }) => strategy !== null && strategy === run.strategy);
  const levels = [
    { runs: sameStrategy, kind: `${nouns} of ${market} with ${run.strategy}` },
    { runs: sameMarket, kind: market === '' ? nouns : `${nouns} of ${market}` },
  ];
  const { runs, kind } = levels.find((level) => level.runs.length >= MIN_SAMPLES) ?? {
    runs: earlier,
    kind: nouns,
  };
  const seasoned = runs.filter((one) => earlier.some(({ worker, at }) => worker === one.worker && at < one.at));
  return { runs: seasoned.length >= MIN_SAMPLES ? seasoned : runs, kind };
}

function compareSegments(run: Run, runs: readonly Run[]): BaselineComparison['segments'] {
  const kinds = new Set(run.segments.map(({ kind }) => kind));
  kinds.delete('warm-up');
  return [...kinds]
    .flatMap((kind) => {
      const lengthIn = ({ segments }: Run) => sumOf(segments.filter((segment) => segment.kind === kind));
      const usual = (kind === 'training-loop' ? comparePaced : compareLengths)(run, runs, lengthIn);
      const name = run.segments.find((segment) => segment.kind === kind)?.label ?? kind;
      return usual === null ? [] : [{ kind, name, length: lengthIn(run) ?? 0, usual }];
    })
    .sort(byExcess);
}

function compareServices(run: Run, runs: readonly Run[]): readonly ComparedTime[] {
  return [...new Set(run.services.map(({ service }) => nameOfService(service)))]
    .flatMap((name) => {
      const lengthIn = ({ services }: Run) => sumOf(services.filter(({ service }) => nameOfService(service) === name));
      const usual = compareLengths(run, runs, lengthIn);
      return usual === null ? [] : [{ name, length: lengthIn(run) ?? 0, usual }];
    })
    .sort(byExcess);
}

type LengthIn = (run: Run) => number | null;

function compareLengths(run: Run, runs: readonly Run[], lengthIn: LengthIn): Comparison | null {
  const length = lengthIn(run);
  const samples = runs.flatMap((one) => {
    const earlier = lengthIn(one);
    return earlier === null ? [] : [{ length: earlier, work: one.rows }];
  });
  return length === null ? null : compare({ length, work: run.rows }, samples);
}

/** Where epochs are counted, one epoch is compared, and the usual time is that of as many epochs as this run had. */
function comparePaced(run: Run, runs: readonly Run[], lengthIn: LengthIn): Comparison | null {
  const length = lengthIn(run);
  if (run.pace === null || length === null) return compareLengths(run, runs, lengthIn);
  const usual = compareLengths(run, runs, ({ pace }) => pace);
  const scale = length / run.pace;
  return usual === null ? null : { ...usual, median: usual.median * scale, high: usual.high * scale };
}

/** A worker's service name without its own ID: what all workers of its kind have in common. */
function nameOfService(service: string): string {
  return service.replace(/-[0-9a-f]{8}$/, '');
}

function sumOf(parts: readonly { readonly length: number }[]): number | null {
  return parts.length === 0 ? null : parts.reduce((sum, { length }) => sum + length, 0);
}

function byExcess(a: ComparedTime, b: ComparedTime): number {
  return b.length - b.usual.median - (a.length - a.usual.median) || (a.name < b.name ? -1 : 1);
}

function pluralOf(noun: string): string {
  return noun === 'dummy' ? 'dummy operations' : `${noun}s`;
}

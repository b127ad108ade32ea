/** Whether an operation is slower than earlier ones of its kind, and where, at the same amount of work. */

import type { Facts } from '../facts/index.ts';
import type { Baseline } from '../finding.ts';
import type { Micros } from '../trace.ts';
import { iso, operationNoun } from '../words.ts';
import { type Comparison, compare, MIN_SAMPLES, modeOf } from './comparison.ts';
import { earlierRuns, type Run, runOf } from './earlier-runs.ts';
import type { SegmentKind } from './time-breakdown.ts';

export interface ComparedTime {
  readonly name: string;
  /** Microseconds. */
  readonly length: number;
  readonly usual: Comparison;
}

export interface BaselineComparison {
  readonly kind: string;
  /** False when they may have run with other strategies, which take another time. */
  readonly isSameStrategy: boolean;
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
  const { runs, ...comparison } = comparable(run, earlier, facts.type);
  if (runs.length === 0) return null;
  const seen = new Set(runs.flatMap(({ phases }) => phases));
  const always = [...seen].filter((name) => runs.every(({ phases }) => phases.includes(name)));
  const isEnough = runs.length >= MIN_SAMPLES;
  const whole = comparePaced(run, runs, ({ length }) => length);
  return {
    ...comparison,
    n: runs.length,
    since: runs.at(-1)?.at ?? null,
    length: run.length,
    whole,
    segments: compareSegments(run, runs)
      .map((part) => within(whole, part))
      .sort(byExcess),
    services: compareServices(run, runs)
      .map((part) => within(whole, part))
      .sort(byExcess),
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

/** What a strategy computes, as opposed to what it is given. */
const STRATEGY_WORK: ReadonlySet<SegmentKind> = new Set(['indicators', 'training-loop', 'backtest-loop']);

export function dependsOnStrategy(kind: SegmentKind): boolean {
  return STRATEGY_WORK.has(kind);
}

/** Slower than usual, as far as it can be compared at all. */
export function isSlower({ whole, isFirst, isWorkKnown }: BaselineComparison): boolean {
  return whole?.slower === true && !isFirst && isWorkKnown;
}

/** Slower by a margin that a user notices. */
export function isNoticeable({ whole, length }: BaselineComparison): boolean {
  return whole !== null && length - whole.median >= MIN_EXCESS_US;
}

/** Every phase of its work takes longer by about the same factor. A strategy doesn't explain that of loading. */
export function isStretched({ segments, appeared, isSameStrategy }: BaselineComparison): boolean {
  const work = segments.filter(({ kind, usual }) => WORK.has(kind) && usual.median >= LEAST_PHASE);
  if (!isSameStrategy && work.every(({ kind }) => dependsOnStrategy(kind))) return false;
  const factors = work.map(({ usual }) => usual.ratio);
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  return factors.length >= 2 && appeared.length === 0 && least >= LEAST_STRETCH && most <= SAME_FACTOR * least;
}

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

interface ComparableRuns {
  readonly runs: readonly Run[];
  readonly kind: string;
  readonly isSameStrategy: boolean;
}

/**
 * Those of the same market and strategy; where too few are known to be, those that may be. Never others, nor beyond three times
 * the work that was seen. First runs of a process only where there are too few others.
 */
function comparable(run: Run, earlier: readonly Run[], type: string | null): ComparableRuns {
  const hasStrategy = type === 'training' || type === 'backtesting';
  const market = [run.symbol, run.timeframe].filter((text) => text !== null).join(' ');
  const nouns = `${market === '' ? '' : `${market} `}${operationNoun(type)}s`;
  const same = earlier.filter(({ symbol, timeframe }) => symbol === run.symbol && timeframe === run.timeframe);
  const isUnknown = run.strategy === null || same.some(({ strategy }) => strategy === null);
  const surely = same.filter(({ strategy }) => strategy === run.strategy && (strategy !== null || !hasStrategy));
  const maybe = same.filter(({ strategy }) => run.strategy === null || strategy === null || strategy === run.strategy);
  const isSure = !hasStrategy || surely.length >= MIN_SAMPLES || !isUnknown;
  const candidates = isSure ? surely : maybe;
  const seasoned = candidates.filter((one) => earlier.some(({ worker, at }) => worker === one.worker && at < one.at));
  const runs = seasoned.length >= MIN_SAMPLES ? seasoned : candidates;
  return {
    runs: isWithinReach(run, runs) ? ofItsMode(run, runs) : [],
    kind: isSure && run.strategy !== null ? `${nouns} with ${run.strategy}` : nouns,
    isSameStrategy: isSure,
  };
}

const REACH = 3;

/** How time grows with the work isn't known far beyond the work that was seen. */
function isWithinReach(run: Run, runs: readonly Run[]): boolean {
  return ([({ rows }: Run) => rows, ({ epochs }: Run) => epochs] as const).every((workOf) => {
    const [work, seen] = [workOf(run), runs.map(workOf).filter((one) => one !== null)];
    return (
      work === null || seen.length === 0 || (work <= REACH * Math.max(...seen) && REACH * work >= Math.min(...seen))
    );
  });
}

/** A run that loads from the cache isn't compared with one that downloads. */
function ofItsMode(run: Run, runs: readonly Run[]): readonly Run[] {
  const isPaced = run.pace !== null;
  const counted = isPaced ? runs.filter(({ pace }) => pace !== null) : runs;
  const sampleOf = ({ pace, length, rows }: Run) => ({ length: (isPaced ? pace : null) ?? length, work: rows });
  const mode = new Set(modeOf(sampleOf(run), counted.map(sampleOf)));
  return counted.filter((_, at) => mode.has(at));
}

/** A part never takes longer than the whole, although each was brought to the same amount of work by its own growth. */
function within<Part extends ComparedTime>(whole: Comparison | null, part: Part): Part {
  if (whole === null) return part;
  const median = Math.min(part.usual.median, whole.median);
  const ratio = median > 0 ? part.length / median : 1;
  return { ...part, usual: { ...part.usual, median, high: Math.min(part.usual.high, whole.high), ratio } };
}

function compareSegments(run: Run, runs: readonly Run[]): BaselineComparison['segments'] {
  const kinds = new Set(run.segments.map(({ kind }) => kind));
  kinds.delete('warm-up');
  return [...kinds].flatMap((kind) => {
    const lengthIn = ({ segments }: Run) => sumOf(segments.filter((segment) => segment.kind === kind));
    const usual = (kind === 'training-loop' ? comparePaced : compareLengths)(run, runs, lengthIn);
    const name = run.segments.find((segment) => segment.kind === kind)?.label ?? kind;
    return usual === null ? [] : [{ kind, name, length: lengthIn(run) ?? 0, usual }];
  });
}

function compareServices(run: Run, runs: readonly Run[]): readonly ComparedTime[] {
  return [...new Set(run.services.map(({ service }) => nameOfService(service)))].flatMap((name) => {
    const lengthIn = ({ services }: Run) => sumOf(services.filter(({ service }) => nameOfService(service) === name));
    const usual = compareLengths(run, runs, lengthIn);
    return usual === null ? [] : [{ name, length: lengthIn(run) ?? 0, usual }];
  });
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

/** If epochs are counted, the loop is compared per epoch: it is usual if it takes the usual time for this run's number of epochs. */
function comparePaced(run: Run, runs: readonly Run[], lengthIn: LengthIn): Comparison | null {
  const { pace } = run;
  const length = lengthIn(run);
  if (pace === null || length === null) return compareLengths(run, runs, lengthIn);
  const loopIn = (one: Run) => sumOf(one.segments.filter(({ kind }) => kind === 'training-loop'));
  const loop = loopIn(run) ?? length;
  return compareLengths(run, runs, (one) => {
    const earlier = lengthIn(one);
    if (one === run) return length;
    if (earlier === null || one.pace === null) return null;
    return (loop * one.pace) / pace + Math.max(0, earlier - (loopIn(one) ?? earlier));
  });
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

/** What an operation took against earlier ones of the same size, phase by phase. */

import type { OperationType } from '../case.ts';
import { typeOfOperationId } from '../subject.ts';
import { endOf, type Micros, micros, type Span } from '../trace.ts';
import type { Facts } from './index.ts';
import { phasesOf } from './phases.ts';
import { median } from './progress.ts';
import { operationNamedIn } from './scope.ts';
import { transitionsOf } from './transitions.ts';

export interface Comparison {
  readonly comparedWith: number;
  /** Median of the others, and this one. */
  readonly typical: Micros;
  readonly actual: Micros;
  /** How many times longer than usual each phase took; the time after the last phase counts as one. */
  readonly factors: readonly number[];
  /** Every phase alike, and enough to be noticed: not one of them is slow but the process. */
  readonly isStretched: boolean;
  readonly isAsLong: boolean;
}

/** Times longer than usual. A fresh process starts slowly, but then works as fast as any. */
const STRETCHED = 3;
const EVENLY = 4;
const USUAL = 1.5;
/** Microseconds. */
const NOTABLE = 10_000_000;

/** Fewer do not tell what is usual. */
export const ENOUGH = 5;

interface Profile {
  readonly type: OperationType | null;
  readonly rows: number | null;
  readonly total: Micros;
  readonly lengths: ReadonlyMap<string, number>;
}

/** A tenth more or fewer bars is the same work. */
const SAME_SIZE = 0.1;
const AFTERWARDS = 'after the last phase';

/** Null when it has not completed, or nothing comparable did. */
export function comparisonOf({ own, type, case: kase }: Facts): Comparison | null {
  const profile = profileOf(own, type);
  if (profile?.rows == null) return null;
  const traceIds = new Set(kase.traces.map(({ traceId }) => traceId));
  const others = kase.baseline
    .filter(({ traceId }) => !traceIds.has(traceId))
    .map(({ spans }) => profileOf(spans, typeIn(spans)))
    .filter((other) => other !== null && isAlike(profile, other));
  const usual = (name: string) => median(others.flatMap((other) => other?.lengths.get(name) ?? []));
  const typical = median(others.flatMap((other) => other?.total ?? []));
  if (typical === null) return null;
  const factors = [...profile.lengths].flatMap(([name, length]) => {
    const before = usual(name);
    return before === null || before === 0 ? [] : [length / before];
  });
  const least = Math.min(...factors);
  const isEven = factors.length >= 2 && least >= STRETCHED && Math.max(...factors) <= EVENLY * least;
  return {
    comparedWith: others.length,
    typical: micros(typical),
    actual: profile.total,
    factors,
    isStretched: isEven && profile.total - typical >= NOTABLE,
    isAsLong: profile.total <= USUAL * typical,
  };
}

function profileOf(spans: readonly Span[], type: OperationType | null): Profile | null {
  const transitions = transitionsOf(spans, null);
  const begin = transitions.find(({ to }) => to === 'running')?.at;
  const last = transitions.at(-1);
  const phases = phasesOf(spans).filter(({ kind }) => kind !== 'worker');
  if (begin === undefined || last?.to !== 'completed' || phases.length === 0) return null;
  const lengths = new Map<string, number>(phases.map(({ name, span }) => [name, span.duration]));
  lengths.set(AFTERWARDS, last.at - Math.max(...phases.map(({ span }) => endOf(span))));
  return {
    type,
    rows: phases.find(({ rows }) => rows !== null)?.rows ?? null,
    total: micros(last.at - begin),
    lengths,
  };
}

function isAlike(one: Profile, other: Profile): boolean {
  if (one.type !== other.type || one.rows === null || other.rows === null) return false;
  return Math.abs(one.rows - other.rows) <= SAME_SIZE * one.rows;
}

function typeIn(spans: readonly Span[]): OperationType | null {
  const id = operationNamedIn(spans);
  return id === null ? null : typeOfOperationId(id);
}

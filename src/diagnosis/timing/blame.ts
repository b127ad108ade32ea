/**
 * Which service an operation waited for, in the traces of any system.
 *
 *   frontend  |------- call -------|        before and after the response, the call waits on the way to `cart` and back:
 *   cart           |- response -|           that time is cart's, not that of the caller whose span it is
 */

import { tracesByOneClock } from '../facts/clocks.ts';
import { addressOf, endpointOf } from '../facts/endpoints.ts';
import { buildTree, type SpanTree } from '../facts/tree.ts';
import { endOf, type Span, type Trace } from '../trace.ts';
import { readText } from '../vocabulary/attributes.ts';
import { criticalPath, type WalkedPath } from './critical-path.ts';

/** A part of the critical path, and the service that it is attributed to. */
export interface AttributedTime {
  readonly service: string;
  /** The service that waited, when the time lies between a call and its callee. */
  readonly caller: string | null;
  readonly span: Span;
  /** Microseconds. */
  readonly length: number;
  /** The part that the way there and the way back have in common; the rest was waiting at one end. */
  readonly network: number;
}

export interface SlowService {
  readonly service: string;
  /** Microseconds of the path beyond the longest seen in healthy runs; without any to compare with, all its time. */
  readonly excess: number;
  /** Of the total excess, 0–1. */
  readonly share: number;
  /** The span that contributes most. */
  readonly span: Span;
}

/** With less than a tenth of the time in excess, no service is slow, and those with the most time come first. */
const MIN_EXCESS_SHARE = 0.1;
/** A caller whose calls to three of four callees are slow is slow itself. */
const COMMON = 0.75;
const FEWEST_CALLEES = 2;
/** Among so many samples the largest counts as an outlier. */
const MANY = 100;

/** Services by their excess time, the most suspicious first. `usual` are healthy traces of the same kind. */
export function blame(traces: readonly Trace[], usual: readonly Trace[]): readonly SlowService[] {
  const tree = buildTree(tracesByOneClock(traces));
  const path = criticalPath(tree);
  const times = attributeTime(tree, path);
  if (usual.length === 0) return rankServices(times.map((time) => ({ ...time, excess: time.length })));

  const longest = longestUsual(usual);
  const compared = times.map((time) => ({
    ...time,
    excess: Math.max(0, time.length - (longest.get(keyOfCall(time)) ?? 0)),
  }));
  const total = sum(compared.map(({ excess }) => excess));
  if (total < MIN_EXCESS_SHARE * path.total)
    return rankServices(times.map((time) => ({ ...time, service: time.caller ?? time.service, excess: time.length })));
  const slowCallers = callersSlowEverywhere(compared, total);
  return rankServices(
    compared.map((time) =>
      time.caller !== null && slowCallers.has(time.caller) ? { ...time, service: time.caller } : time,
    ),
  );
}

/** The parts of a path with their services; they add up to its total. A gap without a span goes to the next span's service. */
export function attributeTime(tree: SpanTree, path: WalkedPath): readonly AttributedTime[] {
  const times: AttributedTime[] = [];
  for (let at = 0; at < path.self.length; at += 1) {
    const [span, length = 0] = [tree.spans[at], path.self[at]];
    if (span === undefined || length <= 0) continue;
    const callee = calleeOf(tree, at, span);
    times.push(
      callee === null
        ? { service: span.service, caller: null, span, length, network: 0 }
        : { service: callee.service, caller: span.service, span, length, network: Math.min(length, callee.network) },
    );
  }
  for (const { before, length } of path.gaps)
    times.push({ service: before.service, caller: null, span: before, length, network: 0 });
  return times;
}

interface Callee {
  readonly service: string;
  readonly network: number;
}

/** The service that a span does nothing but call; null when it may have worked itself. */
function calleeOf({ spans, children, firstChild }: SpanTree, at: number, span: Span): Callee | null {
  const [from = 0, to = 0] = [firstChild[at], firstChild[at + 1]];
  const first = spans[children[from] ?? -1];
  if (from === to || first === undefined) return peerOf(span);
  if (first.service === span.service) return null;
  let lastEnd = 0;
  for (let i = from; i < to; i += 1) {
    const child = spans[children[i] ?? -1];
    if (child?.service !== first.service) return null;
    lastEnd = Math.max(lastEnd, endOf(child));
  }
  const [wayThere, wayBack] = [first.start - span.start, endOf(span) - lastEnd];
  return { service: first.service, network: 2 * Math.max(0, Math.min(wayThere, wayBack)) };
}

/** A callee that exports nothing is known by its address. The time of a failed call stays with the caller. */
function peerOf(span: Span): Callee | null {
  if (span.kind !== 'client' || span.status.code === 'error') return null;
  const url = readText(span, 'httpUrl');
  const endpoint = url === null ? null : endpointOf(url);
  const service = readText(span, 'peerName') ?? (endpoint === null ? null : addressOf(endpoint));
  return service === null ? null : { service, network: 0 };
}

/** The longest time of each call in healthy runs; per call, because traces of one kind differ in how many calls they make. */
function longestUsual(usual: readonly Trace[]): ReadonlyMap<string, number> {
  const lengths = new Map<string, number[]>();
  for (const trace of usual) {
    const tree = buildTree(tracesByOneClock([trace]));
    for (const time of attributeTime(tree, criticalPath(tree))) {
      const known = lengths.get(keyOfCall(time));
      if (known === undefined) lengths.set(keyOfCall(time), [time.length]);
      else known.push(time.length);
    }
  }
  return new Map([...lengths].map(([key, seen]) => [key, longestOf(seen)]));
}

function longestOf(lengths: readonly number[]): number {
  const sorted = lengths.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - 1 / MANY)))] ?? 0;
}

function keyOfCall({ service, caller, span }: AttributedTime): string {
  return JSON.stringify([caller, service, span.name]);
}

/** When calls to most of its callees are slow, the one thing they share is the caller: its processor, its network. */
function callersSlowEverywhere(times: readonly (AttributedTime & { readonly excess: number })[], total: number) {
  const ways = new Map<string, Map<string, number>>();
  for (const { caller, service, excess } of times) {
    if (caller === null) continue;
    const callees = ways.get(caller) ?? new Map<string, number>();
    callees.set(service, (callees.get(service) ?? 0) + excess);
    ways.set(caller, callees);
  }
  const slow = new Set<string>();
  for (const [caller, callees] of ways) {
    const affected = [...callees.values()].filter((excess) => excess > 0.02 * total).length;
    if (affected >= FEWEST_CALLEES && affected >= COMMON * callees.size) slow.add(caller);
  }
  return slow;
}

function rankServices(times: readonly (AttributedTime & { readonly excess: number })[]): readonly SlowService[] {
  const all = sum(times.map(({ excess }) => excess));
  const byService = new Map<
    string,
    { excess: number; length: number; most: AttributedTime & { readonly excess: number } }
  >();
  for (const time of times) {
    const known = byService.get(time.service);
    if (known === undefined) byService.set(time.service, { excess: time.excess, length: time.length, most: time });
    else {
      known.excess += time.excess;
      known.length += time.length;
      if (time.excess > known.most.excess) known.most = time;
    }
  }
  return [...byService]
    .sort(([a, x], [b, y]) => y.excess - x.excess || y.length - x.length || (a < b ? -1 : 1))
    .map(([service, { excess, most }]) => ({ service, excess, share: all === 0 ? 0 : excess / all, span: most.span }));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

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
import { groupBy } from './group-by.ts';

/** A part of the critical path, and the service that it is attributed to. */
export interface AttributedTime {
  readonly service: string;
  /** The service that waited, when the time lies between a call and its callee. */
  readonly caller: string | null;
  readonly span: Span;
  /** Microseconds. */
  readonly length: number;
  /** The part that the way to the callee and the way back have in common; the rest was waiting at one end. */
  readonly network: number;
  /** Whether the callee's own span shows that it wasn't working then. */
  readonly answered: boolean;
}

export interface SlowService {
  readonly service: string;
  /** Microseconds of the path beyond what healthy runs need; without any to compare with, all its time. */
  readonly excess: number;
  /** Share of the total excess, 0–1. */
  readonly share: number;
  /** The span that contributes most. */
  readonly span: Span;
}

export interface ExcessTime extends AttributedTime {
  /** Microseconds beyond what healthy runs need. */
  readonly excess: number;
}

/** Services by their excess time, the most suspicious first. `usual` are healthy traces of the same kind. */
export function blame(traces: readonly Trace[], usual: readonly Trace[]): readonly SlowService[] {
  return rankServices(chargeUnevenCalls(chargeSlowCallers(excessTimes(traces, usual))));
}

/** The critical path of the traces, each part with its excess over healthy ones. */
export function excessTimes(traces: readonly Trace[], usual: readonly Trace[]): readonly ExcessTime[] {
  const limits = limitsOf(usual);
  return timesOf(traces).map((time) => ({
    ...time,
    excess: Math.max(0, time.length - (limits.get(keyOfCall(time)) ?? 0)),
  }));
}

/** The share of the calls to a callee, or of the callees of a caller, that are slow if what they have in common is slow. */
const COMMON = 0.75;
const FEWEST_CALLEES = 2;
/** The share of the excess below which a call isn't slow. */
const LEAST_SHARE = 0.05;

/** When calls to most of its callees are slow, the one thing they share is the caller: its processor, its network. */
export function chargeSlowCallers(times: readonly ExcessTime[]): readonly ExcessTime[] {
  const least = LEAST_SHARE * sumOfExcess(times);
  const slow = new Set<string | null>();
  for (const [caller, calls] of groupBy(times.filter(isAnswered), ({ caller }) => caller)) {
    const callees = [...groupBy(calls, ({ service }) => service).values()].map(sumOfExcess);
    const affected = callees.filter((excess) => excess > least).length;
    if (affected >= FEWEST_CALLEES && affected >= COMMON * callees.length) slow.add(caller);
  }
  return chargeCallers(times, ({ caller }) => slow.has(caller));
}

/** If only some calls to a place are slow, the callee isn't slow: they waited in the caller or on the way. */
function chargeUnevenCalls(times: readonly ExcessTime[]): readonly ExcessTime[] {
  const least = LEAST_SHARE * sumOfExcess(times);
  const wayOf = ({ caller, service }: ExcessTime) => JSON.stringify([caller, service]);
  const uneven = new Set<string>();
  for (const [way, calls] of groupBy(times.filter(isAnswered), wayOf)) {
    const affected = calls.filter(({ excess }) => excess > least).length;
    if (affected < COMMON * calls.length) uneven.add(way);
  }
  return chargeCallers(times, (time) => uneven.has(wayOf(time)));
}

/** A callee without spans may have worked all the time: only callees whose spans show when they worked reveal the time on the way. */
function isAnswered({ answered }: ExcessTime): boolean {
  return answered;
}

function chargeCallers(times: readonly ExcessTime[], isCharged: (time: ExcessTime) => boolean): readonly ExcessTime[] {
  return times.map((time) =>
    time.caller !== null && time.answered && isCharged(time)
      ? { ...time, service: time.caller, caller: null, answered: false }
      : time,
  );
}

function timesOf(traces: readonly Trace[]): readonly AttributedTime[] {
  const tree = buildTree(tracesByOneClock(traces));
  return attributeTime(tree, criticalPath(tree));
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
        ? { service: span.service, caller: null, span, length, network: 0, answered: false }
        : { ...callee, caller: span.service, span, length, network: Math.min(length, callee.network) },
    );
  }
  for (const { before, length } of path.gaps)
    times.push({ service: before.service, caller: null, span: before, length, network: 0, answered: false });
  return times;
}

interface Callee {
  readonly service: string;
  readonly network: number;
  readonly answered: boolean;
}

/** The service, if all that a span does is call it; null if the span may have done other work. */
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
  return { service: first.service, network: 2 * Math.max(0, Math.min(wayThere, wayBack)), answered: true };
}

/** A callee that exports nothing is known by its address. The time of a failed call stays with the caller. */
function peerOf(span: Span): Callee | null {
  if (span.kind !== 'client' || span.status.code === 'error') return null;
  const url = readText(span, 'httpUrl');
  const endpoint = url === null ? null : endpointOf(url);
  const service = readText(span, 'peerName') ?? (endpoint === null ? null : addressOf(endpoint));
  return service === null ? null : { service, network: 0, answered: false };
}

const SIGMAS = 3;

/**
 * What no healthy call exceeds: the longest of each, or three standard deviations above their mean, because a few calls don't
 * show how much they vary. Per call, because traces of one kind differ in how many calls they make.
 */
function limitsOf(usual: readonly Trace[]): ReadonlyMap<string, number> {
  const times = usual.flatMap((trace) => timesOf([trace]));
  return new Map(
    [...groupBy(times, keyOfCall)].map(([key, calls]) => {
      const lengths = calls.map(({ length }) => length);
      const mean = sum(lengths) / lengths.length;
      const deviation = Math.sqrt(sum(lengths.map((length) => (length - mean) ** 2)) / lengths.length);
      return [key, lengths.reduce((longest, length) => Math.max(longest, length), mean + SIGMAS * deviation)];
    }),
  );
}

function keyOfCall({ service, caller, span }: AttributedTime): string {
  return JSON.stringify([caller, service, span.name]);
}

export function rankServices(times: readonly ExcessTime[]): readonly SlowService[] {
  const all = sumOfExcess(times);
  return [...groupBy(times, ({ service }) => service)]
    .map(([service, ofService]) => ({
      service,
      excess: sumOfExcess(ofService),
      length: sum(ofService.map(({ length }) => length)),
      span: ofService.reduce((most, time) => (time.excess > most.excess ? time : most)).span,
    }))
    .sort((a, b) => b.excess - a.excess || b.length - a.length || (a.service < b.service ? -1 : 1))
    .map(({ service, excess, span }) => ({ service, excess, share: all === 0 ? 0 : excess / all, span }));
}

function sumOfExcess(times: readonly ExcessTime[]): number {
  return sum(times.map(({ excess }) => excess));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

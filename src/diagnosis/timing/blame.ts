/**
 * Which service an operation waited for, in any system's traces: nothing here knows ktrdr.
 *
 *   frontend  |------- call -------|        before and after the answer, the call waits on the way to `cart` and back:
 *   cart            |- answer -|            that time is charged to cart, not to the caller whose span it is
 */

import { addressOf, endpointOf } from '../facts/endpoints.ts';
import { buildTree, type SpanTree } from '../facts/tree.ts';
import { endOf, type Span, type Trace } from '../trace.ts';
import { readText } from '../vocabulary/attributes.ts';
import { criticalPath, type WalkedPath } from './critical-path.ts';

/** A part of the critical path, and who answers for it. */
export interface AttributedTime {
  readonly service: string;
  /** Who waited, when the time lies between a call and its callee. */
  readonly caller: string | null;
  readonly span: Span;
  /** Microseconds. */
  readonly length: number;
  /** Of them, what the way there and the way back took alike; the rest was waiting at one end. */
  readonly network: number;
}

export interface SlowService {
  readonly service: string;
  /** Microseconds of the path beyond the longest seen in healthy runs; without any to compare with, all that is charged to it. */
  readonly excess: number;
  /** Of all the excess, 0–1. */
  readonly share: number;
  /** The span that contributes most. */
  readonly span: Span;
}

/** Below a tenth of the time nothing is in excess: then nobody is slow, and those who own most of it come first. */
const MIN_EXCESS_SHARE = 0.1;
/** A caller whose calls to three of four callees are slow is slow itself. */
const COMMON = 0.75;
const FEWEST_CALLEES = 2;
/** Of so many samples the largest is taken for an outlier. */
const MANY = 100;

/** Services by how much they are to blame, first the one to look at. `usual` are healthy traces of the same kind. */
export function blame(traces: readonly Trace[], usual: readonly Trace[]): readonly SlowService[] {
  const tree = buildTree(traces);
  const path = criticalPath(tree);
  const charges = attributeTime(tree, path);
  if (usual.length === 0) return rankServices(charges.map((charge) => ({ ...charge, excess: charge.length })));

  const longest = longestUsual(usual);
  const compared = charges.map((charge) => ({
    ...charge,
    excess: Math.max(0, charge.length - (longest.get(placeOf(charge)) ?? 0)),
  }));
  const total = sum(compared.map(({ excess }) => excess));
  if (total < MIN_EXCESS_SHARE * path.total)
    return rankServices(
      charges.map((charge) => ({ ...charge, service: charge.caller ?? charge.service, excess: charge.length })),
    );
  const slowCallers = callersSlowEverywhere(compared, total);
  return rankServices(
    compared.map((charge) =>
      charge.caller !== null && slowCallers.has(charge.caller) ? { ...charge, service: charge.caller } : charge,
    ),
  );
}

/** Who answers for each part of a path; the parts add up to its total. Gaps without a span are the next reporter's. */
export function attributeTime(tree: SpanTree, path: WalkedPath): readonly AttributedTime[] {
  const charges: AttributedTime[] = [];
  for (let at = 0; at < path.self.length; at += 1) {
    const [span, length = 0] = [tree.spans[at], path.self[at]];
    if (span === undefined || length <= 0) continue;
    const callee = calleeOf(tree, at, span);
    charges.push(
      callee === null
        ? { service: span.service, caller: null, span, length, network: 0 }
        : { service: callee.service, caller: span.service, span, length, network: Math.min(length, callee.network) },
    );
  }
  for (const { before, length } of path.gaps)
    charges.push({ service: before.service, caller: null, span: before, length, network: 0 });
  return charges;
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

/** A callee that exports nothing is known by its address. A call that failed is its owner's affair. */
function peerOf(span: Span): Callee | null {
  if (span.kind !== 'client' || span.status.code === 'error') return null;
  const url = readText(span, 'httpUrl');
  const endpoint = url === null ? null : endpointOf(url);
  const service = readText(span, 'peerName') ?? (endpoint === null ? null : addressOf(endpoint));
  return service === null ? null : { service, network: 0 };
}

/** The longest that each place took in healthy runs, by call: traces of one kind differ in how many calls they make. */
function longestUsual(usual: readonly Trace[]): ReadonlyMap<string, number> {
  const lengths = new Map<string, number[]>();
  for (const trace of usual) {
    const tree = buildTree([trace]);
    for (const charge of attributeTime(tree, criticalPath(tree))) {
      const known = lengths.get(placeOf(charge));
      if (known === undefined) lengths.set(placeOf(charge), [charge.length]);
      else known.push(charge.length);
    }
  }
  return new Map([...lengths].map(([place, seen]) => [place, longestOf(seen)]));
}

function longestOf(lengths: readonly number[]): number {
  const sorted = lengths.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - 1 / MANY)))] ?? 0;
}

function placeOf({ service, caller, span }: AttributedTime): string {
  return JSON.stringify([caller, service, span.name]);
}

/** When calls to most of its callees are slow, the one thing they share is the caller: its processor, its network. */
function callersSlowEverywhere(charges: readonly (AttributedTime & { readonly excess: number })[], total: number) {
  const ways = new Map<string, Map<string, number>>();
  for (const { caller, service, excess } of charges) {
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

function rankServices(charges: readonly (AttributedTime & { readonly excess: number })[]): readonly SlowService[] {
  const all = sum(charges.map(({ excess }) => excess));
  const byService = new Map<
    string,
    { excess: number; length: number; most: AttributedTime & { readonly excess: number } }
  >();
  for (const charge of charges) {
    const known = byService.get(charge.service);
    if (known === undefined)
      byService.set(charge.service, { excess: charge.excess, length: charge.length, most: charge });
    else {
      known.excess += charge.excess;
      known.length += charge.length;
      if (charge.excess > known.most.excess) known.most = charge;
    }
  }
  return [...byService]
    .sort(([a, x], [b, y]) => y.excess - x.excess || y.length - x.length || (a < b ? -1 : 1))
    .map(([service, { excess, most }]) => ({ service, excess, share: all === 0 ? 0 : excess / all, span: most.span }));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** What an answer marks, and what its trace link points to: the failure itself, or the time without any span. */
import { refOf } from './evidence.ts';
import type { Facts } from './facts/index.ts';
import { extentOf } from './facts/tree.ts';
import type { Gap, SpanRef } from './finding.ts';
import { endOf, type Micros, type Span } from './trace.ts';
import { readText } from './vocabulary/attributes.ts';
import { TRANSITION_SPAN } from './vocabulary/operations.ts';

/** A state transition only repeats an error: the span that raised it is the culprit, when it was exported. */
export function culpritOf(facts: Facts, found: Span | SpanRef | null): SpanRef | null {
  if (found === null || !('start' in found)) return found;
  const isRepeated = found.name === TRANSITION_SPAN;
  return refOf((isRepeated ? raisedBefore(facts, found) : null) ?? found);
}

/** The innermost span that raised the error of the transition; of several attempts, the last one's. */
function raisedBefore({ errors, tree }: Facts, transition: Span): Span | null {
  const reported = readText(transition, 'operationError');
  if (reported === null) return null;
  const raised = errors.all.filter(
    ({ span, message }) =>
      span !== transition &&
      span.start <= transition.start &&
      message !== '' &&
      (reported.includes(message) || message.includes(reported)),
  );
  const spans = new Set(raised.map(({ span }) => span));
  const outer = new Set([...spans].flatMap((span) => tree.ancestorsOf(span)));
  return [...spans].findLast((span) => !outer.has(span)) ?? null;
}

/** The gap between the last sign of life (`since`, or the last span before `to`) and `to`; null if there is none. */
export function gapBetween(facts: Facts, since: Micros | null, to: Micros): Gap | null {
  const extent = extentOf(facts.activity);
  if (extent === null) return null;
  let from: number = since ?? extent.start;
  for (const span of facts.activity) if (endOf(span) <= to) from = Math.max(from, endOf(span));
  return to <= from ? null : { startMs: (from - extent.start) / 1000, durationMs: (to - from) / 1000 };
}

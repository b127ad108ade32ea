/**
 * Turns received times into times that every reader can show and subtract. Some clients use other units, omit times, or send
 * values that wrapped around. Recognized errors are corrected, other bad times are replaced by the nearest known time, and both
 * add a warning.
 */

import { isPlausibleTime, type Micros, micros, type Span, type SpanEvent } from '../../../diagnosis/trace.ts';
import { ATTRIBUTE } from '../../../diagnosis/vocabulary/attributes.ts';
import { timeOfOperationId } from '../../../diagnosis/vocabulary/subject.ts';
import { iso } from '../../../diagnosis/words.ts';
import { plural } from '../../../language/plurals.ts';

const [OPERATION_ID] = ATTRIBUTE.operationId;

/** Takes one sentence about the trace. */
type Say = (sentence: string) => void;

/** The factor that turns nanoseconds, milliseconds or seconds into the expected microseconds. */
export type Unit = 1 | 0.001 | 1000 | 1_000_000;

const UNITS: readonly Unit[] = [1, 0.001, 1000, 1_000_000];
const LONGEST_DURATION = 10 * 365 * 86_400_000_000;
/** A later time plus a duration isn't an exact integer in a double. */
const LATEST = Number.MAX_SAFE_INTEGER - LONGEST_DURATION;
const MOST_NAMES = 3;

/** The unit in which every start of a document is plausible; microseconds when there is none. */
export function unitOf(spans: readonly Span[]): Unit {
  const starts = spans.filter(({ start }) => start > 0);
  return UNITS.find((unit) => starts.every(({ start }) => isPlausibleTime(start * unit))) ?? 1;
}

/** The spans of one trace with usable times. `start`, `duration` and event times may be any number before, NaN included. */
export function withUsableTimes(spans: readonly Span[], unit: Unit, say: Say): readonly Span[] {
  if (unit === 1 && spans.every(isUsable)) return spans;
  const scaled = unit === 1 ? spans : rescaled(spans, unit, say);
  const known = knownStarts(scaled, say);
  const startless = scaled.filter((span) => !known.has(span));
  const endless = scaled.filter(({ duration }) => !isDuration(duration));
  if (startless.length === 1)
    say(`Span ${namesOf(startless)} has no usable start; the start of its parent or trace is used.`);
  else if (startless.length > 1)
    say(
      `${startless.length} spans have no usable start (${namesOf(startless)}); the start of their parent or trace is used.`,
    );
  if (endless.length === 1) say(`Span ${namesOf(endless)} has no usable end; its duration is set to zero.`);
  else if (endless.length > 1)
    say(`${endless.length} spans have no usable end (${namesOf(endless)}); their durations are set to zero.`);
  const startOf = createStarts(scaled, known, fallbackOf(scaled, known));
  const settled = scaled.map((span) => {
    const duration = micros(isDuration(span.duration) ? span.duration : 0);
    return { ...span, start: startOf(span), duration };
  });
  return withUsableEvents(settled, unit, say);
}

function isUsable({ start, duration, events }: Span): boolean {
  return (
    isPlausibleTime(start) &&
    Number.isInteger(start) &&
    isDuration(duration) &&
    Number.isInteger(duration) &&
    events.every(({ time }) => isPlausibleTime(time) && Number.isInteger(time))
  );
}

function isDuration(duration: number): boolean {
  return duration >= 0 && duration <= LONGEST_DURATION;
}

/**
 * Durations may use another unit than start times. They are converted too, unless more children would then start outside of
 * their parents.
 */
function rescaled(spans: readonly Span[], unit: Unit, say: Say): readonly Span[] {
  const moved = spans.map((span) => ({ ...span, start: (span.start * unit) as Micros }));
  const stretched = moved.map((span) => ({ ...span, duration: (span.duration * unit) as Micros }));
  const areStretched = childrenHeld(stretched) >= childrenHeld(moved);
  const what = areStretched ? 'Times' : 'Start times';
  say(
    unit < 1
      ? `${what} were 1,000 times too large, as if in nanoseconds, and were divided by 1,000.`
      : `${what} were ${unit === 1000 ? '1,000' : '1,000,000'} times too small, as if in ${unit === 1000 ? 'milliseconds' : 'seconds'}, and were multiplied.`,
  );
  return areStretched ? stretched : moved;
}

function childrenHeld(spans: readonly Span[]): number {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans.filter(({ parentId, start }) => {
    const parent = byId.get(parentId ?? '');
    return parent !== undefined && start >= parent.start && start <= parent.start + parent.duration;
  }).length;
}

/** The spans whose start is plausible. If there are none, as in a hand-written trace, nonzero starts are kept for their order. */
function knownStarts(spans: readonly Span[], say: Say): ReadonlySet<Span> {
  const plausible = spans.filter(({ start }) => isPlausibleTime(start));
  if (plausible.length > 0) return new Set(plausible);
  const possible = spans.filter(({ start }) => start >= 0 && start <= LATEST);
  const first = possible.reduce((earliest, { start }) => Math.min(earliest, start), LATEST);
  if (possible.every(({ start }) => start === 0)) return new Set();
  say(`Its times, which start at ${iso(micros(first))}, can’t be right; they are shown as received.`);
  return new Set(possible);
}

/** The start of a trace from its spans with plausible times, else from its events, else from the ID of its operation. */
function fallbackOf(spans: readonly Span[], known: ReadonlySet<Span>): Micros {
  const starts = [...known].map(({ start }) => start);
  const times = spans.flatMap(({ events }) => events.map(({ time }) => time)).filter(isPlausibleTime);
  const ids = spans.map(({ attributes }) => timeOfOperationId(String(attributes[OPERATION_ID] ?? '')));
  const best = [starts, times, ids.filter((time) => time !== null)].find((list) => list.length > 0) ?? [];
  return micros(best.reduce((earliest, time) => Math.min(earliest, time), best[0] ?? 0));
}

/** The start of a span, or of the nearest ancestor whose start is known. */
function createStarts(spans: readonly Span[], known: ReadonlySet<Span>, fallback: Micros): (span: Span) => Micros {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const found = new Map<Span, Micros>();
  return (span) => {
    const path: Span[] = [];
    let at: Span | undefined = span;
    while (at !== undefined && !known.has(at) && !found.has(at)) {
      // Guards against cycles of parents.
      found.set(at, fallback);
      path.push(at);
      at = byId.get(at.parentId ?? '');
    }
    const start = at === undefined ? fallback : (found.get(at) ?? micros(at.start));
    for (const one of path) found.set(one, start);
    return start;
  };
}

function withUsableEvents(spans: readonly Span[], unit: Unit, say: Say): readonly Span[] {
  let lost = 0;
  const timeOf = ({ time }: SpanEvent, { start }: Span): Micros => {
    // The events of a span may have the right unit when its start doesn't, and vice versa.
    const right = [time, time * unit].find(isPlausibleTime);
    if (right !== undefined) return micros(right);
    if (!isPlausibleTime(start) && time >= 0 && time <= LATEST) return micros(time);
    lost += 1;
    return start;
  };
  const settled = spans.map((span) => ({
    ...span,
    events: span.events.map((event) => ({ ...event, time: timeOf(event, span) })).toSorted((a, b) => a.time - b.time),
  }));
  if (lost > 0) say(`${plural(lost, 'event')} had no usable time; the start of the span is used.`);
  return settled;
}

function namesOf(spans: readonly Span[]): string {
  const names = [...new Set(spans.map(({ name }) => `"${name}"`))];
  return names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
}

/** Spans by name. A large trace repeats a few names: to judge each name once is quicker than to judge each span. */
import type { Span } from '../trace.ts';

/** For each name the places in the list, ascending. */
type SpanPositions = ReadonlyMap<string, readonly number[]>;

const known = new WeakMap<readonly Span[], SpanPositions>();

export function positionsByName(spans: readonly Span[]): SpanPositions {
  const places = known.get(spans) ?? placesIn(spans);
  known.set(spans, places);
  return places;
}

/** Those whose name is wanted, in their order. */
export function spansNamed(spans: readonly Span[], isWanted: (span: Pick<Span, 'name'>) => boolean): readonly Span[] {
  const lists = [...positionsByName(spans)].flatMap(([name, places]) => (isWanted({ name }) ? [places] : []));
  const [first = [], second] = lists;
  return (second === undefined ? first : lists.flat().sort((a, b) => a - b))
    .map((place) => spans[place])
    .filter((span) => span !== undefined);
}

function placesIn(spans: readonly Span[]): SpanPositions {
  const places = new Map<string, number[]>();
  for (const [place, { name }] of spans.entries()) {
    const same = places.get(name);
    if (same === undefined) places.set(name, [place]);
    else same.push(place);
  }
  return places;
}

/** Spans by name. A large trace repeats a few names, so checking each name once is quicker than checking each span. */
import type { Span } from '../trace.ts';

/** For each name the positions in the list, ascending. */
type SpanPositions = ReadonlyMap<string, readonly number[]>;

const known = new WeakMap<readonly Span[], SpanPositions>();

export function positionsByName(spans: readonly Span[]): SpanPositions {
  const positions = known.get(spans) ?? positionsIn(spans);
  known.set(spans, positions);
  return positions;
}

/** The spans with the requested names, in their order. */
export function spansNamed(spans: readonly Span[], isWanted: (span: Pick<Span, 'name'>) => boolean): readonly Span[] {
  const lists = [...positionsByName(spans)].flatMap(([name, positions]) => (isWanted({ name }) ? [positions] : []));
  const [first = [], second] = lists;
  return (second === undefined ? first : lists.flat().sort((a, b) => a - b))
    .map((position) => spans[position])
    .filter((span) => span !== undefined);
}

function positionsIn(spans: readonly Span[]): SpanPositions {
  const positions = new Map<string, number[]>();
  for (const [position, { name }] of spans.entries()) {
    const same = positions.get(name);
    if (same === undefined) positions.set(name, [position]);
    else same.push(position);
  }
  return positions;
}

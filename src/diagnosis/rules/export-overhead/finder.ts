import { median } from '../../facts/progress.ts';
import { type Micros, micros, type Span } from '../../trace.ts';
import { positionsByName } from '../../vocabulary/span-names.ts';

/** How much a trace carries, and what of. */
export interface Volume {
  readonly spans: number;
  /** The name that most spans have. */
  readonly name: string;
  readonly ofThatName: number;
  readonly typical: Micros;
  readonly example: Span;
  readonly largest: { readonly span: string; readonly key: string; readonly characters: number };
  /** Status polls of somebody who followed the operation. */
  readonly isPolling: boolean;
}

export function volumeOf(spans: readonly Span[]): Volume | null {
  const [most] = [...positionsByName(spans)].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const example = spans[most?.[1][0] ?? -1];
  if (most === undefined || example === undefined) return null;
  const [name, places] = most;
  return {
    spans: spans.length,
    name,
    ofThatName: places.length,
    typical: micros(median(places.map((place) => spans[place]?.duration ?? 0)) ?? 0),
    example,
    largest: largestAttribute(spans),
    isPolling: /^GET\b/.test(name),
  };
}

function largestAttribute(spans: readonly Span[]): Volume['largest'] {
  let largest = { span: '', key: '', characters: 0 };
  for (const span of spans) {
    for (const key in span.attributes) {
      const value = span.attributes[key];
      if (typeof value === 'string' && value.length > largest.characters)
        largest = { span: span.name, key, characters: value.length };
    }
  }
  return largest;
}

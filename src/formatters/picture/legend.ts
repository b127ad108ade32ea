import { plural } from '../../language/plurals.ts';
import type { ChartStep } from './chart.ts';
import {
  beginsTrace,
  COLOURS,
  colourOf,
  cross,
  dashes,
  line,
  MARGIN,
  NORMAL,
  round,
  serviceName,
  text,
  WIDTH,
} from './marks.ts';
import { widthOf } from './text-width.ts';

interface Entry {
  readonly words: string;
  /** Null for words alone. */
  readonly draw: ((at: number) => string) | null;
}

const SIGN = 20;
const GAP = 22;

/** One line: which colour is which service, and what the marks mean that occur. */
export function legend(services: readonly string[], steps: readonly ChartStep[], y: number): readonly string[] {
  const parts: string[] = [];
  let at = MARGIN;
  for (const entry of fittingEntries(services, marksIn(steps, y), y)) {
    const { words, draw } = entry;
    parts.push(...(draw === null ? [text(at, y, words)] : [draw(at), text(at + SIGN, y, words)]));
    at += widthOfEntry(entry);
  }
  return parts;
}

function marksIn(steps: readonly ChartStep[], y: number): readonly Entry[] {
  const marks: Entry[] = [];
  if (steps.some((step) => step.onCriticalPath)) {
    marks.push({ words: 'critical path', draw: (at) => line(at, 14, y - 4) });
  }
  if (steps.some((step) => step.error)) marks.push({ words: 'failed', draw: (at) => cross(at + 7, y - 5) });
  if (steps.some((step, i) => beginsTrace(step, steps[i - 1]))) {
    marks.push({ words: 'another trace', draw: (at) => dashes(at, at + 14, y - 4) });
  }
  return marks;
}

/** As many services as there are colours and there is room for. */
function fittingEntries(services: readonly string[], marks: readonly Entry[], y: number): readonly Entry[] {
  const named = services.map((service): Entry => {
    const fill = colourOf(services, service);
    const draw = (at: number) => `<rect x="${round(at)}" y="${y - 11}" width="14" height="12" rx="2" fill="${fill}"/>`;
    return { words: serviceName(service), draw };
  });
  for (let count = Math.min(named.length, COLOURS.length); ; count -= 1) {
    const left = named.length - count;
    const others = { words: `and ${plural(left, 'more service')}, named beside the bars`, draw: null };
    const entries = [...named.slice(0, count), ...(left === 0 ? [] : [others]), ...marks];
    const end = entries.reduce((sum, entry) => sum + widthOfEntry(entry), MARGIN);
    if (count === 0 || end <= WIDTH - MARGIN) return entries;
  }
}

function widthOfEntry({ words, draw }: Entry): number {
  return (draw === null ? 0 : SIGN) + widthOf(words, NORMAL) + GAP;
}

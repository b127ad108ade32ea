/**
 * Parses a large answer portion by portion. JSON.parse of the whole spends much of its time on keeping millions of small
 * objects that are not needed once their span is read; parsed in portions they are freed early, which costs nearly nothing.
 *
 *   {"data":[{"traceID":"…","spans":[{…},{…},  {…},{…},  {…}],"processes":{…}}]}
 *   |------------- frame -----------|- portion -|- portion -|------ frame ------|
 *
 * Nothing is guessed: where the frame and every portion are JSON, so is the whole, and it has the same value.
 */

/** The elements of a list, portion by portion, or in one portion if the list was not divided. Throws a SyntaxError for invalid JSON. */
export type PortionsOf = (list: readonly unknown[]) => Iterable<readonly unknown[]>;

export interface Divided {
  /** The parsed text, in which each list of spans holds only the number by which `portionsOf` recognizes it. */
  readonly value: unknown;
  readonly portionsOf: PortionsOf;
}

export const undivided: PortionsOf = (list) => [list];

/** About forty spans: their objects fit a processor's cache, and the cost of one more call of the parser is small. */
const PORTION_LENGTH = 1 << 15;

/** Null for text that is too short to divide, or written in an unusual way. Throws a SyntaxError for invalid JSON. */
export function divide(text: string, portionLength = PORTION_LENGTH): Divided | null {
  const lists = text.length < 2 * portionLength ? [] : listsIn(text);
  if (lists.length === 0) return null;
  const value: unknown = JSON.parse(frameOf(text, lists));
  const known = new Map<unknown, SpanList>();
  for (const numbers of listsOfSpansIn(value)) {
    const list = lists[Number(numbers[0])];
    if (list !== undefined) known.set(numbers, list);
  }
  // A key can be written twice, or with escapes: each list must have its place in the value, and nothing may look like one.
  if (known.size !== lists.length || new Set(known.values()).size !== lists.length) return null;
  return {
    value,
    portionsOf(list) {
      const spans = known.get(list);
      return spans === undefined ? [list] : portionsIn(spans, portionLength);
    },
  };
}

interface SpanList {
  /** Where its elements begin in the whole text. */
  readonly from: number;
  readonly text: string;
  /** The end of one element and the start of the next. It contains a quote, so it can't occur inside a string. */
  readonly separator: string;
}

/** Without recursion: an attribute may be nested more deeply than the stack is. */
function listsOfSpansIn(value: unknown): readonly (readonly unknown[])[] {
  const found: (readonly unknown[])[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const [key, member] of Object.entries(next)) {
      open.push(member);
      if (key === 'spans' && Array.isArray(member)) found.push(member);
    }
  }
  return found;
}

/** Empty when one of the lists does not end before the next starts. */
function listsIn(text: string): readonly SpanList[] {
  const openings = [...text.matchAll(/"spans"\s*:\s*\[(?=(\s*\{\s*"\w+"\s*:))/g)];
  const lists: SpanList[] = [];
  for (const [index, opening] of openings.entries()) {
    const from = opening.index + opening[0].length;
    const rest = text.slice(from, openings[index + 1]?.index);
    const separator = `},${opening[1]}`;
    const last = Math.max(0, rest.lastIndexOf(separator));
    const length = endOfList(rest.slice(last));
    if (length === -1) return [];
    lists.push({ from, text: rest.slice(0, last + length), separator });
  }
  return lists;
}

/** The end of a list in `text`, which starts with its last element or the brace before it; -1 if there is none. */
function endOfList(text: string): number {
  let depth = text.startsWith('}') ? 1 : 0;
  let isInString = false;
  for (const { 0: mark, index } of text.matchAll(/\\.|["[\]{}]/gs)) {
    if (mark === '"') isInString = !isInString;
    else if (isInString || mark.startsWith('\\')) continue;
    else if (mark === '{' || mark === '[') depth += 1;
    else if (depth > 0) depth -= 1;
    else return index;
  }
  return -1;
}

/** The text with the number of each list in place of its elements. */
function frameOf(text: string, lists: readonly SpanList[]): string {
  let frame = '';
  let end = 0;
  for (const [index, list] of lists.entries()) {
    frame += `${text.slice(end, list.from)}${index}`;
    end = list.from + list.text.length;
  }
  return frame + text.slice(end);
}

function* portionsIn({ text, separator }: SpanList, portionLength: number): Generator<readonly unknown[]> {
  let from = 0;
  while (from < text.length) {
    const border = text.indexOf(separator, from + portionLength);
    const end = border === -1 ? text.length : border + 1;
    yield JSON.parse(`[${text.slice(from, end)}]`);
    from = end + 1;
  }
}

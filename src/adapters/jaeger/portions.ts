/**
 * Parses a large answer portion by portion. JSON.parse of the whole spends much of its time on keeping millions of small
 * objects that nobody needs any more once their span is read; parsed in portions they die young, which costs nearly nothing.
 *
 *   {"data":[{"traceID":"…","spans":[{…},{…},  {…},{…},  {…}],"processes":{…}}]}
 *   |------------- frame -----------|- portion -|- portion -|------ frame ------|
 *
 * Nothing is guessed: where the frame and every portion are JSON, so is the whole, and it has the same value.
 */

/** The elements of a list, portion by portion; of a list that was not divided, all at once. Throws a SyntaxError where they are no JSON. */
export type PortionsOf = (list: readonly unknown[]) => Iterable<readonly unknown[]>;

export interface Divided {
  /** What JSON.parse makes of the text, but that the lists of spans hold only what `portionsOf` knows them by. */
  readonly value: unknown;
  readonly portionsOf: PortionsOf;
}

export const undivided: PortionsOf = (list) => [list];

/** Some forty spans: what is made of them fits a processor's cache, and one call to parse them costs little beside it. */
const PORTION_LENGTH = 1 << 15;

/** Null for text that is too short to divide, or written in an unusual way. Throws a SyntaxError where the frame is no JSON. */
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
  /** How one element ends and the next begins. Inside a string its first quote would end the string, so it is in none. */
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

/** None when one of them has no end before the next begins. */
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

/** Where a list ends of which `text` is the rest, beginning with the last element or the brace before it; -1 when nowhere. */
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

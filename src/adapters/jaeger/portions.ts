/**
 * Parses a large answer portion by portion. JSON.parse of the whole spends much of its time on keeping millions of small
 * objects that are not needed once their span is read; parsed in portions they are freed early, which costs nearly nothing.
 *
 *   {"data":[{"traceID":"…","spans":[{…},{…},  {…},{…},  {…}],"processes":{…}}]}
 *   |------------- frame -----------|- portion -|- portion -|------ frame ------|
 *
 * Nothing is guessed: where the frames and all portions are JSON, so is the whole, and it has the same value.
 */
import { type List, outlineOf, type Part } from './outline.ts';

/** The elements of a list, portion by portion, or in one portion if the list was not divided. Throws a SyntaxError for invalid JSON. */
export type PortionsOf = (list: readonly unknown[]) => Iterable<readonly unknown[]>;

export interface Divided {
  /**
   * The values of the JSON documents that follow each other in the text, parsed as they are asked for. A divided list in them
   * holds only a number; `portionsOf` recognizes it and has the elements.
   */
  readonly documents: Iterable<unknown>;
  readonly portionsOf: PortionsOf;
  /** True when a part of the text was not parsed because its list was not asked for. */
  isUnread(): boolean;
  /** True when the text ends within a document, which is left out. */
  readonly isCut: boolean;
}

export const undivided: PortionsOf = (list) => [list];

/** About forty spans: their objects fit a processor's cache, and the cost of one more call of the parser is small. */
const PORTION_LENGTH = 1 << 15;

/** Null for text that is too short to divide, or has no whole document. */
export function divide(text: string, portionLength = PORTION_LENGTH): Divided | null {
  if (text.length < 2 * portionLength) return null;
  const { documents, isCut } = outlineOf(text, portionLength);
  if (documents.length === 0) return null;
  const known = new Map<unknown, List>();
  const unread = new Set<List>();
  const parse = (part: Part): unknown => {
    if (part.lists.length === 0) return JSON.parse(text.slice(part.from, part.to));
    const { value, lists } = frameOf(text, part);
    for (const [numbers, list] of lists) known.set(numbers, list);
    for (const list of part.lists) unread.add(list);
    return value;
  };
  return {
    documents: {
      *[Symbol.iterator]() {
        for (const document of documents) yield parse(document);
      },
    },
    *portionsOf(list) {
      const divided = known.get(list);
      if (divided === undefined) {
        yield list;
        return;
      }
      unread.delete(divided);
      for (const part of divided.parts) yield part.lists.length > 0 ? [parse(part)] : elementsIn(text, divided, part);
    },
    isUnread: () => unread.size > 0,
    isCut,
  };
}

/** The elements of a run. */
function elementsIn(text: string, list: List, { from, to }: Part): readonly unknown[] {
  const elements: readonly unknown[] = JSON.parse(`[${text.slice(from, to)}]`);
  if (elements.length === 0 && list.parts.length > 1) throw new SyntaxError('There is no element between two commas.');
  return elements;
}

/** The value of a part in which each list holds the number of its elements' place only, and these lists. */
function frameOf(text: string, { from, to, lists }: Part): { value: unknown; lists: ReadonlyMap<unknown, List> } {
  let frame = '';
  let end = from;
  for (const [index, list] of lists.entries()) {
    frame += `${text.slice(end, list.from)}${index}`;
    end = list.to;
  }
  const value: unknown = JSON.parse(frame + text.slice(end, to));
  const found = new Map<unknown, List>();
  for (const numbers of listsOfOneIn(value)) {
    const list = lists[Number(numbers[0])];
    if (list !== undefined) found.set(numbers, list);
  }
  // A key can be written twice: each list must have its place in the value, and nothing may look like one.
  if (found.size !== lists.length || new Set(found.values()).size !== lists.length)
    throw new SyntaxError('The lists can’t be distinguished.');
  return { value, lists: found };
}

/** Lists of one number. Without recursion: an attribute may be nested more deeply than the stack is. */
function listsOfOneIn(value: unknown): readonly (readonly unknown[])[] {
  const found: (readonly unknown[])[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Array.isArray(next) && next.length === 1 && typeof next[0] === 'number') found.push(next);
    else for (const member of Object.values(next)) open.push(member);
  }
  return found;
}

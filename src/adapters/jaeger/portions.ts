/**
 * Parses a large response portion by portion. JSON.parse of the whole text spends much of its time keeping millions of small
 * objects alive that are no longer needed once their span is read. Parsed in portions, they are freed early at almost no cost.
 *
 *   {"data":[{"traceID":"…","spans":[{…},{…},  {…},{…},  {…}],"processes":{…}}]}
 *   |------------- frame -----------|- portion -|- portion -|------ frame ------|
 *
 * Nothing is guessed: if the frames and all portions are valid JSON, so is the whole text, and it has the same value.
 */
import { type List, outlineOf, type Part } from './outline.ts';

/** The elements of a list, portion by portion, or in one portion if the list was not divided. Throws a SyntaxError for invalid JSON. */
export type PortionsOf = (list: readonly unknown[]) => Iterable<readonly unknown[]>;

export interface Divided {
  /**
   * The values of the JSON documents that follow each other in the text, parsed lazily. A divided list in them contains only a
   * number; `portionsOf` recognizes such a list and returns its elements.
   */
  readonly documents: Iterable<unknown>;
  readonly portionsOf: PortionsOf;
  /** True when a part of the text wasn't parsed because its list wasn't requested. */
  isUnread(): boolean;
  /** True when the text ends within a document, which is left out. */
  readonly isCut: boolean;
}

export const undivided: PortionsOf = (list) => [list];

/** About forty spans: their objects fit a processor's cache, and the cost of one more call of the parser is small. */
const PORTION_LENGTH = 1 << 15;

/** Null for text that is too short to divide or has no complete document. */
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

/** The value of a part, in which each list contains only its index, and the lists by the array that stands for them. */
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
  // A key can occur twice, so check that every list appears in the value and that nothing else looks like one.
  if (found.size !== lists.length || new Set(found.values()).size !== lists.length)
    throw new SyntaxError('The lists can’t be distinguished.');
  return { value, lists: found };
}

/** Finds lists of one number. Not recursive, because a deeply nested attribute could overflow the stack. */
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

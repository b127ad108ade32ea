/**
 * Where in a text the documents, their lists of traces and spans, and the elements of those begin and end. It counts braces
 * outside of strings, and leaps over spans in long lists of them, which is as many times faster. The text is trusted to be
 * JSON and to look the same between all spans of a list: the parser finds out where that is wrong.
 */

/** A document, a large element of a list, or a run of small elements with the commas between them. */
export interface Part {
  readonly from: number;
  readonly to: number;
  /** The lists within a large document or element; empty for what is parsed as a whole. */
  readonly lists: readonly List[];
}

/** What is between two brackets. A comma is left out between one part and the next. */
export interface List {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly Part[];
}

export interface Outline {
  readonly documents: readonly Part[];
  /** True when something follows that is no whole document. */
  readonly isCut: boolean;
}

/** Only a list of a higher level is looked for within another one: an attribute may have any of these keys. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['data', 2],
  ['resourceSpans', 2],
  ['batches', 2],
  ['scopeSpans', 3],
  ['instrumentationLibrarySpans', 3],
  ['spans', 4],
]);
const LIST_OF_DOCUMENTS = 1;
const LIST_OF_SPANS = 4;

/** A list whose end has not been met. The documents form one too, without brackets and commas. */
interface OpenList {
  readonly level: number;
  /** How many braces and brackets are open between its elements. */
  readonly depth: number;
  readonly from: number;
  readonly parts: Part[];
  /** Where the run of small elements begins that is not among the parts yet. */
  runFrom: number;
  elementFrom: number;
  /** In the element that has begun. */
  lists: List[];
  /** Null until it is known; of spans only. */
  comma: Comma | null;
}

/** What is written between two spans of a list. It has a quote, so that it cannot occur inside a string. */
interface Comma {
  readonly text: string;
  /** Behind this one the list may have ended, and the same text stand between two traces. */
  readonly last: number;
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPENING_BRACKET, CLOSING_BRACKET, OPENING_BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An element is large from `partLength` on, and no run of small ones is longer by more than one of them. */
export function outlineOf(text: string, partLength: number): Outline {
  const documents = openList(0, -1, 0);
  const open: OpenList[] = [];
  let top = documents;
  let [depth, keyFrom, keyTo] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const mark = text.charCodeAt(at);
    if (mark === QUOTE) {
      keyFrom = at + 1;
      keyTo = endOfString(text, keyFrom);
      at = keyTo;
    } else if (mark === COMMA) {
      if (depth !== top.depth) continue;
      if (top.level === LIST_OF_SPANS) at = skipped(text, top, at, partLength);
      endElement(top, at, partLength);
    } else if (mark === OPENING_BRACE) {
      depth += 1;
    } else if (mark === OPENING_BRACKET) {
      depth += 1;
      if (top.level === LIST_OF_SPANS) continue;
      const level = depth === 1 ? LIST_OF_DOCUMENTS : (LEVELS.get(text.slice(keyFrom, keyTo)) ?? 0);
      if (level <= top.level) continue;
      open.push(top);
      top = openList(level, depth, at + 1);
    } else if (mark === CLOSING_BRACKET || mark === CLOSING_BRACE) {
      if (depth === top.depth) {
        const outer = open.pop() ?? documents;
        outer.lists.push(closed(top, at, partLength));
        top = outer;
      }
      depth -= 1;
      if (depth <= 0) {
        endDocument(documents, at + 1, partLength);
        depth = 0;
      }
    }
  }
  return { documents: documents.parts, isCut: /\S/.test(text.slice(documents.elementFrom)) };
}

function openList(level: number, depth: number, from: number): OpenList {
  return { level, depth, from, parts: [], runFrom: from, elementFrom: from, lists: [], comma: null };
}

/** A later comma of a list of spans, so that `partLength` lies before it, without counting what is between; else the same. */
function skipped(text: string, list: OpenList, at: number, partLength: number): number {
  list.comma ??= commaAt(text, at);
  const from = Math.max(at, list.runFrom + partLength);
  const next = from > list.comma.last ? -1 : text.indexOf(list.comma.text, from);
  if (next !== -1 && next <= list.comma.last) return next;
  list.comma = NO_COMMA;
  return at;
}

const NO_COMMA: Comma = { text: '', last: -1 };

function commaAt(text: string, at: number): Comma {
  const between = /,\s*\{\s*"\w+"\s*:/y;
  between.lastIndex = at;
  const comma = between.exec(text)?.[0];
  if (comma === undefined) return NO_COMMA;
  const nextList = text.indexOf('"spans"', at);
  const last = text.lastIndexOf(comma, nextList === -1 ? text.length : nextList);
  return { text: comma, last: last <= at ? -1 : text.lastIndexOf(comma, last - 1) };
}

function endElement(list: OpenList, at: number, partLength: number): void {
  const { parts, runFrom, elementFrom, lists } = list;
  list.elementFrom = at + 1;
  if (lists.length > 0) list.lists = [];
  const isLarge = lists.length > 0 && at - elementFrom >= partLength;
  if (!isLarge && at - runFrom < partLength) return;
  list.runFrom = at + 1;
  if (!isLarge) parts.push({ from: runFrom, to: at, lists: NONE });
  else {
    if (runFrom < elementFrom) parts.push({ from: runFrom, to: elementFrom - 1, lists: NONE });
    parts.push({ from: elementFrom, to: at, lists });
  }
}

const NONE: readonly List[] = [];

function closed(list: OpenList, to: number, partLength: number): List {
  endElement(list, to, partLength);
  if (list.runFrom <= to) list.parts.push({ from: list.runFrom, to, lists: NONE });
  return { from: list.from, to, parts: list.parts };
}

function endDocument(documents: OpenList, to: number, partLength: number): void {
  const { parts, elementFrom, lists } = documents;
  parts.push({ from: elementFrom, to, lists: to - elementFrom < partLength ? NONE : lists });
  documents.elementFrom = to;
  documents.lists = [];
}

/** The quote that ends the string, or the end of the text. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charCodeAt(from - 1) === BACKSLASH) from -= 1;
  return (at - from) % 2 === 1;
}

/**
 * Finds where the documents in a text, their lists of traces and spans, and the elements of those lists begin and end. It
 * counts braces outside of strings. In long lists of spans it skips ahead, which is many times faster. It assumes that the text
 * is JSON and looks the same between all spans of a list; the parser detects where it doesn't.
 */

/** A document, a large element of a list, or a run of small elements with the commas between them. */
export interface Part {
  readonly from: number;
  readonly to: number;
  /** The lists within a large document or element; empty for what is parsed as a whole. */
  readonly lists: readonly List[];
}

/** The content between two brackets, without the commas between its parts. */
export interface List {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly Part[];
}

export interface Outline {
  readonly documents: readonly Part[];
  /** True when an incomplete document follows. */
  readonly isCut: boolean;
}

/** Levels of the lists by key. Within a list, only a higher level counts, because an attribute may have any of these keys. */
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

/** A list whose end hasn't been reached. The documents also form one, without brackets and commas. */
interface OpenList {
  readonly level: number;
  /** How many braces and brackets are open between its elements. */
  readonly depth: number;
  readonly from: number;
  readonly parts: Part[];
  /** Start of the run of small elements that isn't in `parts` yet. */
  runFrom: number;
  elementFrom: number;
  /** Lists within the current element. */
  lists: List[];
  /** For lists of spans only; null until it is known. */
  comma: Comma | null;
}

/** The text between two spans of a list. It contains a quote, so it can't occur inside a string. */
interface Comma {
  readonly text: string;
  /** Position of the last usable one: after it, the list may have ended, and the same text may separate two traces. */
  readonly last: number;
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPENING_BRACKET, CLOSING_BRACKET, OPENING_BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Elements of at least `partLength` are large. A run of small ones exceeds that length by one element at most. */
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

/**
 * Skips to a comma at least `partLength` after the start of the run, without counting the braces in between; `at` if none is
 * found.
 */
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

/** Quotations of every depth and encoding: `"x"`, `\"x\"`, `\\\"x\\\"`, `&quot;x&quot;`, `%22x%22`, `\u0022x\u0022`. */

const OPENER = /"""|'''|\\*["'`]|&(?:amp;)?(?:quot|apos|#0*3[49]|#x0*2[27]);|%(?:25)*2[27]|\\+(?:u00|x)2[27]/iy;

/** A scheme of HTTP authentication, which stays before the credentials that it names. */
export const SCHEME = /(?:bearer|basic|token|digest|negotiate|apikey|ntlm|aws4-hmac-sha256)[ ]{1,3}/iy;

export interface Quotation {
  /** UTF-16 offsets of what is inside. */
  readonly start: number;
  readonly end: number;
  /** Behind the closing mark. */
  readonly next: number;
  readonly isClosed: boolean;
}

/** The mark that stands there, or null. */
export function quoteAt(text: string, at: number): string | null {
  OPENER.lastIndex = at;
  return OPENER.exec(text)?.[0] ?? null;
}

/** The quotation that begins there. One without an end, as in a text that was cut, reaches to the end of the line. */
export function quotationAt(text: string, at: number): Quotation | null {
  const mark = quoteAt(text, at);
  if (mark === null) return null;
  const start = at + mark.length;
  const depth = /^\\*(?=["'`]$)/.exec(mark)?.[0].length ?? null;
  const end = depth === null ? text.indexOf(mark, start) : closingOf(text, start, { quote: mark.at(-1) ?? '', depth });
  if (end >= 0) {
    // A surrounding quotation that ends first has fewer backslashes.
    const length = depth === null || text.startsWith(mark, end) ? mark.length : 0;
    return { start, end, next: end + length, isClosed: true };
  }
  const line = text.indexOf('\n', start);
  const last = line === -1 ? text.length : line;
  return { start, end: last, next: last, isClosed: false };
}

/**
 * `depth` backslashes stand before the mark. Each backslash inside is doubled at every level above, so that the same mark
 * inside the quotation has another number of them.
 */
function closingOf(text: string, from: number, { quote, depth }: { quote: string; depth: number }): number {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (at - slashes > from && text[at - slashes - 1] === '\\') slashes += 1;
    if (slashes < depth) return at - slashes;
    if (slashes % (2 * (depth + 1)) === depth) return at - depth;
  }
  return -1;
}

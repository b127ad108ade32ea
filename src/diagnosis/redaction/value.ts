/** Which part of a value to hide, and where to continue. */
import { bareEnd, LONGEST_JUDGED, phraseEnd } from './bare.ts';
import { blockAt } from './block.ts';
import { collectionAt } from './collections.ts';
import { type Connection, elementEnd } from './connection.ts';
import { CUT_MARK, type Hidden } from './mark.ts';
import { isGetter, isPlain, looksRandom } from './plain.ts';
import { quotationAt, SCHEME } from './quoted.ts';
import { after, isAt, matchAt } from './sticky.ts';

export interface Reading {
  readonly hidden: readonly Hidden[];
  readonly next: number;
}

const SPACES = /(?:[ ]|%(?:25)*20){0,200}/iy;
const CALL = /(?:new[ ])?[A-Za-z_][\w.:]{0,60}\(\s{0,5}/y;
const PREFIX = /(?:[bBuUrRfF@$]|[rR][bB]|[bB][rR])(?=\\*["'])/y;
/** Schemes whose credentials are a list of names and values. */
const LISTED = /^(?:digest|aws4)/i;
/** `password: str = "x"`, `token: Optional[str] = 'x'` */
const TYPE = /[A-Za-z_][\w.]{0,40}(?:\[[\w., ]{0,60}\])?[ ]{0,3}=[ ]{0,3}(?=[bBuUrR]{0,2}\\*["'])/y;
const EMPTY = /[A-Za-z_][\w.-]{0,60}=[^=\s]/y;

export function hiddenIn(text: string, connection: Connection): Reading {
  const { at, how, kind } = connection;
  if (how === 'element') return elementAt(text, connection);
  const spaced = after(SPACES, text, at);
  if (kind !== 'perhaps' && /[\n|>]/.test(text[spaced] ?? '')) {
    const block = blockAt(text, connection.name.start, spaced);
    if (block !== null) return how === 'colon' ? block : { hidden: [], next: at };
  }
  const start = after(PREFIX, text, after(TYPE, text, spaced));
  const quoted = quotedAt(text, start, connection);
  if (quoted !== null) return quoted;
  const call = matchAt(CALL, text, start);
  if (call !== null && kind !== 'perhaps') return calledAt(text, start + call[0].length, { connection, call: call[0] });
  if (isCollection(text, start)) return collectionOf(text, start, connection);
  if (kind === 'header') return headerAt(text, start, connection);
  return bareAt(text, start, connection, spaced > at);
}

function quotedAt(text: string, at: number, { kind, how }: Connection): Reading | null {
  const quotation = quotationAt(text, at);
  if (quotation === null) return null;
  const { end, next } = quotation;
  const start = kind === 'header' ? after(SCHEME, text, quotation.start) : quotation.start;
  const value = text.slice(start, end);
  // One of several names, as in `missing: ['password', 'symbol']`.
  const isName = how === 'argument' && /^(?:[a-z_]{1,24}|[A-Z_]{1,24})$/.test(value);
  if (isName || isPlain({ text: value, kind, isQuoted: true, isProse: how === 'neighbour' }))
    return { hidden: [], next: quotation.start };
  return { hidden: [{ start, end }], next };
}

/** `SecretStr('x')` holds the secret, `os.environ.get('X')` its name. */
function calledAt(
  text: string,
  at: number,
  { connection, call }: { readonly connection: Connection; readonly call: string },
): Reading {
  const name = call.replace(/\(\s*$/, '');
  const start = after(PREFIX, text, at);
  if (isGetter(name)) return { hidden: [], next: at };
  const quoted = quotedAt(text, start, connection);
  if (quoted !== null) return quoted;
  const end = bareEnd(text, start, connection.isEncoded, start + LONGEST_JUDGED);
  // `Str(x)`, as the collector prints attributes.
  const isText = /^(?:str|string|some|bytes)$/i.test(name) && end > start;
  return isText || looksRandom(text.slice(start, end))
    ? { hidden: [{ start, end }], next: end }
    : { hidden: [], next: at };
}

function isCollection(text: string, at: number): boolean {
  if (text.startsWith(CUT_MARK, at)) return false;
  if (text[at] === '{') return !isAt(/\{\{|\{[\w.!:-]{0,60}\}/y, text, at);
  if (text[at] === '[') return !isAt(/\[(?:redacted|filtered|hidden|masked|removed)/iy, text, at);
  return text[at] === '(' && isAt(/\(\s*[bBuUrR]{0,2}\\*["']/y, text, at);
}

/** `auth=("user", "password")`: a pair under a name that is otherwise an ordinary word. */
function collectionOf(text: string, at: number, { name, kind }: Connection): Reading {
  const isPair = kind === 'perhaps';
  if (isPair && !(text[at] === '(' && /auth$/i.test(name.text))) return { hidden: [], next: at + 1 };
  if (!isPair) return collectionAt(text, at, kind);
  const { hidden } = collectionAt(text.slice(0, at + LONGEST_JUDGED), at, 'password');
  return { hidden: hidden.slice(1), next: at + 1 };
}

function elementAt(text: string, { at, kind }: Connection): Reading {
  const from = after(/\s{0,100}(?:(?:<|&lt;)!\[CDATA\[)?/y, text, at);
  const close = elementEnd(text, from);
  const end = close ?? text.length;
  const value = text
    .slice(from, end)
    .replace(/\]\]>?$/, '')
    .trimEnd();
  if (close === null && /\s/.test(value)) return { hidden: [], next: at };
  if (value === '' || isPlain({ text: value, kind, isQuoted: true, isProse: false })) return { hidden: [], next: from };
  return { hidden: [{ start: from, end: from + value.length }], next: end };
}

/** To the end of the line or of the quotation around it; after one of the usual schemes only the next word. */
function headerAt(text: string, at: number, connection: Connection): Reading {
  const scheme = matchAt(SCHEME, text, at);
  const start = at + (scheme?.[0].length ?? 0);
  const isCookie = /cookie/i.test(connection.name.text);
  const isLine = isCookie || (scheme !== null && LISTED.test(scheme[0]));
  const judged = text.slice(start, bareEnd(text, start, connection.isEncoded, start + LONGEST_JUDGED));
  if (isPlain({ text: judged, kind: 'header', isQuoted: false, isProse: true })) return { hidden: [], next: at };
  const wordEnd = bareEnd(text, start, connection.isEncoded);
  const end = isLine ? Math.max(wordEnd, lineEnd(text, start)) : wordEnd;
  return { hidden: [{ start, end }], next: end };
}

function lineEnd(text: string, from: number): number {
  const found = /\n|\\[nr"]|["'`](?![A-Za-z0-9])|[}\]]|&(?:quot|#39);/g;
  found.lastIndex = from;
  return text.slice(from, found.exec(text)?.index ?? text.length).trimEnd().length + from;
}

function bareAt(text: string, start: number, { kind, how, isEncoded }: Connection, isSpaced: boolean): Reading {
  if (isSpaced && how === 'assigned' && isAt(EMPTY, text, start)) return { hidden: [], next: start };
  const judged = text.slice(start, bareEnd(text, start, isEncoded, start + LONGEST_JUDGED));
  const isProse = how === 'colon' && isSpaced;
  if (isPlain({ text: judged, kind, isQuoted: false, isProse })) return { hidden: [], next: start };
  const wordEnd = bareEnd(text, start, isEncoded);
  const end = kind === 'password' ? phraseEnd(text, start, wordEnd) : wordEnd;
  return { hidden: [{ start, end }], next: end };
}

/** What joins a name to its value: operators, arguments, elements, options, pairs of `name` and `value`, plain neighbourhood. */
import { bareEnd, LONGEST_JUDGED } from './bare.ts';
import type { NameKind } from './names.ts';
import { isGetter, looksMade, looksRandom } from './plain.ts';
import { quotationAt, quoteAt } from './quoted.ts';
import { after, isAt, matchAt } from './sticky.ts';

export interface Name {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** `--name` */
  readonly isOption: boolean;
}

export interface Connection {
  readonly name: Name;
  readonly kind: NameKind;
  /** Where the value begins, or spaces before it. */
  readonly at: number;
  readonly how:
    | 'assigned'
    /** `name: value`, as in sentences, headers and YAML. */
    | 'colon'
    /** `f("name", "value")`, `("name", "value")` */
    | 'argument'
    /** Up to the next tag. */
    | 'element'
    /** `--name value`, `PASSWORD 'value'` */
    | 'neighbour';
  /** The operator is percent-encoded. */
  readonly isEncoded: boolean;
}

const NAME_END =
  /(?:\*{1,2}|\\*["'`]|&(?:amp;)?(?:quot|apos|#0*3[49]|#x0*2[27]);|%(?:25)*2[27]|\\+(?:u00|x)2[27])(?:\s{0,3}[\])])?/iy;
const OPERATOR =
  /\s{0,20}(?::{1,3}=|<-{1,2}|\.=|=(?:>|&gt;|\\+u003e)|-(?:>|&gt;)|[=!]==?|[?+|]{1,2}=|[=:]|%(?:25)*3[AD]|&#(?:0*(?:58|61)|x0*3[ad]);|\\+(?:u00|x)3[ad])/iy;
/** `", "value": `, `" value=` */
const VALUE_NAME =
  /\s{0,5}[,{]?\s{0,40}\\{0,15}["']?(?:value|val|default|stringValue|string_value|secret_value)\\{0,15}["']?\s{0,5}[:=]/iy;
const COMMA = /\s{0,5},\s{0,40}/y;
const OPEN_TAG = /(?:\s[^<>&]{0,200})?(?:>|&gt;)/y;
/** `<name>password</name><value>` */
const NEXT_ELEMENT = /(?:<|&lt;)\/\w{1,20}(?:>|&gt;)\s{0,40}(?:<|&lt;)\w{1,20}(?:>|&gt;)/y;
const TAG_END = /<|&lt;/g;
const CALL = /\s?\(\s{0,5}(?=[bBuUrR]{0,2}\\*["'])/y;
const SPACE = /[ ]{1,5}/y;
const LINKING = /[ ]{1,3}(?:(?:is|was|of|to|are|[|])[ ]{1,3})?/iy;
/** Pydantic names the field on the line above its value. */
const INPUT = /\n[ ][^\n[]{0,200}\[type=\w{1,40}, input_value=/y;
/** `key provided: `, `token used was ` */
const PROVIDED = /(?:[ ][a-z]{2,12}){1,3}(?::[ ]?|[ ](?:is|was)[ ])/y;

export function connectionOf(text: string, name: Name, kind: NameKind): Connection | null {
  const nameEnd = after(NAME_END, text, name.end);
  const isQuoted = nameEnd > name.end;
  const make = (at: number, how: Connection['how'], isEncoded = false) => ({ name, kind, at, how, isEncoded });
  const operator = matchAt(OPERATOR, text, nameEnd);
  if (operator !== null) {
    const sign = operator[0].trim();
    const isColon = sign === ':' && text[nameEnd] !== ' ';
    return make(nameEnd + operator[0].length, isColon ? 'colon' : 'assigned', sign.startsWith('%'));
  }
  const valueName = matchAt(VALUE_NAME, text, nameEnd);
  if (valueName !== null && valueName[0].length > 6) return make(nameEnd + valueName[0].length, 'assigned');
  const comma = after(COMMA, text, nameEnd);
  if (comma > nameEnd && kind !== 'perhaps') {
    const isArgument = isQuoted
      ? isAt(/[bBuUrR]{0,2}\\*["'`&]/y, text, comma)
      : isRandomQuotation(text, comma, { name, kind });
    return isArgument ? make(comma, 'argument') : null;
  }
  const input = matchAt(INPUT, text, nameEnd);
  if (input !== null && kind !== 'perhaps') return make(nameEnd + input[0].length, 'assigned');
  const element = elementAt(text, name);
  if (element !== null) return make(element, 'element');
  if (isAt(CALL, text, name.end)) return isVerb(name.text) ? null : make(after(CALL, text, name.end), 'assigned');
  if (name.isOption && isAt(/[ ]{1,3}(?!-)\S/y, text, name.end)) return make(after(SPACE, text, name.end), 'neighbour');
  if (text[name.end] === '(' && looksLikeValue(text, name.end + 1, { name, kind }))
    return make(name.end + 1, 'neighbour');
  return neighbourOf(text, { ...name, end: nameEnd }, kind, make);
}

type Make = (at: number, how: Connection['how']) => Connection;

/** A value may follow its name with nothing between but must then look like one. */
function neighbourOf(text: string, name: Name, kind: NameKind, make: Make): Connection | null {
  const at = after(LINKING, text, name.end);
  if (at === name.end) return null;
  if (quoteAt(text, at) !== null)
    return kind === 'password' || isRandomQuotation(text, at, { name, kind }) ? make(at, 'neighbour') : null;
  if (looksLikeValue(text, at, { name, kind })) return make(at, 'neighbour');
  const provided = after(PROVIDED, text, name.end);
  return provided > name.end && looksLikeValue(text, provided, { name, kind }) ? make(provided, 'neighbour') : null;
}

interface Named {
  readonly name: Name;
  readonly kind: NameKind;
}

function isRandomQuotation(text: string, at: number, named: Named): boolean {
  const quotation = quotationAt(text, at);
  return quotation !== null && isLikely(text.slice(quotation.start, quotation.end), named);
}

function looksLikeValue(text: string, at: number, named: Named): boolean {
  return isLikely(text.slice(at, bareEnd(text, at, false, at + LONGEST_JUDGED)), named);
}

function isLikely(value: string, { name, kind }: Named): boolean {
  // Digests often follow the word “token”, but rarely `FOO_TOKEN`.
  const isHex = kind === 'secret' && /[a-z][A-Z]|[_-]/.test(name.text) && /^[0-9a-f]{24,128}$/i.test(value);
  return isHex || looksRandom(value) || (kind === 'password' && looksMade(value));
}

/** Where the content starts if the name is that of an element, or is in the preceding element. */
function elementAt(text: string, name: Name): number | null {
  const next = matchAt(NEXT_ELEMENT, text, name.end);
  if (next !== null) return name.end + next[0].length;
  const before = text.slice(Math.max(0, name.start - 40), name.start);
  if (!/(?:<|&lt;)(?:\w{1,30}:)?$/.test(before)) return null;
  const open = matchAt(OPEN_TAG, text, name.end);
  return open === null || open[0].endsWith('/>') ? null : name.end + open[0].length;
}

/** Where the content of an element ends; null if no tag follows. */
export function elementEnd(text: string, from: number): number | null {
  TAG_END.lastIndex = from;
  return TAG_END.exec(text)?.index ?? null;
}

function isVerb(name: string): boolean {
  return (
    isGetter(name) ||
    /^_*(?:get|check|verify|validate|require|has|is|need|load|read|fetch|find|create|delete|list|ask|hash|compare|with|use|missing|invalid|no)(?:[_A-Z]|$)/.test(
      name,
    )
  );
}

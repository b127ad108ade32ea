/** Values without quotation marks: where they end. */
import { CUT_MARK, REDACTED, REDACTED_MAIL } from './mark.ts';
import { isProseWord } from './plain.ts';
import { isAt } from './sticky.ts';

const NEXT_NAME = /(?:amp;)?\s{0,2}[A-Za-z_][\w. -]{0,40}(?:=|%3D)|(?:amp;)?[A-Za-z_]["'\w.-]{0,40}:\s?/iy;
const ENTITY_END = /&(?:amp;)?(?:quot|apos|#0*3[49]|#x0*2[27]|lt|gt);/iy;
const ENCODED_END = /%(?:25)*(?:26|22|27|20|0[AD]|7D|5D|3B|2C|29)/iy;
const ESCAPED_END = /\\+(?:["'`nrt]|u00(?:22|27|26|3[ce])|x2[27])/iy;
const WORDS = /[ ]([A-Za-z]{2,24})(?![\w=:(./@\\-])/y;

/** UTF-16 units: enough to say whether a value is a secret. A value that isn't a secret is searched again for names inside it. */
export const LONGEST_JUDGED = 512;

/** The offset after the value that starts at `from`. `isEncoded`: its name is percent-encoded, and so is what ends it. */
export function bareEnd(text: string, from: number, isEncoded: boolean, limit = text.length): number {
  const open: string[] = [];
  let at = from;
  while (at < Math.min(limit, text.length)) {
    const mark = [REDACTED, REDACTED_MAIL].find((one) => text[at] === '[' && text.startsWith(one, at));
    if (mark !== undefined) {
      at += mark.length;
      continue;
    }
    if (endsAt(text, at, { open, isEncoded, isFirst: at === from })) break;
    at += 1;
  }
  while (at > from && /[.,;:]/.test(text[at - 1] ?? '')) at -= 1;
  return at;
}

interface Situation {
  /** Brackets that the value has opened. */
  readonly open: string[];
  readonly isEncoded: boolean;
  readonly isFirst: boolean;
}

function endsAt(text: string, at: number, { open, isEncoded, isFirst }: Situation): boolean {
  const char = text[at] ?? '';
  switch (char) {
    case '(':
    case '[':
    case '{':
      open.push(char);
      return false;
    case ')':
    case ']':
    case '}':
      if (open.pop() !== undefined) return false;
      return !isWordAt(text, at + 1);
    case '"':
    case "'":
    case '`':
      return isFirst || !isWordAt(text, at + 1);
    case ',':
    case ';':
      return /^$|[\s"'`)\]}\\&]/.test(text[at + 1] ?? '') || isAt(NEXT_NAME, text, at + 1);
    case '&':
      return isAt(ENTITY_END, text, at) || /^$|\s/.test(text[at + 1] ?? '') || isAt(NEXT_NAME, text, at + 1);
    case '\\':
      return isAt(ESCAPED_END, text, at);
    case '<':
      return (isFirst ? /[/!]/ : /[/A-Za-z!]/).test(text[at + 1] ?? '');
    case '%':
      return isEncoded && isAt(ENCODED_END, text, at);
    default:
      return /\s/.test(char);
  }
}

/** The offset after the words that follow a value of one word: `correct horse battery staple`. */
export function phraseEnd(text: string, from: number, end: number): number {
  if (!/^[A-Za-z]+$/.test(text.slice(from, end))) return end;
  let last = end;
  for (;;) {
    WORDS.lastIndex = last;
    const word = WORDS.exec(text)?.[1];
    if (word === undefined || isProseWord(word)) return last;
    last += word.length + 1;
  }
}

function isWordAt(text: string, at: number): boolean {
  return /[A-Za-z0-9]/.test(text[at] ?? '') || text.startsWith(CUT_MARK, at);
}

/** Lists, tuples, and objects whose name announces a secret: `"tokens": ["a", "b"]`, `"credentials": {"user": "u", "pass": "p"}`. */
import { bareEnd } from './bare.ts';
import type { Hidden } from './mark.ts';
import { CUT_MARK } from './mark.ts';
import { kindOfName, type NameKind } from './names.ts';
import { isPlain } from './plain.ts';
import { quotationAt, SCHEME } from './quoted.ts';
import { after, isAt } from './sticky.ts';

const SEPARATOR = /\s*(?:=>|=|:)/y;
const PREFIX = /[bBuUrR]{1,2}(?=\\*["'])/y;
/** Names inside an object that say whose secret it is, not what it is. */
const BENIGN =
  /^(?:user|username|login|name|type|kind|host|hostname|port|db|database|dbname|schema|scheme|url|uri|path|region|project|project_id|id|email|client_email|client_id|account_name|description|created.*|updated.*|expir.*|version|enabled|provider|domain|scope|scopes|httponly|secure|samesite)$/i;
const CLOSERS = new Set([')', ']', '}']);

interface Item {
  readonly start: number;
  readonly end: number;
  readonly next: number;
  readonly isQuoted: boolean;
}

/** What is to be hidden in the collection whose bracket stands at `at`, and where it ends. */
export function collectionAt(text: string, at: number, kind: NameKind): { hidden: readonly Hidden[]; next: number } {
  const hidden: Hidden[] = [];
  let key: string | null = null;
  let depth = 0;
  for (let i = at; i < text.length; ) {
    const char = text[i] ?? '';
    if (CLOSERS.has(char)) depth -= 1;
    if (depth === 0 && i > at) return { hidden, next: i + 1 };
    if ('([{'.includes(char) && !text.startsWith(CUT_MARK, i)) depth += 1;
    else if (/[^\s,:=>)\]}]/.test(char)) {
      const item = itemAt(text, i);
      const { end, isQuoted, next } = item;
      const start = kind === 'header' ? after(SCHEME, text, item.start) : item.start;
      const value = text.slice(start, end);
      if (isAt(SEPARATOR, text, next)) key = value;
      else {
        if (isSecret(value, key, { kind, isQuoted })) hidden.push({ start, end });
        key = null;
      }
      i = Math.max(next, i + 1);
      continue;
    }
    i += 1;
  }
  return { hidden, next: text.length };
}

function itemAt(text: string, at: number): Item {
  PREFIX.lastIndex = at;
  const from = PREFIX.test(text) ? PREFIX.lastIndex : at;
  const quotation = quotationAt(text, from);
  if (quotation !== null) return { ...quotation, isQuoted: true };
  const key = /[A-Za-z_][\w.-]{0,60}(?=\s?[:=])/y;
  key.lastIndex = from;
  const end = key.test(text) ? key.lastIndex : bareEnd(text, from, false);
  return { start: from, end, next: end, isQuoted: false };
}

function isSecret(
  value: string,
  key: string | null,
  { kind, isQuoted }: { kind: NameKind; isQuoted: boolean },
): boolean {
  if (key !== null && BENIGN.test(key)) return false;
  const ofKey = key === null ? null : kindOfName(key);
  const own = ofKey === null || ofKey === 'perhaps' ? kind : ofKey;
  // `"tokens": ["the", "words"]` may be a text that a model reads.
  if (own === 'secret' && /^[a-z]{1,15}$/.test(value)) return false;
  if (!isQuoted && value.length < 4) return false;
  return !isPlain({ text: value, kind: own, isQuoted, isProse: false });
}

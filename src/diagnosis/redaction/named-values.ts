/** Values of names that announce a secret, in the shapes in which spans, settings, commands, and tracebacks contain them. */
import { connectionOf, type Name } from './connection.ts';
import type { Hidden } from './mark.ts';
import { kindOfName, type NameKind } from './names.ts';
import { hiddenIn } from './value.ts';

/** Every name of a secret contains one of these. */
const STEM =
  /pass|pwd|psw|pword|userpw|dbpw|\bpw\b|kennwort|secret|token|key|cred|auth|cookie|pats?(?![a-z])|jwt|bearer|otp|psk|salt|sig(?![h-m])|sas(?![a-z])|session|csrf|xsrf|hmac|licen[cs]e|mnemonic|seed|identified\s{1,3}by|[?&]code|(?:ib|ibkr|tws|ibc|ibgateway)_?(?:user|login|acc)/gi;
const NAME_CHARACTER = /[A-Za-z0-9_.-]/;

export function namedValuesIn(text: string): readonly Hidden[] {
  const found: Hidden[] = [];
  for (let at = 0; ; ) {
    STEM.lastIndex = at;
    const stem = STEM.exec(text);
    if (stem === null) return found;
    const name = nameAround(text, stem, at);
    at = Math.max(name.end, stem.index + 1);
    const kind = kindOf(text, name);
    if (kind === null) continue;
    const connection = connectionOf(text, name, kind);
    if (connection === null) continue;
    const { hidden, next } = hiddenIn(text, connection);
    found.push(...hidden);
    at = Math.max(at, next);
  }
}

/** The whole identifier around the stem; `from` is where the last one ended. */
function nameAround(text: string, stem: RegExpExecArray, from: number): Name {
  let start = stem.index;
  let end = stem.index + stem[0].length;
  if (/\s/.test(stem[0])) return { start, end, text: 'identified_by_password', isOption: false };
  if (/^[?&]/.test(stem[0])) start += 1;
  while (start > from && NAME_CHARACTER.test(text[start - 1] ?? '') && !text.startsWith('--', start)) start -= 1;
  while (end < text.length && NAME_CHARACTER.test(text[end] ?? '')) end += 1;
  start += encodedLength(text, start, end);
  // `-Dname=value` sets a Java property.
  const dashes = /^-D(?=[A-Za-z])|^-*/.exec(text.slice(start, start + 3))?.[0].length ?? 0;
  while (end > start && /[.-]/.test(text[end - 1] ?? '')) end -= 1;
  return { start, end, text: text.slice(Math.min(start + dashes, end), end), isOption: text.startsWith('--', start) };
}

/** How much of the beginning belongs to `%3D`, `\n` or `\u0022` before the name. */
function encodedLength(text: string, start: number, end: number): number {
  const before = text[start - 1];
  const head = text.slice(start, Math.min(end, start + 24));
  if (before === '%') return /^(?:25)*[0-9A-Fa-f]{2}/.exec(head)?.[0].length ?? 0;
  if (before !== '\\') return 0;
  const length = /^(?:u00[0-9a-f]{2}|x[0-9a-f]{2}|[nrtbfav])/i.exec(head)?.[0].length ?? 0;
  return kindOfName(text.slice(start + length, end)) === null ? 0 : length;
}

const SINGLE = /^(?:keys?|tokens?|pass)$/i;
const WORD_BEFORE = /([A-Za-z]{1,24})[ ]$/;

/** `API key`, `missing key`, `unexpected token`: the word before decides what such a short name means. */
function kindOf(text: string, name: Name): NameKind | null {
  if (name.text === 'code') return /[?&]/.test(text[name.start - 1] ?? '') ? 'perhaps' : null;
  if (name.text === 'sig' && !/[?&;]/.test(text[name.start - 1] ?? '')) return null;
  if (SINGLE.test(name.text) && text[name.end] !== '=') {
    const before = WORD_BEFORE.exec(text.slice(Math.max(0, name.start - 26), name.start))?.[1];
    if (before !== undefined) return kindOfName(`${before.toLowerCase()}_${name.text.toLowerCase()}`);
  }
  return kindOfName(name.text);
}

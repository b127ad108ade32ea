/** Typed text as words. Matchers read words from a position and say where they stopped, so reading a text takes linear time. */
import { withoutQuotes, withoutTypography } from './typography.ts';

export type Words = readonly string[];

export interface Match<Value> {
  readonly value: Value;
  /** Index of the first word after the match. */
  readonly next: number;
}

/** Longer than any time expression that people type. */
export const LONGEST_TYPED = 300;
const LONGEST_QUOTE = 60;

/** Splits at blanks; reads 300 characters. */
export function wordsOf(text: string): Words {
  return withoutQuotes(withoutTypography(text, LONGEST_TYPED))
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** The word at a position in lower case without the comma or period after it; empty past the end. */
export function wordAt(words: Words, at: number): string {
  const word = (words[at] ?? '').toLowerCase();
  return /[,;.]$/.test(word) ? word.slice(0, -1) : word;
}

/** Text as an error message quotes it: shortened when it is long. */
export function quoted(text: string): string {
  return text.length <= LONGEST_QUOTE ? `“${text}”` : `“${text.slice(0, LONGEST_QUOTE - 1).trimEnd()}…”`;
}

/** Text of spans, records, and requests, cleaned before it is cut, quoted, or kept: every character is visible, and no secret is left. */
import { REDACTED, redact } from './redaction/redact.ts';

/** Created only by `cleanText`, so that the compiler finds text that is cut before it is cleaned. */
export type CleanText = string & { readonly __clean: true };

export type Clean = (text: string) => CleanText;

/** More than is ever shown; keeps the patterns off megabytes of stack trace. */
const LONGEST_SHOWN = 8000;
/** UTF-16 units: no pattern for secrets matches more, except private keys, which are recognized by their beginning. */
const LONGEST_SECRET = 10_000;

/** C0 and C1 controls except tab and line feed, bidi overrides and isolates, zero-width and non-characters, lone surrogates. */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]|\p{Surrogate}/gu;

/** Without characters that cannot be seen but change how the others read. */
export function visible(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(INVISIBLE, '').replaceAll('\t', '  ');
}

/** At most `max` UTF-16 units, never half a character; an ellipsis shows that something is missing. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${wholeCharacters(text.slice(0, Math.max(0, max - 1)))}…`;
}

/** `extra` comes from the operator's `REDACT`. At most `longest` UTF-16 units; doing it twice changes nothing. */
export function cleanText(text: string, extra: readonly RegExp[] = [], longest = LONGEST_SHOWN): CleanText {
  const read = longest + LONGEST_SECRET;
  const clean = redact(visible(text.slice(0, read)), extra);
  // The end of what was read may be the beginning of a secret that no pattern recognizes.
  const sure = text.length > read ? `${wholeCharacters(clean.slice(0, -LONGEST_SECRET))}…` : clean;
  return cut(sure, longest) as CleanText;
}

/** True for text from which something was redacted. */
export function isRedacted(text: string): boolean {
  return text.includes(REDACTED.slice(0, -1));
}

function wholeCharacters(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '');
}

/**
 * How much of one text the diagnosis looks at. Some clients record a whole file or response as the message of an exception;
 * what is wrong is in its first lines, and every rule, redaction, and renderer reads each text many times.
 */
export const MAX_MESSAGE_CHARACTERS = 8_000;
/** A stack trace is longer, and its last lines name the function that raised. */
export const LONGEST_STACK = 64_000;

/** The text up to a whole line or word, and how much of it is missing. Secrets are redacted first, so that the cut can't split one. */
export function bounded(text: string, longest = MAX_MESSAGE_CHARACTERS): string {
  if (text.length <= longest) return text;
  const clean = redact(visible(text.slice(0, longest + LONGEST_SECRET)));
  const end = [clean.lastIndexOf('\n', longest), clean.lastIndexOf(' ', longest)].find((at) => at > longest / 2);
  const kept = clean.slice(0, end ?? longest);
  return `${kept}\n[${text.length - kept.length} more characters not shown]`;
}

/** The same for a text whose end matters. */
export function boundedStart(text: string, longest = LONGEST_STACK): string {
  if (text.length <= longest) return text;
  const clean = redact(visible(text.slice(-longest - LONGEST_SECRET)));
  const start = Math.max(0, clean.length - longest);
  const line = clean.indexOf('\n', start) + 1;
  const kept = clean.slice(line > 0 && line < start + longest / 2 ? line : start);
  return `[${text.length - kept.length} earlier characters not shown]\n${kept}`;
}

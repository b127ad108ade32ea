/**
 * How much of one text the diagnosis looks at. Some clients record a whole file or response as the message of an exception;
 * what is wrong stands in its first lines, and every rule, redaction and renderer reads each text many times.
 */
export const LONGEST_TEXT = 8_000;
/** A stack is longer, and its last lines name the place that raised. */
export const LONGEST_STACK = 64_000;

/** The text up to a whole line, and how much of it is missing. */
export function bounded(text: string, longest = LONGEST_TEXT): string {
  if (text.length <= longest) return text;
  const line = text.lastIndexOf('\n', longest);
  const kept = text.slice(0, line > longest / 2 ? line : longest);
  return `${kept}\n[${text.length - kept.length} more characters were left out]`;
}

/** The same for a text whose end matters. */
export function boundedStart(text: string, longest = LONGEST_STACK): string {
  if (text.length <= longest) return text;
  const start = text.length - longest;
  const line = text.indexOf('\n', start) + 1;
  const kept = text.slice(line > 0 && line < start + longest / 2 ? line : start);
  return `[${text.length - kept.length} characters before this were left out]\n${kept}`;
}

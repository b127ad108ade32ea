/**
 * Removes secrets from a text. What answers the request stays: operation, trace, span, and worker IDs, paths, hosts, ports,
 * and the names of the secrets. It takes time in proportion to the length of the text, and doing it twice changes nothing.
 */
import { matchesOf } from '../../language/linear-expressions.ts';
import { addressesIn } from './addresses.ts';
import { type Hidden, REDACTED, REDACTED_MAIL } from './mark.ts';
import { namedValuesIn } from './named-values.ts';
import { optionsIn } from './options.ts';
import { tokensIn } from './tokens.ts';

export { REDACTED } from './mark.ts';

/** The text without secrets; `extra` comes from the operator's `REDACT`. */
export function redact(text: string, extra: readonly RegExp[] = []): string {
  const found: Hidden[] = [tokensIn, addressesIn, optionsIn, namedValuesIn].flatMap((find) => find(text));
  for (const pattern of extra) found.push(...matchesOf(pattern, text));
  return found.length === 0 ? text : replaced(text, found);
}

/** Parts that touch or overlap become one, with the marks that the text has already: a mark is never edited. */
function replaced(text: string, found: readonly Hidden[]): string {
  const parts = [...found, ...marksIn(text)].sort((a, b) => a.start - b.start || b.end - a.end);
  let result = '';
  let shown = 0;
  for (let i = 0; i < parts.length; ) {
    const { start, mark = REDACTED, end: firstEnd } = parts[i] as Hidden;
    let end = firstEnd;
    let label = mark;
    for (i += 1; i < parts.length && (parts[i] as Hidden).start <= end; i += 1) {
      const next = parts[i] as Hidden;
      if (next.end > end || next.mark !== label) label = next.end <= end ? label : REDACTED;
      end = Math.max(end, next.end);
    }
    result += text.slice(shown, start) + label;
    shown = end;
  }
  return result + text.slice(shown);
}

function marksIn(text: string): readonly Hidden[] {
  return [REDACTED, REDACTED_MAIL].flatMap((mark) => {
    const found: Hidden[] = [];
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) {
      found.push({ start: at, end: at + mark.length, mark });
    }
    return found;
  });
}

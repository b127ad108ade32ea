/** The operator's own patterns. They run on RE2, whose time is linear whatever the pattern and the text. */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import type { Hidden } from './mark.ts';

/** Loaded only where there are patterns: it takes longer to start than the rest of a command. */
const engine = () => createRequire(import.meta.url)('re2js') as typeof import('re2js');

const compiled = new WeakMap<RegExp, RE2JS>();

/** Throws for look-around and back-references, which no linear engine has; `src/config` says so at start. */
export function linear(pattern: RegExp): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const { RE2JS: re2 } = engine();
  const { ignoreCase, multiline, dotAll } = pattern;
  const flags =
    (ignoreCase ? re2.CASE_INSENSITIVE : 0) | (multiline ? re2.MULTILINE : 0) | (dotAll ? re2.DOTALL : 0);
  const made = re2.compile(re2.translateRegExp(pattern), flags);
  compiled.set(pattern, made);
  return made;
}

export function matchesOf(pattern: RegExp, text: string): readonly Hidden[] {
  const matcher = linear(pattern).matcher(text);
  const found: Hidden[] = [];
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (end > start) found.push({ start, end });
  }
  return found;
}

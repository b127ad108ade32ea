/**
 * The operator's regular expressions, run on RE2, which takes linear time for any expression and text. JavaScript's own
 * engine can take minutes for one text.
 */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

const compiled = new WeakMap<RegExp, RE2JS>();

/** Throws for features that no linear engine has: look-ahead, look-behind, back-references; and for more than 1000 repetitions. */
export function linear(expression: RegExp): RE2JS {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const re2 = engine();
  const { ignoreCase, multiline, dotAll } = expression;
  const flags = (ignoreCase ? re2.CASE_INSENSITIVE : 0) | (multiline ? re2.MULTILINE : 0) | (dotAll ? re2.DOTALL : 0);
  const made = re2.compile(re2.translateRegExp(expression), flags);
  compiled.set(expression, made);
  return made;
}

/** UTF-16 offsets of every match that is not empty, whether the expression is global or not. */
export function matchesOf(
  expression: RegExp,
  text: string,
): readonly { readonly start: number; readonly end: number }[] {
  const matcher = linear(expression).matcher(text);
  const found: { start: number; end: number }[] = [];
  while (matcher.find())
    if (matcher.end() > matcher.start()) found.push({ start: matcher.start(), end: matcher.end() });
  return found;
}

/** Loaded only if there are expressions, because loading takes as long as the rest of a short command. */
function engine(): typeof RE2JS {
  const library: typeof import('re2js') = createRequire(import.meta.url)('re2js');
  return library.RE2JS;
}

/** Values that start on the line below their name: YAML's block scalars, lists and folded values. */
import type { Hidden } from './mark.ts';
import { isPlain } from './plain.ts';
import { after, isAt, matchAt } from './sticky.ts';

const INDICATOR = /[|>][+-]?\d?[+-]?[ ]{0,20}(?=\n)/y;
const LINE = /\n([ ]*)(?![ ])([^\n]*)/y;

/** `at`: an indicator, or the end of the line with the name. Null if what follows isn't such a value. */
export function blockAt(
  text: string,
  nameStart: number,
  at: number,
): { readonly hidden: readonly Hidden[]; readonly next: number } | null {
  const lineStart = text.lastIndexOf('\n', nameStart - 1) + 1;
  const indent = matchAt(/[ ]*(?:-[ ]+)?/y, text, lineStart)?.[0].length ?? 0;
  const isScalar = isAt(INDICATOR, text, at);
  const first = isScalar ? after(INDICATOR, text, at) : at;
  if (text[first] !== '\n') return null;
  const hidden: Hidden[] = [];
  let next = first;
  for (let line = matchAt(LINE, text, next); line !== null; line = matchAt(LINE, text, next)) {
    const [all, spaces = '', content = ''] = line;
    const item = /^-[ ]+(?=\S)/.exec(content)?.[0].length ?? 0;
    const isDeeper = spaces.length > indent || (item > 0 && spaces.length >= indent - 2);
    if (content !== '' && !isDeeper) break;
    if (!isScalar && item === 0 && (hidden.length > 0 || /[\s:]/.test(content.trim()))) break;
    const start = next + 1 + spaces.length + item;
    next += all.length;
    const value = text.slice(start, next).trimEnd();
    if (isScalar ? value !== '' : !isPlain({ text: value, kind: 'password', isQuoted: false, isProse: false }))
      hidden.push({ start, end: start + value.length });
    if (!isScalar && item === 0) break;
  }
  return { hidden, next };
}

import { parseArgs } from 'node:util';
import { nearest } from '../language/nearest.ts';
import { bad, good, type Reading } from './io.ts';

/** `flag` takes no value, `value` one, `values` may be given several times. */
export type OptionSpec = Readonly<Record<string, 'flag' | 'value' | 'values'>>;

export interface Options {
  readonly words: readonly string[];
  has(name: string): boolean;
  /** The last one given, or null. */
  value(name: string): string | null;
  values(name: string): readonly string[];
}

/** Options and words in any order; `--` ends the options. */
export function parseOptions(args: readonly string[], spec: OptionSpec): Reading<Options> {
  const known = { ...spec, help: 'flag' } as const satisfies OptionSpec;
  const kinds: OptionSpec = known;
  const options = Object.fromEntries(
    Object.entries(known).map(([name, kind]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' } as const]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const kind = kinds[token.name];
    if (kind === undefined) return bad(unknownOption(token.rawName, Object.keys(known)));
    if (kind === 'flag' && token.value !== undefined) return bad(`${token.rawName} takes no value.`);
    if (kind !== 'flag' && (token.value === undefined || token.value === ''))
      return bad(`${token.rawName} needs a value.`);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
  }
  const repeated = [...given].find(([name, values]) => kinds[name] === 'value' && values.length > 1);
  if (repeated !== undefined)
    return bad(`--${repeated[0]} was given ${repeated[1].length} times; it can be given once.`);
  return good({
    words,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1) ?? null,
    values: (name) => given.get(name) ?? [],
  });
}

function unknownOption(rawName: string, known: readonly string[]): string {
  const meant = nearest(rawName.replace(/^-+/, ''), known);
  return `Unknown option ${rawName}.${meant === null ? '' : ` Did you mean --${meant}?`}`;
}

/** The frame of every command: its options, its help, and how a result is printed. */
import { parseArgs } from 'node:util';
import { microsOfIso } from '../adapters/ktrdr/time.ts';
import { DEFAULTS, VARIABLES } from '../config/defaults.ts';
import type { Config } from '../config/environment.ts';
import type { Micros } from '../diagnosis/trace.ts';
import { nearest } from '../language/nearest.ts';
import { bad, type Command, EXIT, good, type Io, type Reading, writeJson, wrongUsage } from './io.ts';

/** A `flag` has no value, `value` has one, `values` may be given several times. */
export type OptionSpec = Readonly<Record<string, 'flag' | 'value' | 'values'>>;

export interface Options {
  readonly words: readonly string[];
  has(name: string): boolean;
  /** The last one given, or null. */
  value(name: string): string | null;
  values(name: string): readonly string[];
  readonly naming: Naming;
}

/** How a sentence names what the caller gave or can give: a person at a terminal types options, a coding agent fills fields. */
export interface Naming {
  option(name: string): string;
  /** A command as the caller would give it, with its words. */
  call(command: string, words?: string): string;
  /** Follows a sentence about a server that didn't respond. */
  whatToCheck(problem: string): string;
  /** How the digest lists every operation. */
  readonly wholeList: string;
}

const TYPED: Naming = {
  option: (name) => `--${name}`,
  call: (command, words = '') => `ktrdr-bot ${command} ${words}`.trimEnd(),
  whatToCheck(problem) {
    const setting = problem.includes('JAEGER_URL') ? '' : 'Check JAEGER_URL. ';
    return `${setting}"ktrdr-bot doctor" checks every setting and says what to change.`;
  },
  wholeList: '--full lists every operation.',
};

/** Options and words in any order; `--` ends the options. */
function parseOptions(args: readonly string[], spec: OptionSpec): Reading<Options> {
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
    if (kind === 'flag' && token.value !== undefined) return bad(`${token.rawName} doesn't take a value.`);
    if (kind !== 'flag' && (token.value === undefined || token.value === ''))
      return bad(`${token.rawName} needs a value.`);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
  }
  const repeated = [...given].find(([name, values]) => kinds[name] === 'value' && values.length > 1);
  if (repeated !== undefined)
    return bad(`--${repeated[0]} was given ${repeated[1].length} times, but is allowed only once.`);
  return good({
    words,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1) ?? null,
    values: (name) => given.get(name) ?? [],
    naming: TYPED,
  });
}

function unknownOption(rawName: string, known: readonly string[]): string {
  const meant = nearest(rawName.replace(/^-+/, ''), known);
  return `Unknown option ${rawName}.${meant === null ? '' : ` Did you mean --${meant}?`}`;
}

export function optionsCommand(
  { name, help, options: spec }: Pick<QueryCommand, 'name' | 'help' | 'options'>,
  run: (options: Options, io: Io) => Promise<number>,
): Command {
  return async (args, io) => {
    const options = parseOptions(args, spec);
    if (!options.ok) return wrongUsage(io, options.problem);
    const [word] = options.value.words;
    if (word !== undefined) return wrongUsage(io, `Unexpected argument "${word}": ${name} takes only options.`);
    if (!options.value.has('help')) return run(options.value, io);
    io.write(help);
    return EXIT.answered;
  };
}

/** A read-only command. Its result is printed in one form, or passed to a coding agent in two. */
export interface QueryCommand {
  readonly name: string;
  readonly help: string;
  readonly options: OptionSpec;
  query(options: Options, io: Io): Promise<QueryResult>;
}

export type QueryResult =
  | {
      readonly kind: 'answer';
      /** False when nothing could be found out. */
      readonly isAnswered: boolean;
      text(): string | Promise<string>;
      /** The text contains terminal styles. */
      readonly isStyled?: boolean;
      json(): unknown;
      /** The same for a coding agent, where `json` is not always one kind of object. */
      object?(): object;
      slack?(): unknown;
    }
  /** A sentence about the source that did not respond. */
  | { readonly kind: 'unavailable'; readonly problem: string }
  /** A sentence about wrong words or options. */
  | { readonly kind: 'wrong'; readonly problem: string };

export function wrong(problem: string): QueryResult {
  return { kind: 'wrong', problem };
}

export function queryCommand({ name, help, options: spec, query }: QueryCommand): Command {
  return async (args, io) => {
    const options = parseOptions(args, spec);
    if (!options.ok) return wrongUsage(io, `${options.problem} "ktrdr-bot ${name} --help" lists the options.`);
    const [has, json] = [options.value.has, options.value.has('json')];
    if (has('help')) {
      io.write(help);
      return EXIT.answered;
    }
    if (json && has('slack')) return wrongUsage(io, 'Use --json or --slack, not both.');
    const result = await query(options.value, io);
    switch (result.kind) {
      case 'wrong':
        return wrongUsage(io, result.problem);
      case 'unavailable':
        io.warn(`${result.problem}\n${TYPED.whatToCheck(result.problem)}\n`);
        return EXIT.unanswered;
      case 'answer': {
        const asData = has('slack') ? result.slack : json ? result.json : undefined;
        if (asData !== undefined) writeJson(io, await asData());
        else if (result.isStyled === true) io.writeStyled(await result.text());
        else io.write(await result.text());
        return result.isAnswered ? EXIT.answered : EXIT.unanswered;
      }
    }
  };
}

/** The time in `--now`; null without the option. */
export function readNow(options: Options): Reading<Micros | null> {
  const text = options.value('now');
  if (text === null) return good(null);
  const now = microsOfIso(text);
  return now === null
    ? bad(
        `${options.naming.option('now')} must be a time in ISO 8601 between 2015 and 2100, such as 2026-01-09T06:05:00Z.`,
      )
    : good(now);
}

/** The settings. When none of the bot's variables is set they are the defaults, and no schema library has to be loaded. */
export async function configFrom(env: Io['env']): Promise<Config> {
  const isSet = VARIABLES.some((name) => (env[name]?.trim() ?? '') !== '');
  return isSet ? (await import('../config/environment.ts')).loadConfig(env) : DEFAULTS;
}

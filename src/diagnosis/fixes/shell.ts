/** Commands that a person pastes into a terminal, with values from spans, which any program may have written. */
import { type Clean, isRedacted } from '../clean.ts';
import type { ShellCommand } from '../finding.ts';

/** A value that is safe in a command: exactly as it was read, with nothing to hide or remove. */
export type ShellWord = string & { readonly __word: true };

const PLAIN = /^[A-Za-z0-9_\-./:=@%+,]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Null for a value that can't be typed as it is: one that contains a secret or invisible characters, or is too long to show.
 * With anything else in its place, the command would be about something else.
 *
 * Null as well for a value that begins with `-`, which any program may take for an option. `--` would stop that, but in ktrdr
 * no ID, symbol, timeframe, or path starts with it, so the target of such a command doesn't exist. A command whose value may
 * start with it must add a prefix, as paths have with `../`.
 */
export function wordOf(text: string, clean: Clean): ShellWord | null {
  const isItself = !CONTROL.test(text) && !isRedacted(text) && clean(text) === text;
  return isItself && text !== '' && !text.startsWith('-') ? (text as ShellWord) : null;
}

/** A word from this code; the type rejects text that is known only at run time. */
export function literal<const Text extends string>(text: string extends Text ? never : Text): ShellWord {
  return text as string as ShellWord;
}

/** How the bot builds its own commands: words are quoted, a list becomes one word per item. Nothing may edit the result. */
export function sh(
  literals: TemplateStringsArray,
  ...values: readonly (ShellWord | number | readonly ShellWord[])[]
): ShellCommand {
  return literals.reduce((command, text, i) => command + text + quoted(values[i] ?? []), '') as ShellCommand;
}

/**
 * A command that an operator wrote, with words in place of its `{names}`. Null where one of them is unknown or cannot be typed.
 * A template with names contains no quotes (`hasQuotes`): a quoted word within quotes would no longer be quoted.
 */
export function fromTemplate(template: string, wordFor: (name: string) => ShellWord | null): ShellCommand | null {
  let isWhole = true;
  const command = template.replace(NAMED, (_, name: string) => {
    const word = wordFor(name);
    isWhole &&= word !== null;
    return word === null ? '' : quoted(word);
  });
  return isWhole ? (command as ShellCommand) : null;
}

export const NAMED = /\{([a-z_]\w*)\}/g;

/** Anything that makes a shell interpret the characters after it differently. */
export function hasQuotes(template: string): boolean {
  return /['"`\\]|\$[({]|<</.test(template);
}

/** The same command on another host. ssh passes its arguments to a shell there, so the command is quoted again. */
export function overSsh(host: ShellWord, command: ShellCommand): ShellCommand {
  const isPlain = command.split(' ').every((word) => PLAIN.test(word));
  const canBeDoubleQuoted = !/["$`\\!]/.test(command);
  const remote = isPlain ? command : canBeDoubleQuoted ? `"${command}"` : singleQuoted(command);
  return `ssh ${quoted(host)} ${remote}` as ShellCommand;
}

function quoted(value: ShellWord | number | readonly ShellWord[]): string {
  if (typeof value === 'object') return value.map(quoted).join(' ');
  const text = String(value);
  return PLAIN.test(text) ? text : singleQuoted(text);
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

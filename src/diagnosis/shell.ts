import type { ShellCommand } from './finding.ts';

/** The characters a POSIX shell reads literally in a word. */
const PLAIN = /^[A-Za-z0-9_\-./:=@%+,]+$/;

/**
 * The only way to make a command. Interpolated values are quoted, because span attributes are untrusted text that a person
 * pastes into a terminal; a list becomes one word per item.
 */
export function sh(
  literals: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): ShellCommand {
  return literals.reduce((command, literal, i) => {
    const value = values[i];
    const words = value === undefined ? '' : Array.isArray(value) ? value.map(quote).join(' ') : quote(String(value));
    return command + literal + words;
  }, '') as ShellCommand;
}

/** Control characters cannot be pasted safely, quoted or not. */
function quote(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const text = value.replace(/[\u0000-\u001f\u007f]/g, '');
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

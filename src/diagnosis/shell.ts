import type { ShellCommand } from './finding.ts';

/** The characters a POSIX shell reads literally in a word. */
const PLAIN = /^[A-Za-z0-9_\-./:=@%+,]+$/;

function quote(value: string | number): string {
  const text = String(value);
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The only way to make a command. Interpolated values are quoted, because span attributes are untrusted text that a person
 * pastes into a terminal; a value that is itself a command is inserted as it is.
 */
export function sh(literals: TemplateStringsArray, ...values: readonly (string | number)[]): ShellCommand {
  return literals.reduce((command, literal, i) => {
    const value = values[i];
    return command + literal + (value === undefined ? '' : quote(stripControls(value)));
  }, '') as ShellCommand;
}

/** Control characters cannot be pasted safely, quoted or not. */
function stripControls(value: string | number): string | number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return typeof value === 'number' ? value : value.replace(/[\u0000-\u001f\u007f]/g, '');
}

/** Options in the style of a terminal: `--private`, `-h`, `--since=2h`. */
import { SYMPTOMS } from '../diagnosis/case.ts';
import { SUB_COMMANDS } from '../formatters/reports/help.ts';
import { nearest } from '../language/nearest.ts';
import { listed, type Notice, notice } from './notice.ts';

/** A dash inside a word, or on its own, doesn't start an option. */
const OPTION = /(?<![^\s(,;])-{1,2}([a-z][\w-]*)(?:=\S*)?/gi;
const PRIVATE = ['private', 'privately'];
const HELP = ['h', 'help'];

export interface TypedOptions {
  readonly text: string;
  /** The options as typed, without their values. */
  readonly options: readonly string[];
}

/** Separates options from the text. A symptom typed with dashes stays in the text, without the dashes. */
export function takeOptions(typed: string): TypedOptions {
  const options: string[] = [];
  const text = typed.replaceAll(OPTION, (whole, name: string) => {
    if (SYMPTOMS.some((symptom) => symptom === name.toLowerCase())) return name;
    options.push(whole.replace(/=.*/, ''));
    return ' ';
  });
  return { text: text.trim(), options };
}

/**
 * A mistyped option also counts: an answer hidden by mistake can be requested again, but one that was shown can't be taken
 * back.
 */
export function isPrivateOption(option: string): boolean {
  return nearest(nameOf(option), PRIVATE) !== null;
}

export function isHelpOption(option: string): boolean {
  return HELP.includes(nameOf(option));
}

export function unknownOptions(options: readonly string[], command: string): Notice {
  const named = listed(options.map((option) => notice`${option}`));
  const takesPrivate = SUB_COMMANDS.find(({ name }) => name === command)?.canBePrivate === true;
  const takes = takesPrivate ? notice`It takes ${'--private'}.` : notice`It takes none.`;
  const isNone = [options.length === 1 ? ' isn’t an option of ' : ' aren’t options of '];
  return notice`${named}${isNone}${[command]}. ${takes}`;
}

function nameOf(option: string): string {
  return option.replace(/^-+/, '').toLowerCase();
}

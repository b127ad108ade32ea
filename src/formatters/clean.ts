/** The diagnosis that renderers get: every text is visible and free of secrets. */
import { cleanText, cut } from '../diagnosis/clean.ts';
import type { Diagnosis, Fix } from '../diagnosis/finding.ts';
import { advice } from '../diagnosis/fixes/table.ts';
import { REDACTED, redact } from '../diagnosis/redaction/redact.ts';
import { isOwnValue } from './own-values.ts';

const NO_EXTRA: readonly RegExp[] = [];

/** One diagnosis is rendered in several ways and for several people, and cleaning a long one takes a while. */
const copies = new WeakMap<Diagnosis, { readonly extra: readonly RegExp[]; readonly copy: Diagnosis }>();

/** A clean copy, in which every command is as it was made. `extra` comes from the operator's `REDACT`. */
export function cleanDiagnosis(diagnosis: Diagnosis, extra: readonly RegExp[] = NO_EXTRA): Diagnosis {
  const known = copies.get(diagnosis);
  if (known?.extra === extra) return known.copy;
  const copy = cleanCopy(diagnosis, extra);
  copies.set(diagnosis, { extra, copy });
  return knownAsClean(copy, extra);
}

/** For a clean copy that comes from another process: cleaning it again would change nothing, and takes long. */
export function knownAsClean(copy: Diagnosis, extra: readonly RegExp[]): Diagnosis {
  copies.set(copy, { extra, copy });
  return copy;
}

/** A copy of plain data in which every free text is visible and without secrets. `field` is its name, if it has one. It must not be deep. */
export function cleanCopy<Value>(value: Value, extra: readonly RegExp[], field?: string): Value;
export function cleanCopy(value: unknown, extra: readonly RegExp[], field = ''): unknown {
  if (typeof value === 'string') return isOwnValue(field, value) ? value : cleanText(value, extra);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => cleanCopy(item, extra));
  if (isCommand(value)) return cleanCommand(value, extra);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleanCopy(item, extra, key)]));
}

/** With what is added to it, a label stays below what a text is cut to, so that cleaning it again changes nothing. */
const LONGEST_LABEL = 1000;

type CommandFix = Fix & { readonly kind: 'command' };

function isCommand(value: object): value is CommandFix {
  return 'kind' in value && value.kind === 'command' && 'command' in value;
}

/**
 * An edited command would be another command: what looks like a secret in it may end its quotation. The rules put clean
 * values into commands only, but a diagnosis may come from the store, where other patterns for secrets were known.
 */
function cleanCommand(fix: CommandFix, extra: readonly RegExp[]): Fix {
  const label = cleanText(fix.label, extra);
  const reading = fix.reading === undefined ? {} : { reading: cleanText(fix.reading, extra) };
  return cleanText(fix.command, extra) === String(fix.command)
    ? { ...fix, label, ...reading }
    : advice(`${cut(label, LONGEST_LABEL)} (command not shown: it would contain a secret or invisible characters)`);
}

/** Not a word that represents a missing value, and too short to be mistaken for a key in any context. */
const SOME_SECRET = 'Zx9kQ2vB7nM4';

/** Cleans values whose names are separate from them, not in the same text, such as those of attributes. At most `longest` characters. */
export function createValueCleaner(extra: readonly RegExp[], longest: number): (value: string, name: string) => string {
  const secretNames = new Map<string, boolean>();
  return (value, name) => {
    const known = secretNames.get(name) ?? redact(`${name}=${SOME_SECRET}`, extra).includes(REDACTED);
    secretNames.set(name, known);
    return known ? REDACTED : cleanText(value, extra, longest);
  };
}

import { type Clean, cleanText } from '../diagnosis/clean.ts';
import type { Diagnosis, Fix } from '../diagnosis/finding.ts';
import { advice } from '../diagnosis/fixes/table.ts';

export { cleanText };

const NO_EXTRA: readonly RegExp[] = [];

/** One diagnosis is shown in several ways and to several people, and a copy is as dear as its text is long. */
const copies = new WeakMap<Diagnosis, { readonly extra: readonly RegExp[]; readonly copy: Diagnosis }>();

/** A copy in which every text is visible and free of secrets, and every command as it was made. Renderers see nothing else. */
export function cleanDiagnosis(diagnosis: Diagnosis, extra: readonly RegExp[] = NO_EXTRA): Diagnosis {
  const known = copies.get(diagnosis);
  if (known?.extra === extra) return known.copy;
  const copy = cleaned(diagnosis, (text) => cleanText(text, extra));
  copies.set(diagnosis, { extra, copy });
  // Cleaning twice changes nothing.
  copies.set(copy, { extra, copy });
  return copy;
}

/** Depth is that of the published shape, so recursion ends soon. */
function cleaned<Value>(value: Value, clean: Clean): Value;
function cleaned(value: unknown, clean: Clean): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => cleaned(item, clean));
  if (isCommand(value)) return cleanedCommand(value, clean);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleaned(item, clean)]));
}

type CommandFix = Fix & { readonly kind: 'command' };

function isCommand(value: object): value is CommandFix {
  return 'kind' in value && value.kind === 'command' && 'command' in value;
}

/**
 * An edited command would be another command: what looks like a secret in it may end its quotation. The rules put clean
 * values into commands only, but a diagnosis may come from the store, where other patterns for secrets were known.
 */
function cleanedCommand(fix: CommandFix, clean: Clean): Fix {
  const label = clean(fix.label);
  const asText: string = fix.command;
  return clean(asText) === asText
    ? { ...fix, label }
    : advice(`${label} (the command is left out: it would hold a secret or characters that cannot be seen)`);
}

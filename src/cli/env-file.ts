/** `.env` in the current folder: read by every command, written by `init`. */
import { realpath, rename, writeFile } from 'node:fs/promises';

export const ENV_FILE = '.env';

/** One assignment; a value in quotes may go over several lines. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:'[^']*'|"[^"]*"|`[^`]*`)?[^\n]*\n?/gm;

/** Everything else, such as comments and other variables, stays as it is. */
export function withVariables(text: string, values: ReadonlyMap<string, string>): string {
  const left = new Map(values);
  const changed = text.replace(ASSIGNMENT, (assignment, name: string) => {
    const value = left.get(name);
    if (value === undefined) return values.has(name) ? '' : assignment;
    left.delete(name);
    return lineOf(name, value);
  });
  const end = changed === '' || changed.endsWith('\n') ? '' : '\n';
  return changed + end + [...left].map(([name, value]) => lineOf(name, value)).join('');
}

function lineOf(name: string, value: string): string {
  return `${name}=${quoted(value)}\n`;
}

/**
 * As Node, Compose and systemd read it alike. Plain where possible, because `docker run --env-file` and
 * `kubectl create secret --from-env-file` take quotes as part of the value.
 */
function quoted(value: string): string {
  if (/^[\w./:@,+=%?&*~-]*$/.test(value)) return value;
  // Other programs than Node read `$` and `\` in double quotes.
  const mark = ["'", ...(/[\\$]/.test(value) ? [] : ['"']), '`'].find((quote) => !value.includes(quote));
  if (mark === undefined) throw new Error("A value with every kind of quotes can't be written to .env.");
  return mark + value + mark;
}

/** Whether a value can be written on a line. */
export function isWritable(value: string): boolean {
  return (
    !value.includes('\n') &&
    ["'", '"', '`'].some((quote) => !value.includes(quote)) &&
    !(value.includes("'") && value.includes('`') && /[\\$]/.test(value))
  );
}

/** Replaces the file atomically, readable only by its owner. If it is a link, its target is replaced. */
export async function writeEnvFile(text: string): Promise<void> {
  const path = await realpath(ENV_FILE).catch(() => ENV_FILE);
  const half = `${path}.${process.pid}`;
  await writeFile(half, text, { mode: 0o600, flag: 'wx' });
  await rename(half, path);
}

/** Readers for the notations of environment variables. Messages describe the expected notation and never repeat the value, which may be a secret. */
import { z } from 'zod';
import { readDuration } from '../language/durations.ts';
import { parseJson } from '../language/json.ts';
import { linear } from '../language/linear-expressions.ts';
import { readRedisUrl } from '../language/redis-url.ts';

const LONGEST_WAIT_MS = 3_600_000;
const SIZE_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, KB: 1000, MB: 1000 ** 2, GB: 1000 ** 3 } as const;

/** `500ms`, `10s`, `48h`, `2h30m`, `1w` → whole milliseconds; null for anything else and for zero. */
export function durationMs(text: string): number | null {
  const ms = Math.round(readDuration(text) ?? 0);
  return ms > 0 ? ms : null;
}

/** `64KiB`, `256MiB`, `1GB` or a plain number of bytes → bytes; null for anything else and for zero. */
function sizeBytes(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(/^\d+$/.test(text) ? `${text}B` : text);
  const unit = Object.entries(SIZE_BYTES).find(([name]) => name === parts?.[2])?.[1];
  const value = Number(parts?.[1]) * (unit ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? Math.round(value) : null;
}

export function duration() {
  return parsed(durationMs, 'must be a duration such as 500ms, 10s, 5m, 48h, or 7d');
}

/** Node's timers take at most 24 days and end at once for more, and nobody waits for an hour. */
export function timeout() {
  return parsed((text) => {
    const ms = durationMs(text);
    return ms !== null && ms <= LONGEST_WAIT_MS ? ms : null;
  }, 'must be a duration of at most 1h, such as 500ms, 10s, or 5m');
}

export function size() {
  return parsed(sizeBytes, 'must be a size such as 64KiB, 256MiB, or 1GiB');
}

export function wholeNumber(least: number, most: number) {
  return parsed(
    (text) => (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : null),
    `must be a whole number from ${least} to ${most}`,
  );
}

/** Keeps the text; only the scheme and the general shape are checked. */
export function url(...schemes: readonly string[]) {
  const wanted = schemes.map((scheme) => `${scheme}://`).join(' or ');
  return parsed((text) => {
    const scheme = URL.canParse(text) ? new URL(text).protocol.slice(0, -1) : null;
    return scheme !== null && schemes.includes(scheme) && text.startsWith(`${scheme}://`) ? text : null;
  }, `must be a URL that starts with ${wanted}`);
}

/** For links and commands that people see. */
export function withoutCredentials(address: string): string {
  const url = new URL(address);
  if (url.username === '' && url.password === '') return address;
  url.username = '';
  url.password = '';
  return url.href;
}

/** Keeps the text; all of its parts are checked. */
export function redisUrl() {
  return z.string().transform((text, context) => {
    const read = readRedisUrl(text);
    if ('address' in read) return text;
    context.addIssue({ code: 'custom', message: read.problem });
    return z.NEVER;
  });
}

/** IDs separated by commas or spaces. */
export function idList(pattern: RegExp, example: string) {
  return parsed((text) => {
    const ids = words(text);
    return ids.every((id) => pattern.test(id)) ? ids : null;
  }, `must be IDs such as ${example}, separated by commas`);
}

export function wordList() {
  return z.string().transform(words);
}

/** A JSON object of header names and texts. */
export function headers() {
  return parsed((text) => {
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const entries = Object.entries(value);
    const valid = entries.every(([name, text]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && isHeaderValue(text));
    return valid ? Object.fromEntries(entries.map(([name, text]) => [name, String(text)])) : null;
  }, 'must be a JSON object of header names and values, such as {"authorization":"Bearer …"}');
}

/** One regular expression per line, or a JSON array of them. Only expressions that a linear-time engine can run are accepted. */
export function expressions() {
  return z.string().transform((text, context): readonly RegExp[] => {
    const listed = parseJson(text);
    const isList = Array.isArray(listed) && listed.every((item) => typeof item === 'string');
    const sources: readonly string[] = isList ? listed : text.split('\n');
    const compiled = sources
      .map((source) => source.trim())
      .flatMap((source) => (source === '' ? [] : [compile(source)]));
    const expressions = compiled.filter((one) => typeof one !== 'string');
    for (const [i, problem] of compiled.entries()) {
      if (typeof problem === 'string') context.addIssue({ code: 'custom', message: `${problem} (number ${i + 1})` });
    }
    return expressions.length === compiled.length ? expressions : z.NEVER;
  });
}

/** One or more of these names, in their order. */
export function namesOf<const Name extends string>(names: readonly Name[]) {
  return parsed(
    (text) => {
      const given = text.split(/[\s,]+/).filter((name) => name !== '');
      const known = names.filter((name) => given.includes(name));
      return known.length > 0 && known.length === new Set(given).size ? known : null;
    },
    `must be one or more of ${names.join(', ')}, separated by commas`,
  );
}

/** As OpenTelemetry writes them: `name=value,name=value`, percent-encoded. */
export function readOtlpHeaders(text: string): Readonly<Record<string, string>> | null {
  const pairs = text.split(',').map((pair) => /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/.exec(pair));
  try {
    const read = pairs.map((pair) =>
      pair === null ? null : [pair[1] ?? '', decodeURIComponent((pair[2] ?? '').trim())],
    );
    return read.every((pair) => pair !== null && isHeaderValue(pair[1]))
      ? Object.fromEntries(read.filter((pair) => pair !== null))
      : null;
  } catch {
    return null;
  }
}

/** A JSON array. Every invalid entry is reported by its number and the name of the field. */
export function entries<Entry extends z.ZodType>(entry: Entry, example: string) {
  return z.string().transform((text, context): readonly z.output<Entry>[] => {
    const read = z.array(entry).safeParse(parseJson(text));
    if (read.success) return read.data;
    for (const { path, message } of read.error.issues) {
      const [number, field] = path;
      const where =
        typeof number === 'number' ? `entry ${number + 1}${field === undefined ? '' : `: ${String(field)}`}` : '';
      context.addIssue({
        code: 'custom',
        message: where === '' ? `must be a JSON array such as ${example}` : `${where} ${message}`,
      });
    }
    return z.NEVER;
  });
}

export function parsed<T>(read: (text: string) => T | null, problem: string) {
  return z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
}

function words(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function isHeaderValue(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
}

/** The compiled expression, or what is wrong with it, without quoting it. */
function compile(source: string): RegExp | string {
  try {
    const expression = new RegExp(source, 'g');
    try {
      linear(expression);
    } catch {
      return "must not use look-ahead, look-behind, back-references, or more than 1000 repetitions: the linear-time regex engine doesn't support them";
    }
    return expression;
  } catch {
    return 'must be valid regular expressions, one per line or as a JSON array of strings';
  }
}

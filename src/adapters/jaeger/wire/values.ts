/** Tolerant views of JSON of unknown shape: a value of the wrong type reads as empty and never throws. */
export type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = Object.freeze({});

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): Json {
  return isObject(value) ? value : NOTHING;
}

export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** A finite number from a number or its decimal text; null for everything else. */
export function numberOf(value: unknown): number | null {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

/** A whole number as a number where a double holds it exactly, else its own digits as text. */
export function integerOf(value: unknown): number | string | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const number = Number(value);
  return value !== '' && Number.isSafeInteger(number) ? number : value;
}

/**
 * JSON text as Go writes it (keys sorted, `<`, `>` and `&` escaped): Jaeger's older dialect sends lists and maps as this text,
 * so values from the newer dialect are converted to the same form.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(sorted(value, 0)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Deeper values are cut, because nesting could overflow the stack. */
const DEEPEST = 32;

function sorted(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth + 1));
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key], depth + 1)]),
  );
}

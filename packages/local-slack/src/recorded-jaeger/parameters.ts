/** Parameters as Go reads them, with its words for what it cannot read. */
import { z } from 'zod';

/** A value, or the message of the answer 400. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

export function integer(text: string | null, fallback: number): Parsed<number> {
  if (text === null || text === '') return { value: fallback };
  if (/^[+-]?\d+$/.test(text)) return { value: Number(text) };
  return { problem: `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax` };
}

const UNITS_MICROS: Readonly<Record<string, number>> = { ns: 1e-3, us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };

/** A Go duration such as `1.5s` or `2m30s`, in microseconds. */
export function duration(text: string | null, fallback: number): Parsed<number> {
  if (text === null || text === '') return { value: fallback };
  const parts = [...text.matchAll(/(?<![\d.])([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    const quoted = JSON.stringify(text);
    const what = /^[\d.]+$/.test(text) ? `missing unit in duration ${quoted}` : `invalid duration ${quoted}`;
    return { problem: `time: ${what}` };
  }
  return { value: parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS_MICROS[unit ?? ''] ?? 0), 0) };
}

/** RFC 3339 in microseconds. */
export function instant(text: string): Parsed<number> {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(seconds)) {
    const layout = '"2006-01-02T15:04:05.999999999Z07:00"';
    return {
      problem: `parsing time ${JSON.stringify(text)} as ${layout}: cannot parse ${JSON.stringify(text)} as "2006"`,
    };
  }
  return { value: seconds * 1000 + Math.floor(Number(match?.[2] ?? 0) * 1e6) };
}

/** A JSON object of texts. */
export function tags(text: string | null): Parsed<Readonly<Record<string, string>>> {
  if (text === null || text === '') return { value: {} };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: `invalid character ${JSON.stringify(text[0])} looking for beginning of value` };
  }
  const parsed = z.record(z.string(), z.string()).safeParse(json);
  if (parsed.success) return { value: parsed.data };
  return { problem: 'json: cannot unmarshal number into Go value of type string' };
}

/** 32 hex digits from a trace ID in a path. */
export function traceId(text: string, errors: 'parse' | 'length'): Parsed<string> {
  if (text.length > 32) return { problem: `TraceID cannot be longer than 32 hex characters: ${text}` };
  if (/^[0-9a-fA-F]+$/.test(text)) return { value: text.toLowerCase().padStart(32, '0') };
  if (errors === 'length') return { problem: 'invalid length for TraceID' };
  return { problem: `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax` };
}

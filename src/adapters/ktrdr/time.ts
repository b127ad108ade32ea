import { isPlausibleTime, type Micros, micros } from '../../diagnosis/trace.ts';

/**
 * ISO 8601 with up to six digits of fraction, kept to the microsecond. Python writes times without an offset; they are UTC.
 * Null for anything else, and for what cannot be a time of ktrdr: zero values of databases and clients (year 1, 1970).
 */
export function microsOfIso(text: unknown): Micros | null {
  if (typeof text !== 'string') return null;
  const parts =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(
      text.trim(),
    );
  if (parts === null) return null;
  const [, date = '', time = '00:00:00', fraction = '', offset = 'Z'] = parts;
  const zone = /^[+-]\d{4}$/.test(offset) ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase();
  const seconds = time.length === 5 ? `${time}:00` : time;
  const ms = Date.parse(`${date}T${seconds}${zone}`);
  return isPlausibleTime(ms * 1000) ? micros(ms * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))) : null;
}

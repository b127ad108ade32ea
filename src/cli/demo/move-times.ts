/** Moves the times in the text of a recording: of spans, of records, in messages, and in operation IDs. */

export interface Move {
  /** Times farther from it than a day stay: they are those of market data. Milliseconds. */
  readonly recordedMs: number;
  /** Whole seconds, so that what follows the seconds stays. */
  readonly moveMs: number;
  /** Of the times in operation IDs, when those differ. */
  readonly moveIdsMs?: number;
}

const DAY_MS = 86_400_000;
/** Seconds, milliseconds, microseconds or nanoseconds since 1970, in our century. */
const UNIX = /(?<![\w.-])(\d{10})(\d{3}|\d{6}|\d{9})?(?!\w)/g;
const STAMP = /\b(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(?!\d)/g;
const IN_ID = /(?<=\bop_[a-z_]{1,40}_)(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?=_[0-9a-f]{8}\b)/g;
const NANOS = /"(?:start|end)TimeUnixNano":\s*"?(\d+)/g;

/** A time with an offset keeps it; one without is UTC, as ktrdr writes them. */
export function moveTimes(text: string, { recordedMs, moveMs, moveIdsMs = moveMs }: Move): string {
  const isNear = (ms: number) => Math.abs(ms - recordedMs) <= DAY_MS;
  return text
    .replace(UNIX, (whole, seconds: string, rest = '') =>
      isNear(Number(seconds) * 1000) ? `${Number(seconds) + moveMs / 1000}${rest}` : whole,
    )
    .replace(STAMP, (whole, day: string, between: string, time: string) => {
      const ms = Date.parse(`${day}T${time}Z`);
      const moved = isNear(ms) ? new Date(ms + moveMs).toISOString() : null;
      return moved === null ? whole : `${moved.slice(0, 10)}${between}${moved.slice(11, 19)}`;
    })
    .replace(IN_ID, (whole, ...parts: string[]) => {
      const [year, month, day, hour, minute, second] = parts;
      const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
      if (!isNear(ms)) return whole;
      const digits = new Date(ms + moveIdsMs).toISOString().replace(/[-:]/g, '');
      return `${digits.slice(0, 8)}_${digits.slice(9, 15)}`;
    });
}

/** The end of the last span, in milliseconds. */
export function latestTimeIn(trace: string): number {
  const nanos = [...trace.matchAll(NANOS)].map(([, digits]) => Number(digits));
  return nanos.reduce((latest, one) => Math.max(latest, one), 0) / 1e6;
}

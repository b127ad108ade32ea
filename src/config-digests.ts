import { z } from 'zod';
import { durationMs, json, parsed } from './config-values.ts';

/** A digest that is posted by the clock; `sinceMs` is how far back it looks. */
export interface DigestSchedule {
  readonly channel: string;
  readonly cron: string;
  readonly tz: string;
  readonly sinceMs: number;
  readonly type: string | null;
}

const Digest = z
  .object({
    channel: z.string().regex(/^[CGD][A-Z0-9]+$/),
    cron: z.string().regex(/^\S+(?:\s+\S+){4,5}$/),
    tz: z.string().refine(isTimeZone),
    since: z.string().optional(),
    type: z.string().optional(),
  })
  .strict();

/** A JSON array of schedules; digests look back a day unless they say otherwise. */
export function digests() {
  return parsed((text): readonly DigestSchedule[] | null => {
    const list = z.array(Digest).safeParse(json(text));
    if (!list.success) return null;
    const schedules = list.data.map(({ since, type, ...rest }) => ({
      ...rest,
      sinceMs: durationMs(since ?? '24h') ?? Number.NaN,
      type: type ?? null,
    }));
    return schedules.some((schedule) => Number.isNaN(schedule.sinceMs)) ? null : schedules;
  }, 'must be a JSON array such as [{"channel":"C0123456789","cron":"0 9 * * 1-5","tz":"Europe/Berlin","since":"24h"}]');
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

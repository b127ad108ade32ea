import { z } from 'zod';
import { isTimeZone, readTimeZone } from '../language/zones.ts';
import { slackChannel } from './slack-channel.ts';
import { durationMs, entries } from './values.ts';

const EXAMPLE = '[{"channel":"C0123456789","cron":"0 9 * * 1-5","tz":"Europe/Berlin","since":"24h"}]';

const CRON = 'must be a five-field cron pattern such as 0 9 * * 1-5';
const TIME_ZONE = 'must be a time zone such as Europe/Berlin or UTC';

const Digest = z
  .strictObject(
    {
      ...slackChannel,
      cron: z.string(CRON).regex(/^\S+(?:\s+\S+){4,5}$/, CRON),
      tz: z.string(TIME_ZONE).refine((name) => timeZoneOf(name) !== null, TIME_ZONE),
      since: z
        .string()
        .default('24h')
        .refine((text) => durationMs(text) !== null, 'must be a duration such as 24h or 7d'),
      type: z.string().optional(),
      feedback: z.boolean('must be true or false').optional(),
    },
    { error: (issue) => (issue.code === 'unrecognized_keys' ? 'has unknown fields' : 'must be an object') },
  )
  .transform(({ since, type, team, tz, feedback, ...rest }) => ({
    ...rest,
    ...(feedback === true && { withFeedback: true }),
    team: team ?? null,
    tz: timeZoneOf(tz) ?? tz,
    sinceMs: durationMs(since) ?? 0,
    type: type ?? null,
  }));

/** A JSON array of schedules; digests look back a day unless they say otherwise. */
export function digests() {
  return entries(Digest, EXAMPLE);
}

/** Tries an exact name first, so that `EST` keeps its meaning in the time zone database. */
function timeZoneOf(name: string): string | null {
  return isTimeZone(name) ? name : readTimeZone(name);
}

/** `app_rate_limited`: Slack dropped events of a workspace for a minute, and tells no one but the app. */
import type { Logger } from 'pino';
import { z } from 'zod';

const noticeSchema = z.object({
  team_id: z.string().catch(''),
  minute_rate_limited: z.number().catch(0),
});

/** Handles the payload if it is one. Logs one warning for each workspace and minute: Slack can deliver the notice again. */
export function createRateLimitNotices(log: Logger): (payload: unknown) => boolean {
  const minutes = new Map<string, number>();
  return (payload) => {
    if (!isNotice(payload)) return false;
    const { team_id: teamId, minute_rate_limited: minuteS } = noticeSchema.parse(payload);
    if (minutes.get(teamId) !== minuteS) {
      minutes.set(teamId, minuteS);
      const minute = new Date(Math.min(Math.max(minuteS, 0), 4e9) * 1000).toISOString().slice(0, 16);
      log.warn({ teamId, minute: `${minute}Z` }, 'Slack dropped events: the workspace sent more than Slack delivers');
    }
    return true;
  };
}

/** Before the schema, because it sees every request, and a schema that doesn't match costs far more than this. */
function isNotice(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'type' in payload && payload.type === 'app_rate_limited';
}

/** Times as people read them. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `23 Nov 2026 07:03:07 UTC`, or null when the text isn't a time. */
export function formatUtc(iso: string): string | null {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return null;
  const day = `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
  return `${day} ${time.toISOString().slice(-13, -5)} UTC`;
}

/** Slack's date token, shown in each reader's own time zone; null when the text isn't a time. */
export function slackDate(iso: string): string | null {
  const fallback = formatUtc(iso);
  if (fallback === null) return null;
  return `<!date^${unixSeconds(iso)}^${SLACK_DATE_FORMAT}|${fallback}>`;
}

export const SLACK_DATE_FORMAT = '{date_short_pretty} at {time_secs}';

export function unixSeconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}

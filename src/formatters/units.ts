/** Numbers and times as people read them. Nothing here throws: an impossible number reads as “unknown”. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `812 B`, `3.4 KiB`, `256 MiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'unknown';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${trimmed(value, power > 0 && value < 9.95 ? 1 : 0)} ${units[power]}`;
}

/** `23 Nov 2026 07:03:07 UTC`, or null when the text is no time. */
export function formatUtc(iso: string): string | null {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return null;
  const day = `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
  return `${day} ${time.toISOString().slice(-13, -5)} UTC`;
}

/** Slack's token for a moment, shown in each reader's own time zone; null when the text is no time. */
export function slackDate(iso: string): string | null {
  const fallback = formatUtc(iso);
  if (fallback === null) return null;
  return `<!date^${unixSeconds(iso)}^${SLACK_DATE_FORMAT}|${fallback}>`;
}

export const SLACK_DATE_FORMAT = '{date_short_pretty} {time_secs}';

export function unixSeconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}

function trimmed(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/\.0+$/, '');
}

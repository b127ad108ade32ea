/**
 * A delay in whole milliseconds, never shorter than asked for. Every delay given to the queue goes through this function,
 * because PostgreSQL rejects fractions: a retry with one isn't scheduled, and its job counts as stalled.
 */
export function wholeMs(ms: number): number {
  return Math.max(0, Math.ceil(ms));
}

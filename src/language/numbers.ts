/** One decimal below ten, none above, decided by the rounded value: 9.96 is `10`, not `10.0`. */
export function shortNumber(value: number): string {
  const one = value.toFixed(1);
  return Math.abs(Number(one)) < 10 ? one : String(Math.round(value));
}

/** `45%`, `2.9%`, `5%`: one decimal below ten unless it is zero; the argument is 0–100. “unknown” for what is not a number. */
export function percent(value: number): string {
  return Number.isFinite(value) ? `${Number(shortNumber(value))}%` : 'unknown';
}

/** `1 span`, `3 spans`, `1,234 spans`; “unknown spans” for what is not a number. */
export function plural(count: number, one: string, many = `${one}s`): string {
  if (!Number.isFinite(count)) return `unknown ${many}`;
  const digits = grouped(Math.round(count));
  return `${digits} ${digits === '1' ? one : many}`;
}

/** As `toLocaleString('en-US')`, which first loads the data of all languages. */
function grouped(whole: number): string {
  if (Math.abs(whole) < 1000 || !Number.isSafeInteger(whole)) return String(whole);
  return `${grouped(Math.trunc(whole / 1000))},${String(Math.abs(whole % 1000)).padStart(3, '0')}`;
}

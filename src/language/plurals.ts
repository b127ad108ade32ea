/** `1 span`, `3 spans`, `1,234 spans`; “unknown spans” for what is not a number. */
export function plural(count: number, one: string, many = `${one}s`): string {
  if (!Number.isFinite(count)) return `unknown ${many}`;
  const digits = Math.round(count).toLocaleString('en-US');
  return `${digits} ${digits === '1' ? one : many}`;
}

/** Characters that a person would read, and those hidden in links and buttons. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, part]: [string, unknown]) => (key === 'type' || key === 'style' ? sum : sum + textLength(part)),
    0,
  );
}

/** What a bench says: figures with limits, and the table and exit status that follow from them. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: '×' | 'ms' | '';
  /** `null` for what is only worth knowing. */
  readonly limit: { readonly at: 'most' | 'least'; readonly value: number } | null;
  /** What was divided by what, or how the value came about. */
  readonly detail: string;
}

export interface Bench {
  /** One line on what is measured. */
  readonly about: string;
  /** A sentence instead of figures when something that is needed is not installed. */
  run(workDir: string): Promise<readonly Figure[] | string>;
}

export function atMost(value: number): Figure['limit'] {
  return { at: 'most', value };
}

export function atLeast(value: number): Figure['limit'] {
  return { at: 'least', value };
}

export function isOver({ value, limit }: Figure): boolean {
  if (limit === null) return false;
  // Not a number is over any limit.
  return limit.at === 'most' ? !(value <= limit.value) : !(value >= limit.value);
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    valueText(figure),
    limitText(figure),
    verdictText(figure),
    figure.detail,
  ]);
  const all = [['figure', 'measured', 'limit', '', 'how'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ');
  return all.map((row) => `  ${line(row).trimEnd()}`).join('\n');
}

function valueText({ value, unit }: Figure): string {
  if (!Number.isFinite(value)) return 'none';
  return unit === 'ms' ? `${rounded(value)} ms` : `${rounded(value)}${unit}`;
}

function limitText({ limit, unit }: Figure): string {
  if (limit === null) return '';
  return `${limit.at === 'most' ? '≤' : '≥'} ${limit.value}${unit === 'ms' ? ' ms' : unit}`;
}

function verdictText(figure: Figure): string {
  if (figure.limit === null) return '';
  if (!isOver(figure)) return 'ok';
  return figure.limit.at === 'most' ? 'over' : 'under';
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

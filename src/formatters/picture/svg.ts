/**
 * The flow as a Gantt chart in SVG 1.1: the rows of the text with their marks, and a bar below each. Text takes `currentColor`,
 * so that a page can show it on a dark background.
 */
import { formatDuration, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../language/durations.ts';
import { escapeXml } from '../../language/escape.ts';
import type { ChartStep, TraceChart } from './chart.ts';
import {
  BAR,
  BOLD,
  bar,
  dashes,
  FAILED_COLOR,
  fitting,
  hatchedBar,
  inLines,
  MARGIN,
  NORMAL,
  PASSED_COLOR,
  round,
  SMALL,
  text,
  WIDTH,
  widthOf,
} from './drawing.ts';

const HEADING = { sizePx: 16, isBold: true };
const INK = '#1d2430';
const FROM = MARGIN + 18;
const TO = WIDTH - MARGIN;
const LINE = 20;
const SMALL_LINE = 17;
/** Between a row and the next, below its bar. */
const SPACE = 8;
const INDENT = 8;
const DEEPEST = 6;
const LEAST_BAR = 3;
const MOST_TICKS = 4;
const MOST_LINES = 2;
const MOST_HEADLINES = 3;

export function drawSvg({ title, footer, steps }: TraceChart): string {
  const headline = inLines(title, TO - MARGIN, HEADING, MOST_HEADLINES);
  const rowsFrom = MARGIN + headline.length * LINE + SPACE;
  const scale = scaleOf(steps);
  const rows = rowsOf(steps, rowsFrom, scale);
  const bottom = rows.at(-1)?.bottom ?? rowsFrom + LINE;
  const notes = [legendOf(steps), footer].flatMap((words) =>
    words === '' ? [] : inLines(words, TO - MARGIN, SMALL, MOST_LINES),
  );
  const notesFrom = bottom + (steps.length === 0 ? SPACE : LINE) + SPACE;
  const height = round(notesFrom + notes.length * SMALL_LINE + SPACE);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" color="${INK}" font-family="DejaVu Sans, Liberation Sans, Arial, Helvetica, sans-serif">`,
    `<title>${escapeXml(`Execution flow: ${title}`)}</title>`,
    ...headline.map((line, i) => text(line, { x: MARGIN, y: MARGIN + 16 + i * LINE, ...HEADING })),
    ...(steps.length === 0
      ? [text('No spans found for this operation.', { x: MARGIN, y: rowsFrom + 14, ...NORMAL })]
      : axis(scale, rowsFrom, bottom)),
    ...rows.flatMap(({ shapes }) => shapes),
    ...notes.map((line, i) =>
      text(line, { x: MARGIN, y: notesFrom + (i + 1) * SMALL_LINE - 4, ...SMALL, isMuted: true }),
    ),
    '</svg>',
  ].join('\n');
}

interface Scale {
  readonly endMs: number;
  readonly stepMs: number;
}

function scaleOf(steps: readonly ChartStep[]): Scale {
  const end = steps.reduce((max, step) => Math.max(max, step.startMs + step.durationMs), 0);
  const endMs = end > 0 ? end : 1;
  return { endMs, stepMs: tickOf(endMs / MOST_TICKS) };
}

/** Round in the unit in which it is read: 2 ms, 500 ms, 10 s, 5 min, 6 h. */
function tickOf(roughMs: number): number {
  const [unit, factors] = tickUnit(roughMs);
  return factors.map((factor) => factor * unit).find((step) => step >= roughMs) ?? Math.ceil(roughMs / unit) * unit;
}

function tickUnit(roughMs: number): readonly [ms: number, factors: readonly number[]] {
  if (roughMs > 30 * MINUTE_MS) return [HOUR_MS, [1, 2, 3, 6, 12, 24]];
  if (roughMs > 20 * SECOND_MS) return [MINUTE_MS, [0.5, 1, 2, 5, 10, 15, 30]];
  return [10 ** Math.floor(Math.log10(roughMs)), [1, 2, 5, 10]];
}

function xOf({ endMs }: Scale, ms: number): number {
  return FROM + (Math.min(Math.max(0, ms), endMs) / endMs) * (TO - FROM);
}

function axis(scale: Scale, top: number, bottom: number): readonly string[] {
  const ticks = Array.from({ length: Math.floor(scale.endMs / scale.stepMs + 1e-9) + 1 }, (_, i) => i * scale.stepMs);
  return ticks.flatMap((ms) => {
    const x = xOf(scale, ms);
    const label = ms === 0 ? '0' : formatDuration(ms);
    const isLast = x + widthOf(label, SMALL) / 2 > TO;
    return [
      `<path d="M${round(x)} ${round(top)}V${round(bottom)}" stroke="currentColor" stroke-opacity="0.15"/>`,
      text(label, { x, y: bottom + SMALL_LINE, ...SMALL, anchor: isLast ? 'end' : 'middle', isMuted: true }),
    ];
  });
}

interface Row {
  readonly shapes: readonly string[];
  readonly bottom: number;
}

function rowsOf(steps: readonly ChartStep[], top: number, scale: Scale): readonly Row[] {
  const rows: Row[] = [];
  let previous: ChartStep | undefined;
  for (const step of steps) {
    rows.push(rowOf(step, previous, rows.at(-1)?.bottom ?? top, scale));
    if (step.isGap !== true) previous = step;
  }
  return rows;
}

/** The service is on a separate line, and so is what happened in the root cause's step, as in the text. */
function rowOf(step: ChartStep, previous: ChartStep | undefined, top: number, scale: Scale): Row {
  const shapes = beginsTrace(step, previous) ? [dashes(top - 1)] : [];
  let y = top;
  if (step.service !== '' && step.service !== previous?.service && step.isGap !== true) {
    y += SMALL_LINE;
    shapes.push(text(fitting(step.service, TO - MARGIN, SMALL), { x: MARGIN, y, ...SMALL, isMuted: true }));
  }
  const style = step.error || step.isCulprit ? BOLD : NORMAL;
  const x = FROM + Math.min(DEEPEST, step.depth) * INDENT;
  const length = step.isGap === true ? '' : formatDuration(step.durationMs);
  const lengthFrom = TO - (length === '' ? 0 : widthOf(length, style) + SPACE);
  const label = inLines(labelOf(step), lengthFrom - x, style, step.isCulprit ? MOST_LINES : 1);
  shapes.push(
    text(markOf(step), { x: MARGIN, y: y + LINE - 2, ...BOLD }),
    ...(length === '' ? [] : [text(length, { x: TO, y: y + LINE - 2, ...style, anchor: 'end' })]),
  );
  for (const line of [...label, ...hereLines(step, TO - x)]) {
    y += LINE - 2;
    shapes.push(text(line, { x, y, ...style }));
  }
  const from = xOf(scale, step.startMs);
  const width = Math.min(TO - from, Math.max(LEAST_BAR, xOf(scale, step.startMs + step.durationMs) - from));
  const color = step.error || step.isCulprit ? FAILED_COLOR : PASSED_COLOR;
  const draw = step.isGap === true ? hatchedBar : bar;
  shapes.push(draw(width < LEAST_BAR ? TO - LEAST_BAR : from, y + 5, Math.max(LEAST_BAR, width), color));
  return { shapes, bottom: y + 5 + BAR + SPACE };
}

function markOf({ error, isCulprit, onCriticalPath }: ChartStep): string {
  if (error) return '✗';
  if (isCulprit) return '!';
  return onCriticalPath ? '•' : '';
}

function labelOf({ operation, note, isCulprit, isGap = false }: ChartStep): string {
  if (isGap && isCulprit) return `${operation}: here`;
  return note === '' || isCulprit ? operation : `${operation}: ${note}`;
}

function hereLines({ error, note, isCulprit, isGap = false }: ChartStep, widthPx: number): readonly string[] {
  if (!isCulprit || isGap) return [];
  const here = [error ? 'failed here' : 'here', note].filter((part) => part !== '').join(': ');
  return inLines(here, widthPx, BOLD, MOST_LINES);
}

/** The marks that occur. */
function legendOf(steps: readonly ChartStep[]): string {
  return [
    steps.some((step) => markOf(step) === '•') ? '• on the critical path' : '',
    steps.some((step) => step.error) ? '✗ failed' : '',
    steps.some((step) => step.isGap) ? 'hatched: no spans' : '',
    steps.some((step, i) => beginsTrace(step, steps[i - 1])) ? 'dashed line: another trace' : '',
  ]
    .filter((entry) => entry !== '')
    .join(' · ');
}

function beginsTrace({ traceId }: ChartStep, previous: ChartStep | undefined): boolean {
  return previous !== undefined && previous.traceId !== traceId;
}

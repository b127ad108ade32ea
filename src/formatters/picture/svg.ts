/** The flow as a Gantt chart in SVG 1.1. Text takes `currentColor`, so that a page can show it on a dark background. */
import { formatDuration, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../language/durations.ts';
import { escapeXml } from '../../language/escape.ts';
import { plural } from '../../language/plurals.ts';
import { oneLine } from '../blocks/mrkdwn.ts';
import type { ChartStep, TraceChart } from './chart.ts';
import {
  BAR,
  beginsTrace,
  COLORS,
  colorOf,
  cross,
  dashes,
  FAILED,
  fitting,
  line,
  MARGIN,
  NORMAL,
  round,
  serviceName,
  type TextStyle,
  text,
  WIDTH,
  widthOf,
} from './drawing.ts';

const BARS_FROM = 440;
const ROW = 26;
const LINE = 24;
const BOLD = { sizePx: 12, isBold: true };
const HEADING = { sizePx: 18, isBold: true };
/** A note in less room than this would say nothing. */
const SHORTEST_NOTE = 40;
/** Room for the cross behind a failed bar. */
const CROSS = 20;
/** Room for a mark of the legend, and between two entries. */
const SIGN = 20;
const GAP = 22;

export function drawSvg({ title, footer, steps }: TraceChart): string {
  const services = [...new Set(steps.map((step) => step.service))];
  const headline = inLines(title);
  const legendAt = MARGIN + headline.length * LINE + 26;
  const axisAt = legendAt + 44;
  const bottom = axisAt + Math.max(1, steps.length) * ROW + 12;
  const height = bottom + MARGIN + 12;
  const scale = scaleOf(steps);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" color="#1d1c1d" font-family="DejaVu Sans, Liberation Sans, Arial, Helvetica, sans-serif" font-size="12">`,
    `<title>${escapeXml(`Execution flow: ${title}`)}</title>`,
    ...headline.map((part, i) => text(MARGIN, MARGIN + 14 + i * LINE, part, 'font-size="18" font-weight="bold"')),
    ...legend(services, steps, legendAt),
    ...axis(scale, axisAt, bottom),
    ...(steps.length === 0 ? [text(MARGIN, axisAt + 18, 'No span of this operation is known.')] : []),
    ...steps.flatMap((step, i) => row(step, steps[i - 1], axisAt + 8 + i * ROW, { ...scale, services })),
    text(MARGIN, height - 12, footer, 'font-size="11" fill-opacity="0.65"'),
    '</svg>',
  ].join('\n');
}

interface Scale {
  readonly endMs: number;
  readonly stepMs: number;
  /** Where the longest bar ends, so that the text behind every bar fits. */
  readonly to: number;
}

function scaleOf(steps: readonly ChartStep[]): Scale {
  const end = steps.reduce((max, step) => Math.max(max, step.startMs + step.durationMs), 0);
  const endMs = end > 0 ? end : 1;
  const behind = steps.reduce((widest, step) => Math.max(widest, widthOf(textBehind(step), BOLD)), 0);
  return { endMs, stepMs: tickOf(endMs / 8), to: WIDTH - MARGIN - CROSS - behind };
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

function x({ endMs, to }: Scale, ms: number): number {
  return BARS_FROM + (Math.min(Math.max(0, ms), endMs) / endMs) * (to - BARS_FROM);
}

/** At most three; the last one says when there would be more. */
function inLines(headline: string): readonly string[] {
  const room = WIDTH - 2 * MARGIN;
  const lines: string[] = [];
  let current = '';
  for (const word of headline.split(/\s+/)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && widthOf(longer, HEADING) > room) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  const [first = '', second, ...rest] = [...lines, current].map((part) => fitting(part, room, HEADING));
  if (second === undefined) return [first];
  return rest.length === 0 ? [first, second] : [first, second, fitting(rest.join(' '), room, HEADING)];
}

function axis(scale: Scale, top: number, bottom: number): readonly string[] {
  const ticks = Array.from({ length: Math.floor(scale.endMs / scale.stepMs + 1e-9) + 1 }, (_, i) => i * scale.stepMs);
  return ticks.flatMap((ms) => {
    const at = round(x(scale, ms));
    return [
      `<path d="M${at} ${top}V${bottom}" stroke="currentColor" stroke-opacity="0.15"/>`,
      text(at, top - 6, ms === 0 ? '0' : formatDuration(ms), 'font-size="11" fill-opacity="0.65" text-anchor="middle"'),
    ];
  });
}

interface Rows extends Scale {
  readonly services: readonly string[];
}

function row(step: ChartStep, previous: ChartStep | undefined, y: number, rows: Rows): readonly string[] {
  const from = x(rows, step.startMs);
  const width = Math.max(3, x(rows, step.startMs + step.durationMs) - from);
  const indent = Math.min(10, step.depth) * 12;
  const label = labelOf(step, previous, BARS_FROM - MARGIN - indent - 12);
  const bold = 'font-weight="bold"';
  return [
    ...(beginsTrace(step, previous) ? [dashes(MARGIN, WIDTH - MARGIN, y - 5)] : []),
    text(MARGIN + indent, y + 12, label, step.isCulprit ? bold : ''),
    step.isGap
      ? `<rect x="${round(from)}" y="${y}" width="${round(width)}" height="${BAR}" rx="2" fill="none" stroke="currentColor" stroke-dasharray="2 3"/>`
      : `<rect x="${round(from)}" y="${y}" width="${round(width)}" height="${BAR}" rx="2" fill="${colorOf(rows.services, step.service)}"${step.error ? ` stroke="${FAILED}" stroke-width="2"` : ''}/>`,
    ...(step.onCriticalPath ? [line(from, width, y + BAR + 3.5)] : []),
    ...(step.error ? [cross(from + width + 10, y + BAR / 2)] : []),
    text(from + width + (step.error ? CROSS : 6), y + 12, textBehind(step), step.error || step.isCulprit ? bold : ''),
  ];
}

/** The service is named wherever it changes, for readers who don't see the colors. */
function labelOf(step: ChartStep, previous: ChartStep | undefined, room: number): string {
  const style: TextStyle = step.isCulprit ? BOLD : NORMAL;
  const service = step.service === previous?.service ? '' : ` (${serviceName(step.service)})`;
  const name = fitting(oneLine(step.operation) || '(no name)', room - widthOf(service, style), style);
  const isFull = widthOf(name + service, style) > room - SHORTEST_NOTE;
  const note = step.note === '' || isFull ? '' : `: ${oneLine(step.note)}`;
  return fitting(name + service + note, room, style);
}

function textBehind({ durationMs, error, isCulprit }: ChartStep): string {
  const here = isCulprit ? 'here' : '';
  const state = error ? `failed ${here}`.trim() : here;
  return [formatDuration(durationMs), state].filter((part) => part !== '').join(' · ');
}

interface Entry {
  readonly label: string;
  readonly draw: ((at: number) => string) | null;
}

/** One line: the color of each service, and the meaning of the marks that occur. */
function legend(services: readonly string[], steps: readonly ChartStep[], y: number): readonly string[] {
  const parts: string[] = [];
  let at = MARGIN;
  for (const entry of fittingEntries(services, marksIn(steps, y), y)) {
    const { label, draw } = entry;
    parts.push(...(draw === null ? [text(at, y, label)] : [draw(at), text(at + SIGN, y, label)]));
    at += widthOfEntry(entry);
  }
  return parts;
}

function marksIn(steps: readonly ChartStep[], y: number): readonly Entry[] {
  const marks: Entry[] = [];
  if (steps.some((step) => step.onCriticalPath)) {
    marks.push({ label: 'critical path', draw: (at) => line(at, 14, y - 4) });
  }
  if (steps.some((step) => step.error)) marks.push({ label: 'failed', draw: (at) => cross(at + 7, y - 5) });
  if (steps.some((step, i) => beginsTrace(step, steps[i - 1]))) {
    marks.push({ label: 'another trace', draw: (at) => dashes(at, at + 14, y - 4) });
  }
  return marks;
}

/** As many services as there are colors and there is room for. */
function fittingEntries(services: readonly string[], marks: readonly Entry[], y: number): readonly Entry[] {
  const named = services.map((service): Entry => {
    const fill = colorOf(services, service);
    const draw = (at: number) => `<rect x="${round(at)}" y="${y - 11}" width="14" height="12" rx="2" fill="${fill}"/>`;
    return { label: serviceName(service), draw };
  });
  for (let count = Math.min(named.length, COLORS.length); ; count -= 1) {
    const left = named.length - count;
    const others = { label: `and ${plural(left, 'more service')}, named beside the bars`, draw: null };
    const entries = [...named.slice(0, count), ...(left === 0 ? [] : [others]), ...marks];
    const end = entries.reduce((sum, entry) => sum + widthOfEntry(entry), MARGIN);
    if (count === 0 || end <= WIDTH - MARGIN) return entries;
  }
}

function widthOfEntry({ label, draw }: Entry): number {
  return (draw === null ? 0 : SIGN) + widthOf(label, NORMAL) + GAP;
}

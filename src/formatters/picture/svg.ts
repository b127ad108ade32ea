/** The flow as a Gantt chart in SVG 1.1. Text takes `currentColor`, so that a page can show it on dark ground. */

import { formatDuration } from '../../language/durations.ts';
import { escapeXml } from '../../language/escape.ts';
import { oneLine } from '../blocks/mrkdwn.ts';
import type { ChartStep, TraceChart } from './chart.ts';
import { legend } from './legend.ts';
import {
  BAR,
  beginsTrace,
  colourOf,
  cross,
  dashes,
  FAILED,
  line,
  MARGIN,
  NORMAL,
  round,
  serviceName,
  text,
  WIDTH,
} from './marks.ts';
import { fitting, widthOf } from './text-width.ts';

const BARS_FROM = 440;
const ROW = 26;
const LINE = 24;
const BOLD = { sizePx: 12, isBold: true };
const HEADING = { sizePx: 18, isBold: true };
/** Less than this says nothing. */
const SHORTEST_NOTE = 40;
/** Room for the cross behind a failed bar. */
const CROSS = 20;

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
    ...headline.map((words, i) => text(MARGIN, MARGIN + 14 + i * LINE, words, 'font-size="18" font-weight="bold"')),
    ...legend(services, steps, legendAt),
    ...axis(scale, axisAt, bottom),
    ...(steps.length === 0 ? [text(MARGIN, axisAt + 18, 'No span of this operation is known.')] : []),
    ...steps.flatMap((step, i) => row(step, steps[i - 1], axisAt + 8 + i * ROW, services, scale)),
    text(MARGIN, height - 12, footer, 'font-size="11" fill-opacity="0.65"'),
    '</svg>',
  ].join('\n');
}

interface Scale {
  readonly endMs: number;
  readonly stepMs: number;
  /** Where the longest bar ends, so that the words behind every bar fit. */
  readonly to: number;
}

function scaleOf(steps: readonly ChartStep[]): Scale {
  const end = steps.reduce((max, step) => Math.max(max, step.startMs + step.durationMs), 0);
  const endMs = end > 0 ? end : 1;
  const behind = steps.reduce((widest, step) => Math.max(widest, widthOf(wordsBehind(step), BOLD)), 0);
  return { endMs, stepMs: tickOf(endMs / 8), to: WIDTH - MARGIN - CROSS - behind };
}

/** Round in the unit in which it is read: 2 ms, 500 ms, 10 s, 5 min, 6 h. */
function tickOf(roughMs: number): number {
  const hour = 3_600_000;
  const unit = roughMs > 30 * 60_000 ? hour : roughMs > 20_000 ? 60_000 : 10 ** Math.floor(Math.log10(roughMs));
  const factors = unit === hour ? [1, 2, 3, 6, 12, 24] : unit === 60_000 ? [0.5, 1, 2, 5, 10, 15, 30] : [1, 2, 5, 10];
  return factors.map((factor) => factor * unit).find((step) => step >= roughMs) ?? Math.ceil(roughMs / unit) * unit;
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
  const [first = '', second, ...rest] = [...lines, current].map((words) => fitting(words, room, HEADING));
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

function row(
  step: ChartStep,
  previous: ChartStep | undefined,
  y: number,
  services: readonly string[],
  scale: Scale,
): readonly string[] {
  const from = x(scale, step.startMs);
  const width = Math.max(3, x(scale, step.startMs + step.durationMs) - from);
  const indent = Math.min(10, step.depth) * 12;
  const lettering = step.isCulprit ? BOLD : NORMAL;
  const label = labelOf(step, previous, BARS_FROM - MARGIN - indent - 12, lettering);
  const isMarked = step.error || lettering === BOLD;
  return [
    ...(beginsTrace(step, previous) ? [dashes(MARGIN, WIDTH - MARGIN, y - 5)] : []),
    text(MARGIN + indent, y + 12, label, lettering === BOLD ? 'font-weight="bold"' : ''),
    `<rect x="${round(from)}" y="${y}" width="${round(width)}" height="${BAR}" rx="2" fill="${colourOf(services, step.service)}"${step.error ? ` stroke="${FAILED}" stroke-width="2"` : ''}/>`,
    ...(step.onCriticalPath ? [line(from, width, y + BAR + 3.5)] : []),
    ...(step.error ? [cross(from + width + 10, y + BAR / 2)] : []),
    text(from + width + (step.error ? CROSS : 6), y + 12, wordsBehind(step), isMarked ? 'font-weight="bold"' : ''),
  ];
}

/** The service is named wherever it changes, because colours alone tell nothing to some readers. */
function labelOf(
  step: ChartStep,
  previous: ChartStep | undefined,
  room: number,
  lettering: typeof NORMAL | typeof BOLD,
): string {
  const service = step.service === previous?.service ? '' : ` (${serviceName(step.service)})`;
  const name = fitting(oneLine(step.operation) || '(no name)', room - widthOf(service, lettering), lettering);
  const isFull = widthOf(name + service, lettering) > room - SHORTEST_NOTE;
  const note = step.note === '' || isFull ? '' : `: ${oneLine(step.note)}`;
  return fitting(name + service + note, room, lettering);
}

function wordsBehind({ durationMs, error, isCulprit }: ChartStep): string {
  const here = isCulprit ? 'here' : '';
  const word = error ? `failed ${here}`.trim() : here;
  return [formatDuration(durationMs), word].filter((part) => part !== '').join(' · ');
}

/** The flow as a Gantt chart in SVG 1.1. Text takes `currentColor`, so that a page can show it on dark ground. */
import type { Diagnosis, FlowStep } from '../diagnosis/finding.ts';
import { cleanDiagnosis } from './clean.ts';
import { stepsToShow } from './execution-flow.ts';
import { cut, oneLine } from './mrkdwn.ts';
import { sentences, wordsAsText } from './passage.ts';
import { formatCount, formatDuration } from './units.ts';
import { xml } from './xml.ts';

const WIDTH = 1200;
const MARGIN = 24;
const BARS_FROM = 440;
const BARS_TO = 1010;
const ROW = 26;
const BAR = 14;
/** An average character of a 12 px sans-serif font, generously. */
const CHARACTER = 7;
const FAILED = '#c62828';
/** Told apart also by people who do not see all colours (Okabe and Ito), readable on light and dark ground. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#8c6d31', '#7f7f7f'];

export function formatSvg(found: Diagnosis, redact: readonly RegExp[] = []): string {
  const diagnosis = cleanDiagnosis(found, redact);
  const chosen = stepsToShow(diagnosis);
  const steps = diagnosis.flow.filter((_, i) => chosen.has(i));
  const services = [...new Set(steps.map((step) => step.service))];
  const headline = headlineLines(diagnosis);
  const legendAt = MARGIN + headline.length * 24 + 26;
  const axisAt = legendAt + 44;
  const bottom = axisAt + Math.max(1, steps.length) * ROW + 12;
  const height = bottom + MARGIN + 12;
  const scale = scaleOf(steps);
  const title = wordsAsText(sentences(oneLine(diagnosis.headline)));
  const left = diagnosis.flow.length - steps.length;
  const footer = [
    diagnosis.operationId ?? diagnosis.traces[0]?.traceId ?? '',
    left > 0 ? `${formatCount(left, 'more span')} not drawn` : '',
  ].filter((text) => text !== '');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" color="#1d1c1d" font-family="DejaVu Sans, Liberation Sans, Arial, Helvetica, sans-serif" font-size="12">`,
    `<title>${xml(`Execution flow: ${title}`)}</title>`,
    ...headline.map((line, i) => text(MARGIN, MARGIN + 14 + i * 24, line, 'font-size="18" font-weight="bold"')),
    ...legend(services, steps, legendAt),
    ...axis(scale, axisAt, bottom),
    ...(steps.length === 0 ? [text(MARGIN, axisAt + 18, 'No span of this operation is known.')] : []),
    ...steps.flatMap((step, i) => bar(step, steps[i - 1], axisAt + 8 + i * ROW, services, scale, diagnosis)),
    text(MARGIN, height - 12, footer.join(' · '), 'font-size="11" fill-opacity="0.65"'),
    '</svg>',
  ].join('\n');
}

interface Scale {
  readonly endMs: number;
  readonly stepMs: number;
}

function scaleOf(steps: readonly FlowStep[]): Scale {
  const end = steps.reduce((max, step) => Math.max(max, finite(step.startMs) + finite(step.durationMs)), 0);
  const endMs = end > 0 ? end : 1;
  const rough = endMs / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  const stepMs = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
  return { endMs, stepMs };
}

function x({ endMs }: Scale, ms: number): number {
  return BARS_FROM + (Math.min(Math.max(0, finite(ms)), endMs) / endMs) * (BARS_TO - BARS_FROM);
}

function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

function headlineLines({ headline }: Diagnosis): readonly string[] {
  const perLine = 104;
  const lines: string[] = [];
  let line = '';
  for (const word of wordsAsText(sentences(oneLine(headline))).split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > perLine) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? cut(word, perLine) : `${line} ${word}`;
  }
  const all = [...lines, line];
  return all.length <= 3 ? all : [...all.slice(0, 2), `${cut(all[2] ?? '', perLine - 2)} …`];
}

function legend(services: readonly string[], steps: readonly FlowStep[], y: number): readonly string[] {
  const parts: string[] = [];
  let at = MARGIN;
  const place = (drawn: string, words: string) => {
    parts.push(drawn, text(at + 20, y, words));
    at += 20 + words.length * CHARACTER + 22;
  };
  for (const service of services.slice(0, COLOURS.length)) {
    const name = cut(oneLine(service) || '(no service)', 40);
    place(`<rect x="${at}" y="${y - 11}" width="14" height="12" rx="2" fill="${colourOf(services, service)}"/>`, name);
    if (at > WIDTH - 340) break;
  }
  if (steps.some((step) => step.onCriticalPath)) {
    place(`<path d="M${at} ${y - 2}h14" stroke="currentColor" stroke-width="3"/>`, 'critical path');
  }
  if (steps.some((step) => step.error)) place(cross(at + 7, y - 5), 'failed');
  return parts;
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

function bar(
  step: FlowStep,
  previous: FlowStep | undefined,
  y: number,
  services: readonly string[],
  scale: Scale,
  { primary }: Diagnosis,
): readonly string[] {
  const from = x(scale, step.startMs);
  const width = Math.max(3, x(scale, finite(step.startMs) + finite(step.durationMs)) - from);
  const indent = Math.min(10, finite(step.depth)) * 12;
  const room = Math.floor((BARS_FROM - MARGIN - indent - 16) / CHARACTER);
  const service = step.service === previous?.service ? '' : ` (${oneLine(step.service)})`;
  const name = oneLine(step.operation) || '(no name)';
  const named = name.length + service.length <= room ? name + service : name;
  const label = step.note === '' || named.length > room - 8 ? named : `${named}: ${oneLine(step.note)}`;
  const isCulprit = primary?.culprit?.spanId === step.spanId;
  const word = step.error ? (isCulprit ? 'failed here' : 'failed') : isCulprit ? 'here' : '';
  const after = from + width + (step.error ? 20 : 6);
  const middle = y + BAR / 2;
  return [
    text(MARGIN + indent, y + 12, cut(label, room), isCulprit ? 'font-weight="bold"' : ''),
    `<rect x="${round(from)}" y="${y}" width="${round(width)}" height="${BAR}" rx="2" fill="${colourOf(services, step.service)}"${step.error ? ` stroke="${FAILED}" stroke-width="2"` : ''}/>`,
    ...(step.onCriticalPath
      ? [`<path d="M${round(from)} ${y + BAR + 3.5}h${round(width)}" stroke="currentColor" stroke-width="3"/>`]
      : []),
    ...(step.error ? [cross(from + width + 10, middle)] : []),
    text(
      after,
      y + 12,
      [formatDuration(step.durationMs), word].filter((part) => part !== '').join(' · '),
      word === '' ? '' : 'font-weight="bold"',
    ),
  ];
}

function colourOf(services: readonly string[], service: string): string {
  return COLOURS[services.indexOf(service) % COLOURS.length] ?? '#7f7f7f';
}

/** The shape that says “failed” without colour. */
function cross(centreX: number, centreY: number): string {
  return `<path d="M${round(centreX - 4)} ${centreY - 4}l8 8m0 -8l-8 8" stroke="${FAILED}" stroke-width="2.5" fill="none"/>`;
}

function text(at: number, y: number, words: string, attributes = ''): string {
  return `<text x="${round(at)}" y="${y}" fill="currentColor"${attributes === '' ? '' : ` ${attributes}`}>${xml(words)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The shapes and texts that the picture of a trace consists of. */
import { escapeXml } from '../../language/escape.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import type { ChartStep } from './chart.ts';

export const WIDTH = 1200;
export const MARGIN = 24;
export const BAR = 14;
export const NORMAL = { sizePx: 12 };
export const FAILED = '#c62828';
/** Distinguishable with color blindness (Okabe and Ito), readable on a light and on a dark background. */
export const COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#8c6d31', '#7f7f7f'];
const LONGEST_SERVICE_PX = 240;
/** Widths relative to the font size, for DejaVu Sans, which is wider than the other fonts of the SVG. */
const NARROW = 0.4;
const MIDDLE = 0.63;
const CAPITAL = 0.73;
const WIDE = 1;
const BOLD_FACTOR = 1.12;

export interface TextStyle {
  readonly sizePx: number;
  readonly isBold?: boolean;
}

/** Estimated width in pixels, at least the real one: an SVG cannot measure its own text. */
export function widthOf(text: string, { sizePx, isBold = false }: TextStyle): number {
  let sum = 0;
  for (const character of text) sum += partOf(character);
  return sum * sizePx * (isBold ? BOLD_FACTOR : 1);
}

/** The text, or as many of its characters as fit, and an ellipsis. */
export function fitting(text: string, widthPx: number, style: TextStyle): string {
  if (widthOf(text, style) <= widthPx) return text;
  let [least, most] = [1, text.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (widthOf(cut(text, middle), style) <= widthPx) least = middle;
    else most = middle - 1;
  }
  return cut(text, least);
}

export function text(at: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(at)}" y="${y}" fill="currentColor"${attributes === '' ? '' : ` ${attributes}`}>${escapeXml(content)}</text>`;
}

/** Marks a failed step by its shape, for readers who don't see its color. */
export function cross(x: number, y: number): string {
  return `<path d="M${round(x - 4)} ${y - 4}l8 8m0 -8l-8 8" stroke="${FAILED}" stroke-width="2.5" fill="none"/>`;
}

export function dashes(from: number, to: number, y: number): string {
  return `<path d="M${round(from)} ${y}H${round(to)}" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"/>`;
}

export function line(from: number, width: number, y: number): string {
  return `<path d="M${round(from)} ${y}h${round(width)}" stroke="currentColor" stroke-width="3"/>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function colorOf(services: readonly string[], service: string): string {
  return COLORS[services.indexOf(service) % COLORS.length] ?? '#7f7f7f';
}

export function serviceName(service: string): string {
  return fitting(oneLine(service) || '(no service)', LONGEST_SERVICE_PX, NORMAL);
}

export function beginsTrace({ traceId }: ChartStep, previous: ChartStep | undefined): boolean {
  return previous !== undefined && previous.traceId !== traceId;
}

function partOf(character: string): number {
  if (/[ijlftrI|.,:;'!/\\()[\]{} ·-]/.test(character)) return NARROW;
  if (/[a-z0-9_?"^*=+<>~$&#]/.test(character)) return /[mw]/.test(character) ? WIDE : MIDDLE;
  return /[A-LN-VX-Z]/.test(character) ? CAPITAL : WIDE;
}

/** The shapes and texts that the picture of a trace consists of. */
import { escapeXml } from '../../language/escape.ts';
import { cut } from '../blocks/mrkdwn.ts';

/** Slack shows a picture 360 to 680 pixels wide: at this width, words are about as large as those of the message next to it. */
export const WIDTH = 480;
export const MARGIN = 16;
export const BAR = 10;
export const NORMAL = { sizePx: 15 };
export const BOLD = { sizePx: 15, isBold: true };
export const SMALL = { sizePx: 13 };
/** Both can be distinguished from a white and from a dark background, and from each other in gray. */
export const PASSED_COLOR = '#3f8f8a';
export const FAILED_COLOR = '#d0342c';
/** Widths relative to the font size, for DejaVu Sans, which is wider than the other fonts of the SVG. */
const NARROW = 0.4;
const MIDDLE = 0.63;
const CAPITAL = 0.73;
const WIDE = 1;
const BOLD_FACTOR = 1.12;
const HATCH_PX = 8;

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

/** At most `most` lines; the last one says when there would be more. */
export function inLines(words: string, widthPx: number, style: TextStyle, most: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words.split(/\s+/)) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last !== undefined && (lines.length === most || widthOf(longer, style) <= widthPx))
      lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => fitting(line, widthPx, style));
}

interface Placed extends TextStyle {
  readonly x: number;
  readonly y: number;
  readonly anchor?: 'middle' | 'end';
  readonly isMuted?: boolean;
}

export function text(content: string, { x, y, sizePx, isBold = false, anchor, isMuted = false }: Placed): string {
  const weight = isBold ? ' font-weight="bold"' : '';
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  const muted = isMuted ? ' fill-opacity="0.72"' : '';
  return `<text x="${round(x)}" y="${round(y)}" font-size="${sizePx}" fill="currentColor"${weight}${anchored}${muted}>${escapeXml(content)}</text>`;
}

export function bar(x: number, y: number, width: number, color: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${BAR}" rx="2" fill="${color}"/>`;
}

/** A time in which nothing was seen is hatched: it isn't a span. */
export function hatchedBar(x: number, y: number, width: number, color: string): string {
  const strokes = Array.from({ length: Math.floor(Math.max(0, width - BAR) / HATCH_PX) }, (_, i) => {
    return `M${round(x + 1 + i * HATCH_PX)} ${round(y + BAR)}l${BAR} -${BAR}`;
  });
  const outline = `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${BAR}" rx="2" fill="none" stroke="${color}" stroke-width="1.5"/>`;
  return strokes.length === 0
    ? outline
    : `${outline}<path d="${strokes.join('')}" stroke="${color}" stroke-width="1.5" fill="none"/>`;
}

export function dashes(y: number): string {
  return `<path d="M${MARGIN} ${round(y)}H${WIDTH - MARGIN}" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"/>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function partOf(character: string): number {
  if (/[ijlftrI|.,:;'!/\\()[\]{} ·-]/.test(character)) return NARROW;
  if (/[a-z0-9_?"^*=+<>~$&#]/.test(character)) return /[mw]/.test(character) ? WIDE : MIDDLE;
  return /[A-LN-VX-Z]/.test(character) ? CAPITAL : WIDE;
}

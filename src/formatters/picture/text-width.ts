/** How wide words are when they are drawn: an SVG cannot measure its own text, and nobody can read what is drawn over. */
import { cut } from '../blocks/mrkdwn.ts';

/** In parts of the font size, for DejaVu Sans, which is wider than the other fonts that may stand in for it. */
const NARROW = 0.4;
const MIDDLE = 0.63;
const CAPITAL = 0.73;
const WIDE = 1;
const BOLD = 1.12;

export interface Lettering {
  readonly sizePx: number;
  readonly isBold?: boolean;
}

/** In pixels, rather too much than too little. */
export function widthOf(words: string, { sizePx, isBold = false }: Lettering): number {
  let sum = 0;
  for (const character of words) sum += partOf(character);
  return sum * sizePx * (isBold ? BOLD : 1);
}

/** The words, or as many of their characters as fit with an ellipsis behind them. */
export function fitting(words: string, widthPx: number, lettering: Lettering): string {
  if (widthOf(words, lettering) <= widthPx) return words;
  let [least, most] = [1, words.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (widthOf(cut(words, middle), lettering) <= widthPx) least = middle;
    else most = middle - 1;
  }
  return cut(words, least);
}

function partOf(character: string): number {
  if (/[ijlftrI|.,:;'!/\\()[\]{} ·-]/.test(character)) return NARROW;
  if (/[a-z0-9_?"^*=+<>~$&#]/.test(character)) return /[mw]/.test(character) ? WIDE : MIDDLE;
  return /[A-LN-VX-Z]/.test(character) ? CAPITAL : WIDE;
}

import type { Diagnosis } from '../diagnosis/finding.ts';
import { formatSvg } from './picture.ts';

export interface Picture {
  readonly png: Uint8Array;
  /** False where no font is installed: the bars are drawn, the words are missing, and whoever shows it must say so. */
  readonly hasText: boolean;
}

export interface PictureOptions {
  readonly redact?: readonly RegExp[];
  /** TTF or OTF files for machines without any font. */
  readonly fontFiles?: readonly string[];
}

const PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15">M</text></svg>';

/** The flow as a PNG. */
export async function formatPng(diagnosis: Diagnosis, options: PictureOptions = {}): Promise<Picture> {
  return drawPng(formatSvg(diagnosis, options.redact), options);
}

/** Twice as large as the SVG so that it stays sharp. Drawn outside of the event loop, which it holds only to be compressed. */
export async function drawPng(
  svg: string,
  { fontFiles = [] }: Pick<PictureOptions, 'fontFiles'> = {},
): Promise<Picture> {
  // The renderer is a native module of several megabytes: loaded when the first picture is wanted.
  const { renderAsync } = await import('@resvg/resvg-js');
  const font = { loadSystemFonts: true, fontFiles: [...fontFiles], defaultFontFamily: 'DejaVu Sans' };
  const probe = await renderAsync(PROBE, { font });
  const drawn = await renderAsync(svg, { font, background: '#ffffff', fitTo: { mode: 'zoom', value: 2 } });
  return { png: drawn.asPng(), hasText: probe.pixels.some((value) => value !== 0) };
}

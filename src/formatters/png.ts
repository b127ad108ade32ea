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

/** The flow as a PNG, twice as large as the SVG so that it stays sharp. */
export async function formatPng(diagnosis: Diagnosis, options: PictureOptions = {}): Promise<Picture> {
  // The renderer is a native module of several megabytes: loaded when the first picture is wanted.
  const { Resvg } = await import('@resvg/resvg-js');
  const font = { loadSystemFonts: true, fontFiles: [...(options.fontFiles ?? [])], defaultFontFamily: 'DejaVu Sans' };
  const probe = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15">M</text></svg>';
  const hasText = new Resvg(probe, { font }).getBBox() !== undefined;
  const svg = formatSvg(diagnosis, options.redact);
  const rendered = new Resvg(svg, { font, background: '#ffffff', fitTo: { mode: 'zoom', value: 2 } }).render();
  return { png: rendered.asPng(), hasText };
}

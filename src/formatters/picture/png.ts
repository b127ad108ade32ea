import type { Diagnosis } from '../../diagnosis/finding.ts';
import { type TraceChart, traceChartOf } from './chart.ts';
import { type DigestChart, drawDigestSvg } from './digest-picture.ts';
import { drawSvg } from './svg.ts';

export interface Picture {
  readonly png: Uint8Array;
  /** False where no font is installed: the bars are drawn without text, and the caller must say so. */
  readonly hasText: boolean;
}

const FONT = { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' };
const PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="15">M</text></svg>';

/** Asked once: no font is installed while the process runs. */
let fontIsThere: Promise<boolean> | null = null;

export async function formatPng(diagnosis: Diagnosis, redact: readonly RegExp[] = []): Promise<Picture> {
  return drawPng(traceChartOf(diagnosis, redact));
}

/** Twice as large as the SVG so that it stays sharp. Drawn outside of the event loop, which it holds only to be compressed. */
export async function drawPng(chart: TraceChart | DigestChart): Promise<Picture> {
  fontIsThere ??= hasFont();
  const hasText = await fontIsThere;
  const { renderAsync } = await renderer();
  const drawn = await renderAsync('steps' in chart ? drawSvg(chart) : drawDigestSvg(chart), {
    font: FONT,
    background: '#ffffff',
    fitTo: { mode: 'zoom', value: 2 },
  });
  return { png: drawn.asPng(), hasText };
}

async function hasFont(): Promise<boolean> {
  const { renderAsync } = await renderer();
  const probe = await renderAsync(PROBE, { font: FONT });
  return probe.pixels.some((value) => value !== 0);
}

/** A native module of several megabytes: loaded when the first picture is wanted. */
function renderer(): Promise<typeof import('@resvg/resvg-js')> {
  return import('@resvg/resvg-js');
}

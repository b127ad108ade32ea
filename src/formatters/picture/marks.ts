/** What the picture of a trace is drawn with. */

import { escapeXml } from '../../language/escape.ts';
import { oneLine } from '../blocks/mrkdwn.ts';
import type { ChartStep } from './chart.ts';
import { fitting } from './text-width.ts';

export const WIDTH = 1200;
export const MARGIN = 24;
export const BAR = 14;
export const NORMAL = { sizePx: 12 };
export const FAILED = '#c62828';
/** Told apart also by people who do not see all colours (Okabe and Ito), readable on light and dark ground. */
export const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#8c6d31', '#7f7f7f'];
const LONGEST_SERVICE_PX = 240;

export function text(at: number, y: number, words: string, attributes = ''): string {
  return `<text x="${round(at)}" y="${y}" fill="currentColor"${attributes === '' ? '' : ` ${attributes}`}>${escapeXml(words)}</text>`;
}

/** The shape that says “failed” without colour. */
export function cross(centreX: number, centreY: number): string {
  return `<path d="M${round(centreX - 4)} ${centreY - 4}l8 8m0 -8l-8 8" stroke="${FAILED}" stroke-width="2.5" fill="none"/>`;
}

/** Between the steps of two traces. */
export function dashes(from: number, to: number, y: number): string {
  return `<path d="M${round(from)} ${y}H${round(to)}" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"/>`;
}

/** On the critical path. */
export function line(from: number, width: number, y: number): string {
  return `<path d="M${round(from)} ${y}h${round(width)}" stroke="currentColor" stroke-width="3"/>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function colourOf(services: readonly string[], service: string): string {
  return COLOURS[services.indexOf(service) % COLOURS.length] ?? '#7f7f7f';
}

export function serviceName(service: string): string {
  return fitting(oneLine(service) || '(no service)', LONGEST_SERVICE_PX, NORMAL);
}

export function beginsTrace({ traceId }: ChartStep, previous: ChartStep | undefined): boolean {
  return previous !== undefined && previous.traceId !== traceId;
}

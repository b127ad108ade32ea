/** Failures by cause over time: one row of bars for each cause, all on one scale that begins at zero. */
import { DAY_MS, formatDuration, MINUTE_MS } from '../../language/durations.ts';
import { escapeXml } from '../../language/escape.ts';
import { plural } from '../../language/plurals.ts';
import { cut, oneLine, plain } from '../blocks/mrkdwn.ts';
import type { TracePicture } from '../message.ts';
import { formatUtc } from '../units.ts';
import { fitting, MARGIN, PASSED_COLOR, round, text, widthOf } from './drawing.ts';

/** Plain data: it is drawn later, perhaps by another process. */
export interface DigestChart {
  readonly title: string;
  /** ISO 8601: the time that is drawn. */
  readonly from: string;
  readonly to: string;
  /** The time of one bar. Bars start at multiples of it in UTC, so that the time cuts off the first and the last. */
  readonly bucketMs: number;
  /** A failure count for each bucket, oldest first. */
  readonly rows: readonly { readonly label: string; readonly counts: readonly number[] }[];
  readonly footer: string;
}

interface FailuresByCause {
  readonly window: { readonly from: string; readonly to: string };
  readonly groups: readonly {
    readonly meaning: string;
    readonly operations: readonly { readonly failedAt: string | null }[];
  }[];
}

/** With fewer, text is quicker to read than a picture. */
const FEWEST_FAILURES = 3;
const MOST_ROWS = 5;
const MOST_BUCKETS = 24;
const BUCKETS_MS = [1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880].map((minutes) => minutes * MINUTE_MS);
const LONGEST_ALT = 900;

/** As small as possible with letters that are still legible on a phone. */
const WIDTH = 640;
const SMALL = { sizePx: 13 };
const LABEL = { sizePx: 15, isBold: true };
const TITLE = { sizePx: 18, isBold: true };
const TOP = 48;
const ROW = 66;
const LABEL_LINE = 18;
const TALLEST = 26;
const MOST_TICKS = 4;

/** Null if words say it better. */
export function digestPicture(digest: FailuresByCause): TracePicture | null {
  const chart = digestChart(digest);
  if (chart === null) return null;
  const { title } = chart;
  return { chart, fileName: 'failures.png', title, altText: plain(altTextOf(chart), LONGEST_ALT) };
}

export function digestChart({ window, groups }: FailuresByCause): DigestChart | null {
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)];
  const times = groups.map(({ operations }) =>
    operations.map(({ failedAt }) => Date.parse(failedAt ?? '')).filter((at) => at >= from && at < to),
  );
  const drawn = times.flat().length;
  if (drawn < FEWEST_FAILURES) return null;
  const bucketMs = BUCKETS_MS.find((ms) => (to - from) / ms <= MOST_BUCKETS) ?? Math.ceil((to - from) / MOST_BUCKETS);
  const bucketOf = (at: number) => Math.floor(at / bucketMs) - Math.floor(from / bucketMs);
  const countsOf = (of: readonly number[]) =>
    Array.from({ length: bucketOf(to - 1) + 1 }, (_, bucket) => of.filter((at) => bucketOf(at) === bucket).length);
  const isCut = groups.length > MOST_ROWS + 1;
  const shown = isCut ? MOST_ROWS : groups.length;
  const rows = groups.slice(0, shown).map(({ meaning }, i) => ({
    label: oneLine(meaning).replace(/[.]$/, ''),
    counts: countsOf(times[i] ?? []),
  }));
  const others = { label: `${groups.length - shown} other causes`, counts: countsOf(times.slice(shown).flat()) };
  const undated = groups.reduce((sum, { operations }) => sum + operations.length, 0) - drawn;
  return {
    title: `${drawn} failed operations by cause`,
    from: window.from,
    to: window.to,
    bucketMs,
    rows: isCut ? [...rows, others] : rows,
    footer: [
      `One bar: ${formatDuration(bucketMs)} · times in UTC`,
      ...(undated > 0 ? [`${plural(undated, 'failure')} without a time not drawn`] : []),
    ].join(' · '),
  };
}

/** SVG 1.1. Text takes `currentColor`, so that a page can show it on a dark background. */
export function drawDigestSvg(chart: DigestChart): string {
  const { title, rows, footer } = chart;
  const bottom = TOP + rows.length * ROW;
  const height = bottom + 48;
  const tallest = Math.max(1, ...rows.flatMap(({ counts }) => counts));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" color="#1d1c1d" font-family="DejaVu Sans, Liberation Sans, Arial, Helvetica, sans-serif" font-size="${SMALL.sizePx}">`,
    `<title>${escapeXml(altTextOf(chart))}</title>`,
    text(fitting(title, WIDTH - 2 * MARGIN, TITLE), { x: MARGIN, y: 30, ...TITLE }),
    ...rows.flatMap((row, i) => drawRow(row, TOP + i * ROW, { chart, tallest })),
    ...ticks(chart, bottom),
    text(fitting(footer, WIDTH - 2 * MARGIN, SMALL), { x: MARGIN, y: height - 12, ...SMALL, isMuted: true }),
    '</svg>',
  ].join('\n');
}

interface Frame {
  readonly chart: DigestChart;
  /** The largest count of any bar. */
  readonly tallest: number;
}

function drawRow({ label, counts }: DigestChart['rows'][number], y: number, frame: Frame): readonly string[] {
  const base = y + ROW - 8;
  const { chart, tallest } = frame;
  const heading = `${sumOf(counts)} × ${label}`;
  return [
    text(fitting(heading, WIDTH - 2 * MARGIN, LABEL), { x: MARGIN, y: y + LABEL_LINE - 4, ...LABEL }),
    `<path d="M${MARGIN} ${base}H${WIDTH - MARGIN}" stroke="currentColor" stroke-opacity="0.4"/>`,
    ...counts.flatMap((count, i) => {
      if (count === 0) return [];
      const [left, right] = [xOf(chart, i), xOf(chart, i + 1)];
      const height = Math.max(2, (count / tallest) * TALLEST);
      const middle = (left + right) / 2;
      return [
        `<rect x="${round(left + 1)}" y="${round(base - height)}" width="${round(Math.max(2, right - left - 2))}" height="${round(height)}" fill="${PASSED_COLOR}"/>`,
        text(String(count), { x: middle, y: base - height - 3, ...SMALL, anchor: 'middle' }),
      ];
    }),
  ];
}

/** The times at which whole bars begin, as many as can be read. */
function ticks(chart: DigestChart, y: number): readonly string[] {
  const { from, to, bucketMs } = chart;
  const whole = Array.from({ length: MOST_BUCKETS + 2 }, (_, bucket) => bucket).filter((bucket) => {
    const at = beginOf(chart, bucket);
    return at >= Date.parse(from) && at < Date.parse(to);
  });
  const every = Math.ceil(whole.length / MOST_TICKS);
  return whole
    .filter((_, i) => i % every === 0)
    .flatMap((bucket) => {
      const x = round(xOf(chart, bucket));
      const label = shortTime(beginOf(chart, bucket), bucketMs);
      const end = Math.min(x, WIDTH - MARGIN - widthOf(label, SMALL));
      return [
        `<path d="M${x} ${y - 12}v6" stroke="currentColor" stroke-opacity="0.4"/>`,
        text(label, { x: end, y: y + 8, ...SMALL, isMuted: true }),
      ];
    });
}

function beginOf({ from, bucketMs }: DigestChart, bucket: number): number {
  return (Math.floor(Date.parse(from) / bucketMs) + bucket) * bucketMs;
}

/** Where a bar begins, inside the time that is drawn. */
function xOf(chart: DigestChart, bucket: number): number {
  const [from, to] = [Date.parse(chart.from), Date.parse(chart.to)];
  const share = Math.min(1, Math.max(0, (beginOf(chart, bucket) - from) / (to - from)));
  return MARGIN + share * (WIDTH - 2 * MARGIN);
}

function altTextOf(chart: DigestChart): string {
  const { title, from, to, bucketMs, rows } = chart;
  const lines = rows.map(({ label, counts }) => {
    const most = Math.max(...counts);
    const peak = shortTime(beginOf(chart, counts.indexOf(most)), bucketMs);
    const total = sumOf(counts);
    return `${cut(label, 90)}: ${total}${most < total || total > 1 ? `, at most ${most} from ${peak}` : ` from ${peak}`}.`;
  });
  const extent = `${formatUtc(from) ?? from} to ${formatUtc(to) ?? to}`;
  return [`Bar chart: ${title}, ${extent}, one bar for each ${formatDuration(bucketMs)}.`, ...lines].join(' ');
}

/** `23 Nov 07:00`, or the day alone. */
function shortTime(at: number, bucketMs: number): string {
  const [day, month, , time = ''] = (formatUtc(new Date(at).toISOString()) ?? '').split(' ');
  const isWholeDay = bucketMs % DAY_MS === 0 && at % DAY_MS === 0;
  return isWholeDay ? `${day} ${month}` : `${day} ${month} ${time.slice(0, 5)}`;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

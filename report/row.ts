/** One span as a row: its name below that of its parent, its duration, and when it ran. */
import { FLAGS, type ReportData } from '../src/formatters/html/report-data.ts';
import { formatDuration } from '../src/language/durations.ts';
import { count, h } from './dom.ts';
import type { Rows } from './rows.ts';

const INDENT_PX = 14;
/** Deeper spans are indented like these. */
const DEEPEST = 16;
/** Of the style. */
const COLORS = 7;

/** Of the time that the spans take. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  /** The time at this share of it, since the operation began. */
  text(share: number): string;
  /** The services, each of which has a color. */
  readonly services: readonly number[];
}

export function scaleOf({ spans }: ReportData): Scale {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [at, start] of spans.start.entries()) {
    from = Math.min(from, start);
    to = Math.max(to, start + (spans.duration[at] ?? 0));
  }
  const length = Math.max(1, to - from);
  const text = (share: number) => {
    const at = from + share * length;
    return Math.abs(at) < length / 1e6 ? '0' : `${at < 0 ? '−' : ''}${formatDuration(Math.abs(at) / 1000)}`;
  };
  return { from, to: from + length, text, services: [...new Set(spans.service)] };
}

export function drawRow(data: ReportData, rows: Rows, at: number, scale: Scale): HTMLElement {
  const { spans, strings } = data;
  const name = strings[spans.name[at] ?? -1] ?? '';
  const service = strings[spans.service[at] ?? -1] ?? '';
  const above = rows.parentOf(at);
  const isNew = above < 0 || spans.service[above] !== spans.service[at];
  const duration = formatDuration((spans.duration[at] ?? 0) / 1000);
  const states = statesOf(rows, at, (spans.self[at] ?? 0) > 0);
  const bar = h('span', { class: `bar c${scale.services.indexOf(spans.service[at] ?? -1) % COLORS}` });
  const length = scale.to - scale.from;
  bar.style.left = `${Math.min(99.5, (((spans.start[at] ?? 0) - scale.from) / length) * 100)}%`;
  bar.style.width = `${((spans.duration[at] ?? 0) / length) * 100}%`;
  const title = h(
    'span',
    { class: 'name' },
    h('span', { class: 'twisty', 'aria-hidden': 'true' }),
    h('span', { class: 'mark', 'aria-hidden': 'true' }, markOf(rows, at, (spans.self[at] ?? 0) > 0)),
    h('span', { class: 'title' }, name),
    ' ',
    h('span', { class: isNew ? 'service' : 'spoken' }, service),
    ' ',
    h('span', { class: 'below' }),
    h('span', { class: 'spoken' }, states.map(({ words }) => words).join(', ')),
  );
  title.style.paddingLeft = `${Math.min(DEEPEST, rows.depthOf(at)) * INDENT_PX}px`;
  return h(
    'div',
    {
      role: 'treeitem',
      id: `row-${at}`,
      'data-at': at,
      class: ['row', ...states.map(({ style }) => style)].join(' '),
      'aria-level': rows.depthOf(at) + 1,
    },
    title,
    h('span', { class: 'duration' }, duration),
    h('span', { class: 'track' }, bar),
  );
}

/** What changes while the row is shown. */
export function updateRow(
  element: HTMLElement,
  rows: Rows,
  at: number,
  { isActive, isChosen }: { readonly isActive: boolean; readonly isChosen: boolean },
): void {
  const [position, size] = rows.placeOf(at);
  const attributes: Readonly<Record<string, string | number>> = {
    'aria-posinset': position,
    'aria-setsize': size,
    'aria-selected': String(isChosen),
    tabindex: isActive ? 0 : -1,
    ...(rows.isParent(at) ? { 'aria-expanded': String(rows.isOpen(at)) } : {}),
  };
  for (const [name, value] of Object.entries(attributes))
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  element.classList.toggle('found', rows.isMatch(at));
  const below = element.querySelector('.below');
  if (below !== null) below.textContent = rows.isOpen(at) ? '' : hiddenText(rows, at);
}

function hiddenText(rows: Rows, at: number): string {
  const [hidden, failed] = [rows.below(at), rows.failedBelow(at)];
  if (hidden === 0) return '';
  return `+ ${count(hidden, 'span')}${failed === 0 ? '' : `, ${failed.toLocaleString('en')} failed`}`;
}

interface State {
  readonly style: string;
  readonly words: string;
}

function statesOf(rows: Rows, at: number, isCritical: boolean): readonly State[] {
  const states: State[] = [];
  if (rows.has(at, FLAGS.failed)) states.push({ style: 'failed', words: 'failed' });
  if (rows.has(at, FLAGS.culprit)) states.push({ style: 'culprit', words: 'here it went wrong' });
  if (rows.has(at, FLAGS.gap)) states.push({ style: 'gap', words: 'a time without spans' });
  if (isCritical) states.push({ style: 'critical', words: 'on the critical path' });
  return states;
}

/** The same marks as in the flow that is text. */
function markOf(rows: Rows, at: number, isCritical: boolean): string {
  if (rows.has(at, FLAGS.failed)) return '✗';
  if (rows.has(at, FLAGS.culprit | FLAGS.gap)) return '!';
  return isCritical ? '•' : '';
}

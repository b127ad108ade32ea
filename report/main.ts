/** The script of the report: the spans as a tree, their details, a search, links from evidence, and the theme. */
import type { ReportData } from '../src/formatters/html/report-data.ts';
import { detailsOf } from './details.ts';
import { button, count, h } from './dom.ts';
import { scaleOf } from './row.ts';
import { createRows } from './rows.ts';
import { search } from './search.ts';
import { createTree } from './tree.ts';

/** A search starts when the reader pauses. */
const PAUSE_MS = 150;
/** Text for all of the marks, with the style that draws each. */
const LEGEND = '✗ failed · ! where it went wrong · • on the critical path';

startTheme();
const place = document.getElementById('spans');
if (place !== null) start(place, JSON.parse(document.getElementById('data')?.textContent ?? ''));

function start(place: HTMLElement, data: ReportData): void {
  const rows = createRows(data);
  const details = h('section', { class: 'details', 'aria-label': 'Span details', tabindex: 0, hidden: true });
  const tree = createTree(data, rows, { scale: scaleOf(data), onChoose: open });
  const flow = h('div', { class: 'flow' }, tree.element, details);
  let chosen: number | null = null;

  function open(at: number): void {
    chosen = at;
    details.replaceChildren(...detailsOf(data, at, close));
    details.hidden = false;
    details.scrollTop = 0;
    flow.classList.add('open');
    tree.choose(at);
  }

  function close(): void {
    details.hidden = true;
    flow.classList.remove('open');
    tree.choose(null);
    if (chosen !== null && rows.rowOf(chosen) >= 0) tree.focus(chosen);
  }

  /** A link to a span opens what is above it, shows its details, and moves the focus there. */
  function followHash(): void {
    const at = /^#span-(\d+)$/.exec(location.hash)?.[1];
    if (at === undefined || Number(at) >= rows.length) return;
    if (rows.rowOf(Number(at)) < 0) tools.clear();
    rows.reveal(Number(at));
    open(Number(at));
    tree.focus(Number(at));
    tree.element.scrollIntoView({ block: 'nearest' });
  }

  const tools = createTools(data, {
    onSearch(matches) {
      rows.search(matches);
      tree.draw();
    },
    onEnter: () => tree.focus(rows.shown().find(rows.isMatch) ?? rows.shown()[0] ?? 0),
    onOpenAll(isOpen) {
      rows.setAll(isOpen);
      tree.draw();
    },
  });
  flow.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && !details.hidden) close();
  });
  // A second click on the same link leads to the span again.
  document.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement && target.hash === location.hash) followHash();
  });
  addEventListener('hashchange', followHash);
  const left = data.withoutDetails;
  const note =
    left === 0 ? '' : ` The attributes of ${count(left, 'span')} are left out, because the file would be too large.`;
  place.append(tools.element, flow, h('p', { class: 'note' }, `${LEGEND}.${note}`));
  tree.draw();
  followHash();
}

interface ToolActions {
  readonly onSearch: (matches: Uint8Array | null) => void;
  readonly onEnter: () => void;
  readonly onOpenAll: (isOpen: boolean) => void;
}

function createTools(data: ReportData, { onSearch, onEnter, onOpenAll }: ToolActions) {
  const input = h('input', { type: 'search', id: 'search', autocomplete: 'off' }) as HTMLInputElement;
  const failed = h('input', { type: 'checkbox' }) as HTMLInputElement;
  const status = h('span', { role: 'status' });
  let pause = 0;

  function run(): void {
    clearTimeout(pause);
    const matches = search(data, { text: input.value, isFailedOnly: failed.checked });
    const found = matches?.reduce((sum, one) => sum + one, 0) ?? 0;
    const all = count(data.spans.id.filter((id) => id !== '').length, 'span');
    status.textContent = matches === null ? all : `${found.toLocaleString('en')} of ${all}`;
    onSearch(matches);
  }

  input.addEventListener('input', () => {
    clearTimeout(pause);
    pause = setTimeout(run, PAUSE_MS);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    run();
    onEnter();
  });
  failed.addEventListener('change', run);
  run();
  return {
    element: h(
      'div',
      { class: 'tools' },
      h('label', { for: 'search' }, 'Search'),
      input,
      h('label', {}, failed, 'Failed only'),
      button('Expand all', () => onOpenAll(true)),
      button('Collapse all', () => onOpenAll(false)),
      status,
    ),
    clear(): void {
      input.value = '';
      failed.checked = false;
      run();
    },
  };
}

/** The system's theme until the reader chooses the other one. */
function startTheme(): void {
  const toggle = document.getElementById('theme');
  if (toggle === null) return;
  const system = matchMedia('(prefers-color-scheme: dark)');
  let chosen: boolean | null = null;
  const draw = () => {
    const isDark = chosen ?? system.matches;
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
    toggle.textContent = isDark ? 'Light theme' : 'Dark theme';
  };
  toggle.addEventListener('click', () => {
    chosen = !(chosen ?? system.matches);
    draw();
  });
  system.addEventListener('change', draw);
  toggle.hidden = false;
  draw();
}

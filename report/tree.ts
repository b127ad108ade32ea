/**
 * The rows as a tree (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/). Only rows in view are elements, and the one with
 * the focus, so that a trace of any size stays quick.
 */
import type { ReportData } from '../src/formatters/html/report-data.ts';
import { h } from './dom.ts';
import { drawRow, type Scale, updateRow } from './row.ts';
import type { Rows } from './rows.ts';

/** As in the style. */
const ROW_PX = 28;
const BEYOND = 10;
const MOST_PRINTED = 2000;

export interface Tree {
  readonly element: HTMLElement;
  /** Draws what changed in the rows. */
  draw(): void;
  focus(at: number): void;
  choose(at: number | null): void;
}

interface Options {
  readonly scale: Scale;
  /** A span was chosen: its details are wanted. */
  readonly onChoose: (at: number) => void;
}

export function createTree(data: ReportData, rows: Rows, { scale, onChoose }: Options): Tree {
  const tree = h('div', { role: 'tree', 'aria-label': 'Spans' });
  const scroller = h('div', { class: 'scroller' }, axis(scale), tree);
  const elements = new Map<number, HTMLElement>();
  let active = rows.shown()[0] ?? 0;
  let chosen: number | null = null;
  let isPrinting = false;
  let typed = { text: '', at: 0 };

  scroller.addEventListener('scroll', () => requestAnimationFrame(draw));
  new ResizeObserver(draw).observe(scroller);
  tree.addEventListener('keydown', onKey);
  tree.addEventListener('click', onClick);
  tree.addEventListener('focusin', ({ target }) => setActive(spanOf(target)));
  addEventListener('beforeprint', () => setPrinting(true));
  addEventListener('afterprint', () => setPrinting(false));

  function setPrinting(isOn: boolean): void {
    isPrinting = isOn;
    draw();
  }

  /** Elements that stay are never moved, or the focus would be lost. */
  function draw(): void {
    const shown = rows.shown();
    if (rows.rowOf(active) < 0) active = nearestShown(active);
    tree.style.height = `${shown.length * ROW_PX}px`;
    const wanted = wantedRows(shown.length).flatMap((row) => shown.slice(row, row + 1));
    const isWanted = new Set(wanted);
    for (const [at, element] of elements)
      if (!isWanted.has(at)) {
        element.remove();
        elements.delete(at);
      }
    let next = tree.firstElementChild;
    for (const at of wanted) {
      const known = elements.get(at);
      const element = known ?? drawRow(data, rows, at, scale);
      if (known === undefined) {
        elements.set(at, element);
        tree.insertBefore(element, next);
      } else next = known.nextElementSibling;
      element.style.top = `${rows.rowOf(at) * ROW_PX}px`;
      updateRow(element, rows, at, { isActive: at === active, isChosen: at === chosen });
    }
  }

  function wantedRows(length: number): readonly number[] {
    const first = isPrinting ? 0 : Math.max(0, Math.floor(scroller.scrollTop / ROW_PX) - BEYOND);
    const room = isPrinting ? MOST_PRINTED : Math.ceil(scroller.clientHeight / ROW_PX) + 2 * BEYOND;
    const last = Math.min(length, first + room);
    const wanted = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
    const own = rows.rowOf(active);
    if (own >= 0 && own < first) wanted.unshift(own);
    if (own >= last) wanted.push(own);
    return wanted;
  }

  function nearestShown(at: number): number {
    for (let above = at; above >= 0; above = rows.parentOf(above)) if (rows.rowOf(above) >= 0) return above;
    return rows.shown()[0] ?? 0;
  }

  function setActive(at: number | null): void {
    if (at === null || at === active) return;
    active = at;
    draw();
  }

  function focus(at: number): void {
    active = at;
    // The header of the columns covers the first rows of what is scrolled.
    const top = rows.rowOf(at) * ROW_PX;
    const room = scroller.clientHeight - tree.offsetTop - ROW_PX;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
    draw();
    elements.get(at)?.focus({ preventScroll: true });
  }

  function setOpen(at: number, isOpen: boolean): void {
    rows.setOpen([at], isOpen);
    draw();
  }

  function onClick({ target }: MouseEvent): void {
    const at = spanOf(target);
    if (at === null) return;
    if (target instanceof Element && target.classList.contains('twisty') && rows.isParent(at))
      setOpen(at, !rows.isOpen(at));
    else onChoose(at);
    focus(at);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = ACTIONS[event.key];
    if (action !== undefined) action();
    else if (event.key.length === 1 && event.key !== ' ') typeAhead(event.key);
    else return;
    event.preventDefault();
  }

  function step(by: number): void {
    const shown = rows.shown();
    const row = Math.min(shown.length - 1, Math.max(0, rows.rowOf(active) + by));
    const at = shown[row];
    if (at !== undefined) focus(at);
  }

  function into(): void {
    if (!rows.isParent(active)) return;
    if (rows.isOpen(active)) step(1);
    else setOpen(active, true);
  }

  function out(): void {
    if (rows.isParent(active) && rows.isOpen(active)) setOpen(active, false);
    else if (rows.parentOf(active) >= 0) focus(rows.parentOf(active));
  }

  function openSiblings(): void {
    const above = rows.parentOf(active);
    rows.setOpen(
      rows.shown().filter((at) => rows.parentOf(at) === above && rows.isParent(at)),
      true,
    );
    draw();
  }

  /** Characters typed within a second are one beginning of a name. */
  function typeAhead(key: string): void {
    const now = performance.now();
    typed = { text: (now - typed.at < 1000 ? typed.text : '') + key.toLowerCase(), at: now };
    const shown = rows.shown();
    const from = rows.rowOf(active) + (typed.text.length === 1 ? 1 : 0);
    const name = (at: number | undefined) => (data.strings[data.spans.name[at ?? -1] ?? -1] ?? '').toLowerCase();
    for (let i = 0; i < shown.length; i += 1) {
      const at = shown[(from + i) % shown.length];
      if (at === undefined || !name(at).startsWith(typed.text)) continue;
      focus(at);
      return;
    }
  }

  const page = () => Math.max(1, Math.floor(scroller.clientHeight / ROW_PX) - 2);
  const ACTIONS: Readonly<Record<string, () => void>> = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowRight: into,
    ArrowLeft: out,
    Home: () => step(Number.NEGATIVE_INFINITY),
    End: () => step(Number.POSITIVE_INFINITY),
    PageDown: () => step(page()),
    PageUp: () => step(-page()),
    Enter: () => onChoose(active),
    ' ': () => onChoose(active),
    '*': openSiblings,
  };

  return {
    element: scroller,
    draw,
    focus,
    choose(at) {
      chosen = at;
      draw();
    },
  };
}

function spanOf(target: EventTarget | null): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('[role=treeitem]') : null;
  return row === null ? null : Number(row.dataset['at']);
}

function axis({ text }: Scale): HTMLElement {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => h('span', {}, text(share)));
  return h(
    'div',
    { class: 'axis', 'aria-hidden': 'true' },
    h('span', {}, 'Span'),
    h('span', {}, 'Duration'),
    h('span', { class: 'ticks' }, ...ticks),
  );
}

import type { Diagnosis, FlowStep } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { plural } from '../../language/plurals.ts';
import { cut, oneLine, shortLine, visible } from '../blocks/mrkdwn.ts';
import { note, type Section, type TextBlock } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';
import { foldedFlow, silentRegistrations, timesOf } from './folded-flow.ts';

const MOST_ROWS = 60;
const DEEPEST = 10;
const NARROWEST_DURATION = 6;
const NARROWEST_TEXT = 20;
const MOST_WRAPPED = 3;
const STATE_CHANGE = 'operation.state_transition';
const HTTP_METHOD = /^(?:GET|POST|PUT|PATCH|DELETE|HEAD)$/;

/** What called what, how long each took, and where it failed; null when no span is known. */
export function executionFlowSection(diagnosis: Diagnosis, width: number): Section | null {
  if (diagnosis.flow.length === 0) return null;
  const blocks: TextBlock[] = [{ kind: 'columns', lines: flowLines(diagnosis, width) }];
  const legend = legendOf(diagnosis);
  if (legend !== '') blocks.push(note([legend]));
  return { slot: 'execution-flow', title: 'Execution flow', blocks };
}

/** For a notification and a screen reader: how many steps there are, and which of them failed. */
export function flowText({ flow }: Diagnosis): string {
  const failed = flow.filter((step) => step.error).map((step) => `${shortLine(visible(step.operation), 60)} failed`);
  const facts = [plural(flow.length, 'step'), ...new Set(failed)].slice(0, 6);
  return `Execution flow: ${facts.join(', ')}.`;
}

/** Whether rows, or parts of them, are missing from a reply that shows the flow. */
export function isFlowCut({ blocks }: Pick<Message, 'blocks'>): boolean {
  return blocks.some((block) => block.type === 'rich_text' && JSON.stringify(block).includes('…'));
}

/**
 * One row per step, at most `most`, each at most `width` characters: mark, duration, name, indented by its depth; the service
 * on a separate line. Omitted steps are counted where they were.
 */
export function flowLines(whole: Diagnosis, width: number, most = MOST_ROWS): readonly string[] {
  const diagnosis = Number.isFinite(most) ? { ...whole, flow: foldedFlow(whole) } : whole;
  const { flow, primary } = diagnosis;
  const shown = stepsToShow(diagnosis, most);
  const gapAt = gapPosition(diagnosis);
  const gap = primary?.gap === undefined ? '' : formatDuration(primary.gap.durationMs);
  const column = [...shown].reduce(
    (widest, i) => Math.max(widest, formatDuration(flow[i]?.durationMs ?? 0).length),
    Math.max(NARROWEST_DURATION, gap.length),
  );
  const row = ({ mark, duration, depth, text }: Row) =>
    cut(`${mark} ${duration.padStart(column)} ${' '.repeat(Math.min(DEEPEST, depth))}${text}`, width);
  const traces = new Set(flow.map((step) => step.traceId)).size;
  const lines: string[] = [];
  let previous: FlowStep | undefined;
  let left = 0;
  const addGap = () =>
    lines.push(row({ mark: '!', duration: gap, depth: previous?.depth ?? 0, text: 'no spans: here' }));
  const addLeft = () => {
    if (left > 0) lines.push(row({ mark: ' ', duration: '', depth: 0, text: `… ${plural(left, 'more span')}` }));
    left = 0;
  };
  flow.forEach((step, i) => {
    if (i === gapAt) addGap();
    if (!shown.has(i)) {
      left += 1;
      return;
    }
    addLeft();
    if (traces > 1 && step.traceId !== previous?.traceId) lines.push(traceLine(step, width));
    if (step.service !== '' && step.service !== previous?.service)
      lines.push(cut(oneLine(visible(step.service)), width));
    lines.push(...stepRows(step, diagnosis, width - column - 3).map(row));
    previous = step;
  });
  addLeft();
  if (gapAt === flow.length) addGap();
  return lines;
}

interface Row {
  readonly mark: string;
  readonly duration: string;
  readonly depth: number;
  readonly text: string;
}

/** The root cause's step has more rows that say so, and why. `width` is what is left for depth and text. */
function stepRows(step: FlowStep, { primary }: Diagnosis, width: number): readonly Row[] {
  const depth = depthOf(step);
  const isCulprit = primary?.culprit?.spanId === step.spanId;
  const [first, note] = shortName(step);
  const name = timesOf(step) === 1 ? first : `${first} × ${timesOf(step)}`;
  const withNote = note === '' || isCulprit ? name : `${name}: ${note}`;
  const row = { mark: markOf(step, isCulprit), duration: formatDuration(step.durationMs), depth, text: withNote };
  if (!isCulprit) return [row];
  const here = [step.error ? 'failed here' : 'here', note].filter((text) => text !== '').join(': ');
  const rows = wrapped(here, Math.max(NARROWEST_TEXT, width - Math.min(DEEPEST, depth)));
  return [row, ...rows.map((text) => ({ mark: ' ', duration: '', depth, text }))];
}

/** Without what its place in the flow already says: `pending → running`, `POST :5003/backtests/start`. */
export function shortName({ operation, note }: FlowStep): readonly [name: string, note: string] {
  const name = oneLine(visible(operation)) || '(no name)';
  const said = oneLine(visible(note));
  if (name === STATE_CHANGE && said !== '') return [said, ''];
  const called = /^(\d{3}) · https?:\/\/[^/\s]*?(:\d+)?(\/\S*)$/.exec(said);
  if (called === null || !HTTP_METHOD.test(name)) return [name, said];
  const [, status = '', port = '', path = ''] = called;
  return [`${name} ${port}${path}`, status === '200' ? '' : status];
}

/** At most three rows; the last one is cut when that is not enough. */
function wrapped(text: string, width: number): readonly string[] {
  const rows = [''];
  for (const word of text.split(' ')) {
    const row = rows.at(-1) ?? '';
    if (row === '') rows[rows.length - 1] = word;
    else if (row.length + 1 + word.length <= width || rows.length === MOST_WRAPPED)
      rows[rows.length - 1] = `${row} ${word}`;
    else rows.push(word);
  }
  return rows;
}

function markOf({ error, onCriticalPath }: FlowStep, isCulprit: boolean): string {
  if (error) return '✗';
  if (isCulprit) return '!';
  return onCriticalPath ? '•' : ' ';
}

/** Before which step the time without spans comes; null for none. */
export function gapPosition({ flow, primary }: Diagnosis): number | null {
  if (primary?.gap === undefined) return null;
  const end = primary.gap.startMs + primary.gap.durationMs;
  const after = flow.findIndex((step) => depthOf(step) === 0 && step.startMs >= end);
  return after < 0 ? flow.length : after;
}

export function gapText(primary: Diagnosis['primary']): string {
  return `no spans for ${formatDuration(primary?.gap?.durationMs ?? 0)}`;
}

function legendOf(diagnosis: Diagnosis): string {
  const { flow, leftOut = [] } = diagnosis;
  const critical = flow.some((step) => step.onCriticalPath) ? '• on the critical path' : '';
  const failed = flow.some((step) => step.error) ? '✗ failed' : '';
  const registrations = silentRegistrations(diagnosis).length;
  const folded = foldedFlow(diagnosis).some((step) => timesOf(step) > 1) ? '×: equal spans, total duration' : '';
  const left = [
    ...(registrations === 0 ? [] : [plural(registrations, 'operation.register span')]),
    ...leftOut.map(({ name, count }) => plural(count, name)),
  ].join(', ');
  return [critical, failed, folded, left === '' ? '' : `not shown: ${left}`, timeWithoutRow(diagnosis)]
    .filter((text) => text !== '')
    .join(' · ');
}

/** How long, in milliseconds, a healthy operation must be without spans for a reader to be told. */
const NOTICED_MS = 1000;
const NOTICED_SHARE = 0.1;

function timeWithoutRow(diagnosis: Diagnosis): string {
  const gaps = silencesOf(diagnosis).map(
    ({ durationMs, after }) => `${formatDuration(durationMs)} after ${shortLine(visible(after), 40)}`,
  );
  return gaps.length === 0 ? '' : `untraced: ${gaps.join(', ')}`;
}

interface Silence {
  readonly startMs: number;
  readonly durationMs: number;
  /** The operation of the span that ended last. */
  readonly after: string;
  readonly text: string;
}

/** The rows of a healthy operation may add up to far less than it took, because its loop has no span. At most three. */
export function silencesOf({ verdict, flow, criticalPath }: Diagnosis): readonly Silence[] {
  if (verdict !== 'healthy') return [];
  const least = Math.max(NOTICED_MS, NOTICED_SHARE * (criticalPath?.totalMs ?? 0));
  const silences: Silence[] = [];
  let last: FlowStep | undefined;
  for (const step of flow.toSorted((a, b) => a.startMs - b.startMs)) {
    const startMs = last === undefined ? step.startMs : endOf(last);
    const durationMs = step.startMs - startMs;
    const text = `no spans for ${formatDuration(durationMs)}`;
    if (durationMs >= least) silences.push({ startMs, durationMs, after: last?.operation ?? '', text });
    if (last === undefined || endOf(step) > endOf(last)) last = step;
  }
  return silences.slice(0, 3);
}

function endOf({ startMs, durationMs }: FlowStep): number {
  return startMs + durationMs;
}

/** All when they fit; otherwise the root cause's step, failed ones, their ancestors, the critical path, then reading order. */
export function stepsToShow(diagnosis: Diagnosis, most = MOST_ROWS): ReadonlySet<number> {
  const { flow } = diagnosis;
  if (flow.length <= most) return new Set(flow.keys());
  const order = [...flow.keys()].sort((a, b) => rank(diagnosis, a) - rank(diagnosis, b) || a - b);
  const parents = parentsOf(flow);
  const shown = new Set<number>();
  for (const i of order) {
    const path: number[] = [];
    for (let at: number | undefined = i; at !== undefined && !shown.has(at); at = parents[at]) path.push(at);
    // A step of a very deep chain is shown with its nearest ancestors only.
    for (const at of path.slice(0, DEEPEST)) if (shown.size < most) shown.add(at);
    if (shown.size >= most) break;
  }
  return shown;
}

function rank({ flow, primary }: Diagnosis, i: number): number {
  const step = flow[i];
  if (step?.spanId === primary?.culprit?.spanId) return 0;
  if (step?.error) return 1;
  return step?.onCriticalPath ? 2 : 3;
}

function parentsOf(flow: readonly FlowStep[]): readonly (number | undefined)[] {
  const open: number[] = [];
  return flow.map((step, i) => {
    open.length = Math.min(open.length, depthOf(step));
    const parent = open.at(-1);
    open.push(i);
    return parent;
  });
}

function depthOf(step: FlowStep): number {
  return Number.isFinite(step.depth) ? Math.max(0, Math.floor(step.depth)) : 0;
}

function traceLine({ traceId, startMs }: FlowStep, width: number): string {
  const start = startMs > 0 ? `, starts ${formatDuration(startMs)} after the first` : '';
  return cut(`trace ${cut(traceId, 32)}${start}`, width);
}

/** Everything about one span. */
import { FLAGS, type Pairs, type ReportData } from '../src/formatters/html/report-data.ts';
import { formatDuration } from '../src/language/durations.ts';
import { button, h } from './dom.ts';

export function detailsOf(data: ReportData, at: number, close: () => void): readonly Node[] {
  const { spans, strings, resources } = data;
  const has = (flag: number) => ((spans.flags[at] ?? 0) & flag) !== 0;
  const title = h('h3', {}, strings[spans.name[at] ?? -1] ?? '');
  const head = h('header', {}, title, button('Close', close));
  if (has(FLAGS.gap))
    return [
      head,
      h('p', {}, 'In this time, no source has a span of the operation. The diagnosis says why it matters.'),
    ];
  const evidence = (spans.evidence[at] ?? []).map((text) => h('li', {}, strings[text] ?? ''));
  return [
    head,
    ...(evidence.length === 0 ? [] : [h('h4', {}, 'Evidence'), h('ul', {}, ...evidence)]),
    table(factsOf(data, at)),
    ...(has(FLAGS.withoutDetails)
      ? [h('p', {}, 'Attributes and events are left out, because the file would be too large. Jaeger has them.')]
      : []),
    ...pairTable('Attributes', spans.attributes[at] ?? [], strings),
    ...(spans.events[at] ?? []).flatMap((event) => [
      ...pairTable(
        `Event after ${formatDuration(event.at / 1000)}: ${strings[event.name] ?? ''}`,
        event.attributes,
        strings,
        true,
      ),
    ]),
    ...pairTable('Process', resources[spans.resource[at] ?? -1] ?? [], strings),
  ];
}

type Fact = readonly [name: string, value: string | Node];

function factsOf({ spans, strings, traces, startedAt }: ReportData, at: number): readonly Fact[] {
  const [flags, self, start] = [spans.flags[at] ?? 0, spans.self[at] ?? 0, spans.start[at] ?? 0];
  const trace = traces[spans.trace[at] ?? -1];
  const id = spans.id[at] ?? '';
  const status = strings[spans.status[at] ?? -1] ?? '';
  const state = (flags & FLAGS.failed) !== 0 ? `failed${status === '' ? '' : `: ${status}`}` : status;
  const facts: readonly Fact[] = [
    ['Service', strings[spans.service[at] ?? -1] ?? ''],
    ['Kind', strings[spans.kind[at] ?? -1] ?? ''],
    ['Status', state],
    ['Start', `${timeText(startedAt, start)} (${start < 0 ? '−' : '+'}${formatDuration(Math.abs(start) / 1000)})`],
    ['Duration', formatDuration((spans.duration[at] ?? 0) / 1000)],
    ['Critical path', self > 0 ? `${formatDuration(self / 1000)} in this span itself` : ''],
    ['Parent', (flags & FLAGS.missingParent) !== 0 ? 'missing: it was never exported' : ''],
    ['Span', id],
    ['Trace', trace?.id ?? ''],
  ];
  const url = trace?.url ?? null;
  const link: readonly Fact[] =
    url === null ? [] : [['Jaeger', h('a', { href: `${url}?uiFind=${id}`, rel: 'noreferrer' }, 'open')]];
  return [...facts.filter(([, value]) => value !== ''), ...link];
}

/** UTC, to the millisecond; empty for a time that a Date can't hold. */
function timeText(startedAt: string, micros: number): string {
  const date = new Date(Date.parse(startedAt) + micros / 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

function pairTable(title: string, pairs: Pairs, strings: readonly string[], isAlways = false): readonly Node[] {
  const facts: Fact[] = [];
  for (let i = 0; i < pairs.length; i += 2)
    facts.push([strings[pairs[i] ?? -1] ?? '', strings[pairs[i + 1] ?? -1] ?? '']);
  if (facts.length === 0) return isAlways ? [h('h4', {}, title)] : [];
  return [h('h4', {}, title), table(facts)];
}

function table(facts: readonly Fact[]): HTMLElement {
  return h(
    'table',
    {},
    h('tbody', {}, ...facts.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value)))),
  );
}

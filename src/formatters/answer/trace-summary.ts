import type { SourceReport } from '../../diagnosis/case.ts';
import type { Diagnosis, TraceSummary } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { percent } from '../../language/numbers.ts';
import { plural } from '../../language/plurals.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import {
  code,
  dotted,
  type Inline,
  type InlineText,
  type Section,
  strong,
  type TextBlock,
  time,
} from '../blocks/text-block.ts';
import { type Links, publicUrl } from '../links.ts';
import { baselineBlocks } from './baseline.ts';
import { SOURCE_NAMES, SOURCE_STATES, typeName, wasRefused } from './summary.ts';

const MOST_TRACES = 8;
const MOST_WARNINGS = 8;
const STATUS_SOURCES = { 'ktrdr-api': 'says the ktrdr API', trace: 'says the trace', none: '' } as const;

/** Which operation, which traces, how long, where the time went, what was asked. */
export function traceSummarySection(diagnosis: Diagnosis, links: Links): Section {
  const { traces, sources } = diagnosis;
  const warnings = traces.flatMap((trace) => trace.warnings);
  const blocks: TextBlock[] = [
    { kind: 'facts', lines: operationFacts(diagnosis, links) },
    ...baselineBlocks(diagnosis),
  ];
  if (traces.length > 0) {
    blocks.push(list('Traces', traces, MOST_TRACES, (trace) => traceFacts(trace, links)));
  }
  if (warnings.length > 0) {
    blocks.push(list('Remarks on the traces', warnings, MOST_WARNINGS, (text) => [cut(oneLine(text), 300)]));
  }
  if (sources.length > 0) {
    blocks.push(list('Asked', sources, sources.length, sourceWords));
  }
  if (diagnosis.analysisMs > 0) {
    blocks.push({ kind: 'note', words: [`Analysed in ${formatDuration(diagnosis.analysisMs)}`] });
  }
  return { slot: 'trace-summary', title: 'Trace summary', blocks };
}

function operationFacts(diagnosis: Diagnosis, links: Links): readonly InlineText[] {
  const { operation, statusSource } = diagnosis;
  const { startedAt, endedAt, durationMs, progressPercent, progressStep, request, httpStatus } = operation;
  const market = [operation.symbol, operation.timeframe].filter((text) => text !== null && text !== '').join(' ');
  const said = STATUS_SOURCES[statusSource];
  const status = wasRefused(diagnosis) ? 'refused' : diagnosis.status;
  const requestWords: InlineText = request === null || request === '' ? [] : [code(cut(request, 200))];
  const lines: (readonly [string, InlineText])[] = [
    [
      'Operation',
      diagnosis.operationId === null
        ? [wasRefused(diagnosis) ? 'none was created' : 'none is named']
        : [code(diagnosis.operationId)],
    ],
    ['Status', [status, said === '' ? '' : ` (${said})`]],
    ['What', dotted([[typeName(diagnosis.operationType)], market === '' ? [] : [cut(oneLine(market), 80)]])],
    [
      'When',
      dotted([
        startedAt === null ? [] : ['started ', time(startedAt)],
        endedAt === null ? [] : ['ended ', time(endedAt)],
        durationMs === null ? [] : [`took ${formatDuration(durationMs)}`],
      ]),
    ],
    [
      'Progress',
      dotted([
        progressPercent === null ? [] : [percent(progressPercent)],
        progressStep === null || progressStep === '' ? [] : [cut(oneLine(progressStep), 200)],
      ]),
    ],
    ['Request', dotted([requestWords, httpStatus === null ? [] : [`answered ${httpStatus}`]])],
    ['Time', criticalPathWords(diagnosis)],
    ['Metrics', dashboardWords(diagnosis, links)],
  ];
  return lines.filter(([, words]) => words.length > 0).map(([label, words]) => [strong(label), ': ', ...words]);
}

function traceFacts(trace: TraceSummary, links: Links): InlineText {
  const url = links.trace(trace.traceId);
  const page: readonly Inline[] =
    url === null ? [] : publicUrl(links, url) === null ? [code(url)] : [{ kind: 'link', text: 'open', url }];
  const services = trace.services.slice(0, 6).map((name) => cut(oneLine(name), 60));
  const more = trace.services.length - services.length;
  return dotted([
    [code(trace.traceId)],
    [plural(trace.spanCount, 'span')],
    [formatDuration(trace.durationMs)],
    ['from ', time(trace.startTime)],
    services.length === 0 ? [] : [`${services.join(', ')}${more > 0 ? ` and ${more} more` : ''}`],
    trace.missingParents === 0 ? [] : [`${plural(trace.missingParents, 'parent span')} missing`],
    page,
  ]);
}

function criticalPathWords({ criticalPath }: Diagnosis): InlineText {
  if (criticalPath === null || criticalPath.byService.length === 0) return [];
  const shares = criticalPath.byService
    .slice(0, 6)
    .map((part) => `${cut(oneLine(part.service), 60)} ${percent(part.share * 100)} (${formatDuration(part.ms)})`);
  return [`${formatDuration(criticalPath.totalMs)} on the critical path: ${shares.join(', ')}`];
}

function dashboardWords({ operation, traces }: Diagnosis, links: Links): InlineText {
  const start = operation.startedAt ?? traces[0]?.startTime;
  if (start === undefined) return [];
  const from = Date.parse(start);
  const until = operation.endedAt === null ? from + (operation.durationMs ?? 0) : Date.parse(operation.endedAt);
  const url = links.dashboards(from, until);
  return url === null ? [] : [{ kind: 'link', text: 'Grafana at that time', url }];
}

function sourceWords({ name, state, tookMs, detail }: SourceReport): InlineText {
  const said = cut(oneLine(detail), 300);
  if (state === 'off' && said !== '') return [`${SOURCE_NAMES[name]}: ${said}`];
  const took = tookMs > 0 ? ` after ${formatDuration(tookMs)}` : '';
  return [`${SOURCE_NAMES[name]} ${SOURCE_STATES[state]}${took}${said === '' ? '' : `: ${said}`}`];
}

/** The first `most` items, and a sentence on how many there are besides. */
export function list<Item>(
  title: string,
  items: readonly Item[],
  most: number,
  tell: (item: Item) => InlineText,
): TextBlock {
  const more = items.length - most;
  const shown = items.slice(0, most).map(tell);
  return { kind: 'list', title, items: more > 0 ? [...shown, [`… and ${more} more, left out here`]] : shown };
}

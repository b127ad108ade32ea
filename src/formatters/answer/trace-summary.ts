import type { SourceReport } from '../../diagnosis/case.ts';
import type { Diagnosis, TraceSummary } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { percent } from '../../language/numbers.ts';
import { plural } from '../../language/plurals.ts';
import { cut, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  dotted,
  type InlineText,
  inline,
  link,
  listBlock,
  note,
  type Section,
  strong,
  type TextBlock,
  time,
} from '../blocks/text-block.ts';
import { type Links, publicUrl } from '../links.ts';
import { baselineBlocks } from './baseline.ts';
import { isInHeadline, marketText, SOURCE_NAMES, SOURCE_STATES, typeName, wasRefused } from './summary.ts';

const MOST_TRACES = 8;
const MOST_WARNINGS = 8;
const STATUS_SOURCES = { 'ktrdr-api': 'from the ktrdr API', trace: 'from the trace', none: '' } as const;

/** Which operation, which traces, how long, where the time went, which sources were queried. */
export function traceSummarySection(diagnosis: Diagnosis, links: Links): Section {
  const { traces, sources } = diagnosis;
  const blocks: TextBlock[] = [
    { kind: 'facts', lines: operationFacts(diagnosis, links) },
    ...baselineBlocks(diagnosis),
  ];
  if (traces.length > 0) {
    const items = traces.map((trace) => traceFacts(trace, links));
    blocks.push(listBlock('Traces', items, MOST_TRACES));
  }
  blocks.push(...warningBlocks(diagnosis, MOST_WARNINGS));
  if (sources.length > 0)
    blocks.push(
      listBlock(
        'Sources',
        sources.map((source) => sourceText(source, diagnosis)),
      ),
    );
  if (diagnosis.analysisMs > 0) blocks.push(note([`Analyzed in ${formatDuration(diagnosis.analysisMs)}`]));
  return { slot: 'trace-summary', title: 'Trace summary', blocks };
}

/** Warnings from Jaeger or from the reader of a trace; at most `most`. */
export function warningBlocks({ traces }: Diagnosis, most: number): readonly TextBlock[] {
  const warnings = traces.flatMap((trace) => trace.warnings);
  return warnings.length === 0
    ? []
    : [
        listBlock(
          'Trace warnings',
          warnings.map((text) => [shortLine(text, 300)]),
          most,
        ),
      ];
}

function operationFacts(diagnosis: Diagnosis, links: Links): readonly InlineText[] {
  const { operation, operationId, worker } = diagnosis;
  const { startedAt, endedAt, durationMs, progressPercent, progressStep, request, httpStatus } = operation;
  const source = STATUS_SOURCES[diagnosis.statusSource];
  const status = wasRefused(diagnosis) ? 'rejected' : diagnosis.status;
  const noOperation = wasRefused(diagnosis) ? 'none was created' : 'none named';
  const url = links.dashboards(diagnosis);
  const lines: readonly (readonly [string, InlineText])[] = [
    ['Operation', [operationId === null ? noOperation : code(operationId)]],
    ['Status', [status, source === '' ? '' : ` (${source})`]],
    ['What', dotted([[typeName(diagnosis.operationType)], marketText(diagnosis, 80)])],
    ['Worker', worker === undefined ? [] : [code(worker.id), ', in Jaeger ', code(worker.service)]],
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
        progressStep === null || progressStep === '' ? [] : [shortLine(progressStep, 200)],
      ]),
    ],
    [
      'Request',
      dotted([
        request === null || request === '' ? [] : [code(cut(request, 200))],
        httpStatus === null ? [] : [`HTTP ${httpStatus}`],
      ]),
    ],
    ['Time', criticalPathText(diagnosis)],
    ['Metrics', url === null ? [] : [link('Grafana for that time', url)]],
  ];
  return lines.filter(([, text]) => text.length > 0).map(([label, text]) => inline`${strong(label)}: ${text}`);
}

function traceFacts(trace: TraceSummary, links: Links): InlineText {
  const url = links.trace(trace.traceId);
  const page = url === null ? [] : [publicUrl(links, url) === null ? code(url) : link('open', url)];
  const services = trace.services.slice(0, 6).map((name) => shortLine(name, 60));
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

/** Where the time of a failure went is worth a line only when there was time to lose, and more than one place to lose it in. */
const WORTH_A_LINE_MS = 1000;
/** Less is shown as 0%. */
const LEAST_SHARE = 0.0005;

export function criticalPathText({ criticalPath, primary }: Diagnosis): InlineText {
  if (criticalPath === null || criticalPath.byService.length === 0) return [];
  const isFailure = primary !== null && primary.severity !== 'notice' && primary.scenario !== 'slow';
  const services = criticalPath.byService.filter(({ share }, i) => i === 0 || share >= LEAST_SHARE).slice(0, 6);
  if (isFailure && (criticalPath.totalMs < WORTH_A_LINE_MS || services.length === 1)) return [];
  const shares = services.map(
    (part) => `${shortLine(part.service, 60)} ${percent(part.share * 100)} (${formatDuration(part.ms)})`,
  );
  return [`${formatDuration(criticalPath.totalMs)} on the critical path: ${shares.join(', ')}`];
}

function sourceText(source: SourceReport, diagnosis: Diagnosis): InlineText {
  const { name, state, tookMs, detail } = source;
  const shown = isInHeadline(source, diagnosis) ? '' : shortLine(detail, 300);
  // A file that was read has nothing to respond to.
  if ((state === 'off' || (name === 'file' && state === 'ok')) && shown !== '')
    return [`${SOURCE_NAMES[name]}: ${shown}`];
  const took = tookMs > 0 ? ` after ${formatDuration(tookMs)}` : '';
  return [`${SOURCE_NAMES[name]} ${SOURCE_STATES[state]}${took}${shown === '' ? '' : `: ${shown}`}`];
}

/** What the picture of a trace shows, as plain data: it is drawn later, perhaps by another process. */
import type { Diagnosis, FlowStep } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { plural } from '../../language/plurals.ts';
import { gapPosition, gapText, shortName, silencesOf, stepsToShow } from '../answer/execution-flow.ts';
import { wasRefused } from '../answer/summary.ts';
import { oneLine } from '../blocks/mrkdwn.ts';
import { plainText, sentences } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { type FoldedStep, foldedSteps } from './folded-steps.ts';

export interface TraceChart {
  readonly title: string;
  readonly footer: string;
  /** In reading order. */
  readonly steps: readonly ChartStep[];
}

/** All numbers are finite and not negative. */
export interface ChartStep
  extends Pick<
    FlowStep,
    'service' | 'operation' | 'note' | 'traceId' | 'startMs' | 'durationMs' | 'depth' | 'onCriticalPath' | 'error'
  > {
  readonly isCulprit: boolean;
  /** A time without spans. */
  readonly isGap?: boolean;
}

/** As many as can be read at a glance. */
const MOST_ROWS = 12;

export function traceChartOf(uncleaned: Diagnosis, redact: readonly RegExp[] = []): TraceChart {
  const diagnosis = cleanDiagnosis(uncleaned, redact);
  const { flow, primary, operationId, traces, status } = diagnosis;
  const culprit = primary?.culprit?.spanId;
  const rows = rowsOf(flow, culprit);
  const folded = { ...diagnosis, flow: rows.map(({ step }) => step) };
  const chosen = stepsToShow(folded, MOST_ROWS);
  const left = rows.reduce((sum, { count }, i) => (chosen.has(i) ? sum : sum + count), 0);
  const shownStatus = status === 'unknown' ? '' : status;
  const footer = [
    wasRefused(diagnosis) ? 'rejected' : shownStatus,
    operationId ?? traces[0]?.traceId ?? '',
    left > 0 ? `${plural(left, 'more span')} not drawn` : '',
  ].filter((text) => text !== '');
  return {
    title: plainText(sentences(oneLine(diagnosis.headline))),
    footer: footer.join(' · '),
    steps: [...rows.keys(), rows.length].flatMap((i) => [
      ...gapsBefore(folded, i, silencesOf(diagnosis)),
      ...rows.slice(i, i + 1).flatMap((row) => (chosen.has(i) ? [chartStep(row, row.step.spanId === culprit)] : [])),
    ]),
  };
}

function rowsOf(flow: readonly FlowStep[], culprit: string | undefined): readonly FoldedStep[] {
  if (flow.length > MOST_ROWS) return foldedSteps(flow, culprit);
  return flow.map((step) => ({ step, count: 1, longestMs: step.durationMs }));
}

interface Silence {
  readonly startMs: number;
  readonly durationMs: number;
}

/** The times without spans that come before the row at this position. */
function gapsBefore(
  diagnosis: Diagnosis,
  position: number,
  silences: readonly (Silence & { readonly text: string })[],
): readonly ChartStep[] {
  const { flow, primary } = diagnosis;
  const gap = primary?.gap;
  const here = gap === undefined || gapPosition(diagnosis) !== position ? [] : [gapStep(gap, gapText(primary), true)];
  const others = silences.filter(({ startMs, durationMs }) => {
    const after = flow.findIndex((step) => step.startMs >= startMs + durationMs);
    return (after < 0 ? flow.length : after) === position;
  });
  const steps = [...here, ...others.map((one) => gapStep(one, one.text, false))];
  const traceId = flow[Math.max(0, position - 1)]?.traceId ?? '';
  return flow.length === 0 ? [] : steps.map((step) => ({ ...step, traceId }));
}

function gapStep({ startMs, durationMs }: Silence, operation: string, isCulprit: boolean): ChartStep {
  const bare = { service: '', note: '', traceId: '', depth: 0, onCriticalPath: false, error: false };
  return { ...bare, operation, startMs: finite(startMs), durationMs: finite(durationMs), isCulprit, isGap: true };
}

function chartStep({ step, count, longestMs }: FoldedStep, isCulprit: boolean): ChartStep {
  const { service, traceId, onCriticalPath, error } = step;
  const [name, note] = shortName(step);
  return {
    service: oneLine(service),
    operation: count === 1 ? name : `${count} × ${name}`,
    note: count === 1 ? note : `longest ${formatDuration(longestMs)}`,
    traceId,
    startMs: finite(step.startMs),
    durationMs: finite(step.durationMs),
    depth: finite(step.depth),
    onCriticalPath,
    error,
    isCulprit,
  };
}

function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

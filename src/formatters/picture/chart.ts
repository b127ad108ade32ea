/** What the picture of a trace shows, as plain data: it is drawn later, perhaps by another process. */
import type { Diagnosis, FlowStep } from '../../diagnosis/finding.ts';
import { plural } from '../../language/plurals.ts';
import { gapPosition, gapText, stepsToShow } from '../answer/execution-flow.ts';
import { oneLine } from '../blocks/mrkdwn.ts';
import { plainText, sentences } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';

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
  readonly isGap?: boolean;
}

export function traceChartOf(uncleaned: Diagnosis, redact: readonly RegExp[] = []): TraceChart {
  const diagnosis = cleanDiagnosis(uncleaned, redact);
  const { flow, primary, operationId, traces } = diagnosis;
  const chosen = stepsToShow(diagnosis);
  const left = flow.length - chosen.size;
  const footer = [
    operationId ?? traces[0]?.traceId ?? '',
    left > 0 ? `${plural(left, 'more span')} not drawn` : '',
  ].filter((text) => text !== '');
  const culprit = primary?.culprit?.spanId;
  return {
    title: plainText(sentences(oneLine(diagnosis.headline))),
    footer: footer.join(' · '),
    steps: [...flow.keys(), flow.length].flatMap((i) => [
      ...gapSteps(diagnosis, i),
      ...flow.slice(i, i + 1).flatMap((step) => (chosen.has(i) ? [chartStep(step, step.spanId === culprit)] : [])),
    ]),
  };
}

/** The time without spans, when it comes before the step at this position. */
function gapSteps(diagnosis: Diagnosis, position: number): readonly ChartStep[] {
  const { flow, primary } = diagnosis;
  const before = flow[Math.max(0, position - 1)];
  if (primary?.gap === undefined || before === undefined || position !== gapPosition(diagnosis)) return [];
  const step = { ...before, ...primary.gap, operation: gapText(primary), note: '', depth: 0, error: false };
  return [{ ...chartStep({ ...step, onCriticalPath: false }, true), isGap: true }];
}

function chartStep(step: FlowStep, isCulprit: boolean): ChartStep {
  const { service, operation, note, traceId, onCriticalPath, error } = step;
  return {
    service,
    operation,
    note,
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

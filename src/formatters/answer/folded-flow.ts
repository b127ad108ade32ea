/** The execution flow as a reply shows it: without rows that say nothing, and with equal neighbors as one row. */
import type { Diagnosis, FlowStep } from '../../diagnosis/finding.ts';

/** Several equal steps; `durationMs` is their sum. */
interface FoldedStep extends FlowStep {
  readonly times: number;
}

const REGISTRATION = 'operation.register';

/** How many spans a row stands for. */
export function timesOf(step: FlowStep | FoldedStep): number {
  return 'times' in step ? step.times : 1;
}

/** The file with the whole flow has every span. */
export function foldedFlow(diagnosis: Diagnosis): readonly FlowStep[] {
  const silent = new Set(silentRegistrations(diagnosis));
  const steps: FlowStep[] = [];
  const shown = diagnosis.flow.filter((step) => !silent.has(step));
  shown.forEach((step, i) => {
    const last = steps.at(-1);
    const isLeaf = (shown[i + 1]?.depth ?? 0) <= step.depth;
    if (last !== undefined && isLeaf && shown[i - 1]?.depth === step.depth && isSameRow(last, step, diagnosis))
      steps[steps.length - 1] = together(last, step);
    else steps.push(step);
  });
  return steps;
}

/** Every operation is registered: a row without an error or a note says nothing. */
export function silentRegistrations({ flow, primary }: Diagnosis): readonly FlowStep[] {
  return flow.filter(
    (step, i) =>
      step.operation === REGISTRATION &&
      step.note === '' &&
      !step.error &&
      step.spanId !== primary?.culprit?.spanId &&
      (flow[i + 1]?.depth ?? 0) <= step.depth &&
      flow.length > 1,
  );
}

function isSameRow(before: FlowStep, after: FlowStep, { primary }: Diagnosis): boolean {
  const culprit = primary?.culprit?.spanId;
  const gapEnd = primary?.gap === undefined ? null : primary.gap.startMs + primary.gap.durationMs;
  const isBehindGap = gapEnd !== null && before.startMs < gapEnd && after.startMs >= gapEnd;
  return (
    before.operation === after.operation &&
    before.service === after.service &&
    before.traceId === after.traceId &&
    before.note === after.note &&
    before.error === after.error &&
    before.spanId !== culprit &&
    after.spanId !== culprit &&
    !isBehindGap
  );
}

function together(before: FlowStep, after: FlowStep): FoldedStep {
  return {
    ...before,
    durationMs: before.durationMs + after.durationMs,
    onCriticalPath: before.onCriticalPath || after.onCriticalPath,
    times: timesOf(before) + 1,
  };
}

/** What the operation was and which traces show it, for the summary of an answer. */
import type { ClockOffset } from './facts/clocks.ts';
import type { Facts } from './facts/index.ts';
import { runTimeOf } from './facts/status.ts';
import { isTerminal } from './facts/transitions.ts';
import { extentOf, type SpanTree } from './facts/tree.ts';
import type { OperationSummary, TraceSummary } from './finding.ts';
import type { Micros, Trace } from './trace.ts';
import { duration, iso } from './words.ts';

/** The smallest clock offset, in microseconds, that a reader would notice. */
const WORTH_A_NOTE = 1_000_000;

export function summaryOf(facts: Facts): OperationSummary {
  const { startedAt, endedAt, refused } = facts.status;
  const extent = extentOf(facts.own);
  const length = runTimeOf(facts) ?? (refused ? (facts.start?.span.duration ?? 0) : 0);
  const at = (time: Micros | null) => (time === null ? null : iso(time));
  return {
    symbol: facts.parameters.symbol,
    timeframe: facts.parameters.timeframe,
    startedAt: at(startedAt ?? extent?.start ?? null),
    endedAt: at(endedAt),
    durationMs: length <= 0 ? null : Math.round(length) / 1000,
    // ktrdr resets the progress of what failed or was cancelled, so it means something for unfinished work only.
    progressPercent: isTerminal(facts.status.value) ? null : (facts.progress?.percentage ?? null),
    progressStep: isTerminal(facts.status.value) ? null : (facts.progress?.step ?? null),
    request: facts.start?.route ?? null,
    httpStatus: facts.start?.httpStatus ?? null,
  };
}

export function traceSummariesOf({ case: { traces }, clocks, tree }: Facts): readonly TraceSummary[] {
  const notes = new Map(
    clocks.flatMap((clock) => (Math.abs(clock.ahead) < WORTH_A_NOTE ? [] : [[clock.service, clockNote(clock)]])),
  );
  return traces.map((trace) => {
    const summary = traceSummary(trace, tree);
    const remarks = summary.services.flatMap((service) => notes.get(service) ?? []);
    for (const service of summary.services) notes.delete(service);
    return { ...summary, warnings: [...remarks, ...summary.warnings] };
  });
}

function clockNote({ service, ahead, reference }: ClockOffset): string {
  const off = `${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}`;
  return `The clock of ${service} is ${off}; times shown follow the clock of ${reference}.`;
}

function traceSummary(trace: Trace, { roots }: SpanTree): TraceSummary {
  const extent = extentOf(trace.spans);
  const services = new Set(trace.spans.map(({ service }) => service));
  const missing = new Set(roots.filter(({ traceId }) => traceId === trace.traceId).map(({ parentId }) => parentId));
  missing.delete(null);
  // The parent of a span in a cycle was delivered.
  if (missing.size > 0) for (const { spanId } of trace.spans) missing.delete(spanId);
  return {
    traceId: trace.traceId,
    spanCount: trace.spans.length,
    services: [...services].sort(),
    startTime: extent === null ? '' : iso(extent.start),
    durationMs: extent === null ? 0 : Math.round(extent.end - extent.start) / 1000,
    missingParents: missing.size,
    warnings: trace.warnings,
  };
}

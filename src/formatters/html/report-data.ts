/** What the page of a report gets as JSON. Its script is in the folder `report/`; it draws spans only when they come into view. */

/** Texts are positions in `strings`, spans are positions in the columns. Times are microseconds since `startedAt`. */
export interface ReportData {
  readonly strings: readonly string[];
  /** ISO 8601 with microseconds left out. */
  readonly startedAt: string;
  readonly traces: readonly { readonly id: string; readonly url: string | null }[];
  /** Attributes of processes. */
  readonly resources: readonly Pairs[];
  readonly spans: SpanColumns;
  /** Spans whose attributes and events were left out, because the file would be too large. */
  readonly withoutDetails: number;
}

/** Name, value, name, value, … */
export type Pairs = readonly number[];

/** Depth first; one column per property. */
interface SpanColumns {
  /** -1 for a span without a parent. */
  readonly parent: readonly number[];
  readonly id: readonly string[];
  readonly trace: readonly number[];
  readonly name: readonly number[];
  readonly service: readonly number[];
  readonly kind: readonly number[];
  readonly start: readonly number[];
  readonly duration: readonly number[];
  /** Microseconds on the critical path. */
  readonly self: readonly number[];
  /** Bits of `FLAGS`. */
  readonly flags: readonly number[];
  /** Message of the status; -1 for none. */
  readonly status: readonly number[];
  readonly resource: readonly number[];
  readonly attributes: readonly Pairs[];
  readonly events: readonly (readonly ReportEvent[])[];
  /** What the diagnosis read from it. */
  readonly evidence: readonly (readonly number[])[];
}

export interface ReportEvent {
  readonly at: number;
  readonly name: number;
  readonly attributes: Pairs;
}

export const FLAGS = { failed: 1, culprit: 2, gap: 4, missingParent: 8, withoutDetails: 16 } as const;

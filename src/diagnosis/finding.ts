/** The output vocabulary. Its JSON is the published contract (`schema/diagnosis.schema.json`). */
import type { Guess, OperationStatus, SourceReport } from './case.ts';

/** At least one element, so that the compiler rejects a finding without evidence or fixes. */
export type NonEmpty<T> = readonly [T, ...T[]] | readonly [...T[], T];

/** Order is rank. */
export const SEVERITIES = ['blocking', 'degraded', 'notice'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The sources state it, imply it, or allow it. The order is the rank. */
export const CONFIDENCES = ['certain', 'likely', 'possible'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

export const SCENARIOS = ['stuck', 'slow', 'failed', 'no-workers', 'context-lost', 'tracing'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** Something a reader can check. The kind says where it was read: a closed set, so that renderers never look at causes. */
export interface Evidence {
  readonly kind: 'attribute' | 'exception' | 'span' | 'time' | 'absence' | 'transition' | 'record' | 'worker' | 'count';
  readonly text: string;
  readonly spanId?: string;
  readonly traceId?: string;
}

/** Only the `sh` tag makes one, so every interpolated value is quoted. */
export type ShellCommand = string & { readonly __quoted: true };

export type Fix =
  | {
      readonly kind: 'command';
      readonly label: string;
      readonly command: ShellCommand;
      readonly effect: 'inspects' | 'changes';
      /** What its output means, in sentences; only for a command that inspects. */
      readonly reading?: string;
    }
  /** Has an effect if it replaces a command that can't be typed here. */
  | { readonly kind: 'advice'; readonly text: string; readonly effect?: 'inspects' }
  | { readonly kind: 'link'; readonly label: string; readonly url: string };

export interface SpanRef {
  readonly service: string;
  readonly operation: string;
  readonly spanId: string;
  readonly traceId: string;
}

/** A time in which a lost worker left no span, in milliseconds since the first span of the operation. */
export interface Gap {
  readonly startMs: number;
  readonly durationMs: number;
}

export interface Finding {
  /** `rule` or `rule/variant`, as in causes.md. */
  readonly cause: string;
  readonly scenario: Scenario;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** One plain sentence without markup, which formatters add. */
  readonly headline: string;
  /** Why, in at most three sentences. */
  readonly explanation: string;
  readonly culprit: SpanRef | null;
  /** Where spans are missing; replaces the culprit. */
  readonly gap?: Gap;
  /** Never empty: a finding that can't be checked is not a finding. */
  readonly evidence: NonEmpty<Evidence>;
  /** In the order in which they help: the first is the step to take now. */
  readonly fixes: NonEmpty<Fix>;
}

export interface FlowStep {
  readonly service: string;
  readonly operation: string;
  readonly spanId: string;
  readonly traceId: string;
  /** Since the first span of the operation. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly selfMs: number;
  readonly onCriticalPath: boolean;
  readonly error: boolean;
  /** Nesting for display, 0 = root. */
  readonly depth: number;
  /** What a reader needs besides the name: a status code, an exception, a transition. Empty if there is nothing to add. */
  readonly note: string;
}

/** Spans that the flow leaves out; `name` is singular. */
export interface LeftOut {
  readonly name: string;
  readonly count: number;
}

export type Verdict = 'explained' | 'healthy' | 'running' | 'nothing-found' | 'not-found' | 'unavailable';

/** The whole answer; `diagnose --json` prints exactly this. */
export interface Diagnosis {
  readonly schemaVersion: 1;
  readonly operationId: string | null;
  /** ISO 8601, UTC: when it was requested, and the time to which ages are counted. */
  readonly asOf?: string;
  /** Which operation was selected, if the request named none. */
  readonly guess?: Guess;
  /** IDs similar to the unknown one, most similar first; absent if there are none. */
  readonly similarIds?: readonly string[];
  readonly verdict: Verdict;
  /** One plain sentence that answers the request, whatever the verdict. Equals the primary finding's headline when there is one. */
  readonly headline: string;
  /** Up to three more sentences if no finding explains: what was searched, how to widen the search, what is normal. */
  readonly explanation: string;
  /** A sentence on the symptom that the requester named, when no finding answers it. */
  readonly symptomAnswer?: string;
  readonly status: OperationStatus;
  readonly statusSource: 'ktrdr-api' | 'trace' | 'none';
  readonly operationType: string | null;
  /** The ID in ktrdr and the service in Jaeger of the worker that took it, when both are known and differ. */
  readonly worker?: { readonly id: string; readonly service: string };
  /** Facts for the summary line: IDs, sizes, times. */
  readonly operation: OperationSummary;
  readonly traces: readonly TraceSummary[];
  readonly flow: readonly FlowStep[];
  readonly leftOut?: readonly LeftOut[];
  readonly criticalPath: CriticalPath | null;
  readonly baseline: Baseline | null;
  readonly primary: Finding | null;
  readonly others: readonly Finding[];
  readonly notChecked: readonly { readonly cause: string; readonly missing: readonly string[] }[];
  /** What the spans don't show, and what is therefore unknown. */
  readonly lacks: readonly { readonly text: string; readonly cannotTell: string }[];
  readonly sources: readonly SourceReport[];
  readonly analysisMs: number;
}

/** ISO 8601 UTC times; null where no source has it. */
export interface OperationSummary {
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  /** 0–100, with what the number was read from left to `evidence`. */
  readonly progressPercent: number | null;
  readonly progressStep: string | null;
  /** HTTP status and route of the request that started it, e.g. `POST /api/v1/backtests/start` 503. */
  readonly request: string | null;
  readonly httpStatus: number | null;
}

export interface TraceSummary {
  readonly traceId: string;
  readonly spanCount: number;
  readonly services: readonly string[];
  readonly startTime: string;
  readonly durationMs: number;
  readonly missingParents: number;
  readonly warnings: readonly string[];
}

export interface CriticalPath {
  readonly totalMs: number;
  readonly byService: readonly { readonly service: string; readonly ms: number; readonly share: number }[];
}

/** Earlier operations of its kind; their times are scaled to this one's amount of work. */
export interface Baseline {
  readonly comparedWith: number;
  /** `too-few` below five; `incomparable` for the first run of a fresh process, or a training run with an unknown number of epochs. */
  readonly verdict: 'slower' | 'not-slower' | 'too-few' | 'incomparable';
  readonly ratio: number | null;
  readonly typicalMs: number | null;
  /** With twenty or more runs, the 95th percentile; otherwise the longest. */
  readonly highMs: number | null;
  /** Excludes the time that a fresh process needs before its first phase. */
  readonly thisMs: number;
  /** What they have in common, e.g. `backtests of EURUSD 1h`. */
  readonly kind: string;
  /** ISO 8601, UTC: the oldest of them. */
  readonly since: string | null;
  readonly firstOfItsProcess: boolean;
  readonly phases: readonly BaselinePart[];
  readonly services: readonly BaselinePart[];
  /** Phases that none of them had, and that all of them had. */
  readonly appeared: readonly string[];
  readonly vanished: readonly string[];
}

export interface BaselinePart {
  readonly name: string;
  readonly thisMs: number;
  readonly typicalMs: number;
  readonly highMs: number;
  readonly ratio: number;
  readonly slower: boolean;
}

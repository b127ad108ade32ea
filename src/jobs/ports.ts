/** All that the use cases ask of the world. Adapters implement these; nothing else crosses the border. */
import type { OperationAnswer, SourceReport, WorkerRecord } from '../diagnosis/case.ts';
import type { Micros, Trace } from '../diagnosis/trace.ts';
import type { Message } from '../formatters/message.ts';

/** Both ends included, in microseconds; the matching span must start inside. */
export interface TimeWindow {
  readonly from: Micros;
  readonly to: Micros;
}

/** Conditions hold on one span of the trace. Values are compared as strings. */
export interface TraceQuery {
  readonly service?: string;
  /** Services to leave out of a fan-out, or to try first, are the adapter's own business. */
  readonly operation?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly minDurationMs?: number;
  readonly window: TimeWindow;
  /** Newest first, at most this many traces. */
  readonly limit: number;
}

/** `reason` is a clause without a period; `describeFailure` makes the sentence. `advice` is a sentence on what to do. */
export type SourceFailure = { readonly host: string; readonly advice?: string } & (
  | { readonly code: 'unreachable'; readonly reason: string }
  | { readonly code: 'timed-out'; readonly afterMs: number }
  | { readonly code: 'refused'; readonly httpStatus: number; readonly reason: string }
  | { readonly code: 'unreadable'; readonly reason: string }
  | { readonly code: 'too-large'; readonly limitBytes: number }
);

export type TraceAnswer =
  | {
      readonly kind: 'traces';
      readonly traces: readonly Trace[];
      /** Sentences on what could not be searched or read; empty when the answer is complete. */
      readonly gaps: readonly string[];
      /** Services searched, or null for one search over all. */
      readonly searchedServices: number | null;
      /** e.g. `v3, 7 services searched`. */
      readonly detail: string;
    }
  | { readonly kind: 'unavailable'; readonly failure: SourceFailure };

export interface TraceSource {
  /** Every trace with a span that names the operation, whole, re-checked on our side. */
  findOperation(operationId: string, window: TimeWindow, signal: AbortSignal): Promise<TraceAnswer>;
  /** One trace by id (16 or 32 hex digits); no trace is an empty list. */
  getTrace(traceId: string, signal: AbortSignal): Promise<TraceAnswer>;
  /** Traces with one span that satisfies the whole query, re-checked on our side. */
  search(query: TraceQuery, signal: AbortSignal): Promise<TraceAnswer>;
  services(
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: 'services'; readonly services: readonly string[] }
    | { readonly kind: 'unavailable'; readonly failure: SourceFailure }
  >;
  /** What answers at the configured address, for `doctor`: dialect, version hint, number of services. */
  probe(signal: AbortSignal): Promise<SourceReport>;
}

export interface KtrdrApi {
  operation(
    operationId: string,
    signal: AbortSignal,
  ): Promise<OperationAnswer | { readonly kind: 'unavailable'; readonly failure: SourceFailure }>;
  workers(
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: 'workers'; readonly workers: readonly WorkerRecord[] }
    | { readonly kind: 'unavailable'; readonly failure: SourceFailure }
  >;
  /** Newest first; the list forgets after a backend restart. */
  operations(
    filter: { readonly status?: string; readonly type?: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: 'operations'; readonly operationIds: readonly string[] }
    | { readonly kind: 'unavailable'; readonly failure: SourceFailure }
  >;
  probe(signal: AbortSignal): Promise<SourceReport>;
}

/**
 * Small values that must survive a restart and be shared by processes. Keys are `part:id`, and the id of what belongs to a
 * workspace has the workspace's among the words that hyphens separate: `part:<team>-…`.
 */
export interface Store {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  /** True when the key was absent and is now set: a lock or a once-only mark. */
  setIfAbsent(key: string, value: string, ttlMs?: number): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** A list that keeps insertion order and holds each value once; with `most`, only so many of the newest. */
  append(list: string, value: string, ttlMs: number, most?: number): Promise<void>;
  list(list: string): Promise<readonly string[]>;
  removeFromList(list: string, value: string): Promise<void>;
  /** For a value that no longer parses: logged, once for each part. */
  reportUnreadable(key: string): void;
  /** Everything of a workspace, values and lists. */
  deleteOwnedBy(teamId: string): Promise<void>;
}

export type Clock = () => Micros;

/** Where a message goes: a channel, or a thread in it. */
export interface ChatTarget {
  readonly teamId: string;
  readonly channel: string;
  readonly threadTs: string | null;
}

/** Carried as message metadata, so that a post whose answer was lost is found again instead of posted twice. */
export interface Marker {
  readonly requestId: string;
  readonly slot: string;
}

export type PostOutcome =
  | { readonly kind: 'sent'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** Network, timeout, 5xx. It may have been posted all the same: look for the marker before trying again. */
  | { readonly kind: 'uncertain'; readonly reason: string }
  /** The bot may not post there, or not as a reply: try the next way, never the same again. */
  | { readonly kind: 'no-access'; readonly error: string }
  /** The message to edit is gone or closed: post a new one. */
  | { readonly kind: 'gone'; readonly error: string }
  /** Slack refused the content: degrade (core blocks, then text only). `details` are Slack's own pointers. */
  | { readonly kind: 'refused-content'; readonly error: string; readonly details: readonly string[] }
  /** Token or scope trouble: nothing will work until an administrator acts. */
  | { readonly kind: 'unauthorised'; readonly error: string };

/** The chat as the jobs see it. One call is one request to Slack: no retries inside, they belong to the queue. */
export interface Chat {
  post(target: ChatTarget, message: Message, marker: Marker): Promise<PostOutcome>;
  update(
    target: { readonly teamId: string; readonly channel: string; readonly ts: string },
    message: Message,
  ): Promise<PostOutcome>;
  /** The `ts` of an earlier post with this marker in the thread (or, without a thread, among the newest messages of the channel). */
  findPosted(target: ChatTarget, marker: Marker): Promise<string | null>;
  /** Through a `response_url`, visible to the asker only; at most five times in 30 minutes. */
  respond(responseUrl: string, message: Message): Promise<PostOutcome>;
  /** A direct message, the last way out. */
  direct(teamId: string, userId: string, message: Message, marker: Marker): Promise<PostOutcome>;
}

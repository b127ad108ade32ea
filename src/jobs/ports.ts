/** The interfaces that adapters implement for the jobs. */
import type { OperationAnswer, SourceReport, WorkerRecord } from '../diagnosis/case.ts';
import type { Micros, Trace } from '../diagnosis/trace.ts';
import type { Message } from '../formatters/message.ts';

/** Both ends included, in microseconds; the matching span must start inside. */
export interface TimeWindow {
  readonly from: Micros;
  readonly to: Micros;
}

/** All conditions hold on one span of the trace. Values are compared as strings. Without a service, all are searched. */
export interface TraceQuery {
  readonly service?: string;
  readonly operation?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly minDurationMs?: number;
  readonly window: TimeWindow;
  /** Services to search if none is given and the store can't search all at once. Absent: all that it lists. */
  readonly among?: readonly string[];
  /** Newest first, at most this many traces. */
  readonly limit: number;
}

/**
 * `reason` is a clause without a period, which `describeFailure` turns into a sentence. `advice` is a sentence that says what
 * to do.
 */
export type SourceFailure = { readonly host: string; readonly advice?: string } & (
  | { readonly code: 'unreachable'; readonly reason: string }
  | { readonly code: 'timed-out'; readonly afterMs: number }
  | { readonly code: 'refused'; readonly httpStatus: number; readonly reason: string }
  | { readonly code: 'unreadable'; readonly reason: string }
  | { readonly code: 'too-large'; readonly limitBytes: number }
  /** The request wasn't sent, because the bot's own rate limit left no time for it. */
  | { readonly code: 'rate-limited'; readonly requestsPerSecond: number }
);

export interface Unavailable {
  readonly kind: 'unavailable';
  readonly failure: SourceFailure;
}

export type TraceAnswer =
  | {
      readonly kind: 'traces';
      readonly traces: readonly Trace[];
      /** Sentences about what couldn't be searched or read; empty when the result is complete. */
      readonly gaps: readonly string[];
      /** Services searched, or null for one search over all. */
      readonly searchedServices: number | null;
      /** e.g. `v3, 7 services searched`. */
      readonly detail: string;
    }
  | Unavailable;

export interface TraceSource {
  /**
   * All traces, complete, with a span that mentions the operation. The adapter checks Jaeger's results. Traces in `known`,
   * which were just read whole, aren't read again.
   */
  findOperation(
    operationId: string,
    window: TimeWindow,
    signal: AbortSignal,
    known?: readonly Trace[],
  ): Promise<TraceAnswer>;
  /** One trace by id (16 or 32 hex digits); no trace is an empty list. */
  getTrace(traceId: string, signal: AbortSignal): Promise<TraceAnswer>;
  /** Traces with one span that satisfies the whole query. The adapter checks Jaeger's results. */
  search(query: TraceQuery, signal: AbortSignal): Promise<TraceAnswer>;
  services(
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'services'; readonly services: readonly string[] } | Unavailable>;
  /** For `doctor`: what responds at the configured URL, with dialect, version hint, and number of services. */
  probe(signal: AbortSignal): Promise<SourceReport>;
}

export interface KtrdrApi {
  operation(operationId: string, signal: AbortSignal): Promise<OperationAnswer | Unavailable>;
  workers(
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'workers'; readonly workers: readonly WorkerRecord[] } | Unavailable>;
  /** Newest first. A backend that restarts loses its list. */
  operations(
    filter: { readonly status?: string; readonly type?: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'operations'; readonly operationIds: readonly string[] } | Unavailable>;
  probe(signal: AbortSignal): Promise<SourceReport>;
}

/** A value that only its holder writes, and that expires after its holder is gone. Take it with `setIfAbsent`. */
export interface Lease {
  readonly key: string;
  /** Unique per holder, even within one process. */
  readonly holder: string;
  readonly ttlMs: number;
  /** False when a write needn't extend it, which saves a command; true when absent. */
  readonly needsExtension?: boolean;
}

interface Ranked {
  readonly member: string;
  readonly order: number;
}

/**
 * Small values that survive a restart and are shared by processes. Keys are `part:id`. For values of a workspace, the id has
 * the workspace's id between hyphens: `part:<team>-…`.
 */
export interface Store {
  get(key: string): Promise<string | null>;
  getMany(keys: readonly string[]): Promise<readonly (string | null)[]>;
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  /** True when the key was absent and is now set: a lock or a once-only mark. */
  setIfAbsent(key: string, value: string, ttlMs?: number): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** Sets a value only while the lease is held, and extends the lease if it needs that. False when another holds it or it has expired. */
  setWhileHeld(lease: Lease, key: string, value: string, ttlMs: number): Promise<boolean>;
  /**
   * Replaces a value, or deletes it when `value` is null, only while it is still `expected`. False when it has changed or is
   * gone. For values without an expiry.
   */
  replace(key: string, expected: string, value: string | null): Promise<boolean>;
  /** Ends a lease; does nothing when another holds it by now. */
  release(lease: Lease): Promise<void>;
  /** A set in order of a number. A member that is in the set already keeps its place. */
  rank(set: string, member: string, order: number): Promise<void>;
  /** The members with the lowest numbers, in order, up to `upTo`, which is included. */
  ranked(set: string, range: { readonly upTo?: number; readonly limit: number }): Promise<readonly Ranked[]>;
  /** For each member, in their order, whether it is in the set. */
  areRanked(set: string, members: readonly string[]): Promise<readonly boolean[]>;
  /** True when it was in the set. */
  unrank(set: string, member: string): Promise<boolean>;
  /**
   * Appends to a list that keeps insertion order and contains each value once. With `most`, it keeps roughly that many of the
   * latest values.
   */
  append(list: string, value: string, ttlMs: number, most?: number): Promise<void>;
  list(list: string): Promise<readonly string[]>;
  removeFromList(list: string, value: string): Promise<void>;
  /** Logs, once for each part, that a value doesn't parse. */
  reportUnreadable(key: string): void;
  /**
   * Deletes some of what belongs to a workspace: values, lists, sets, and its members in other sets, but nothing with a name
   * in `keep`. True when there may be more: call it again. What expires within minutes may be left to expire.
   */
  deleteOwnedBy(teamId: string, keep?: readonly string[]): Promise<boolean>;
}

export type Clock = () => Micros;

export interface ChatTarget {
  readonly teamId: string;
  readonly channel: string;
  readonly threadTs: string | null;
}

/** Message metadata, by which a post with an unknown outcome is found instead of posted twice. */
export interface Marker {
  readonly requestId: string;
  readonly slot: string;
}

export type PostOutcome =
  | { readonly kind: 'sent'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** Network, timeout, 5xx. It may have been posted anyway: look for the marker before trying again. */
  | { readonly kind: 'uncertain'; readonly reason: string }
  /** The bot isn't allowed to post there, or not as a reply: try the next way, never the same one again. */
  | { readonly kind: 'no-access'; readonly error: string }
  /** The message to edit is gone or closed: post a new one. */
  | { readonly kind: 'gone'; readonly error: string }
  /** Slack rejected the content: degrade (core blocks, then text only). `details` are Slack's own pointers. */
  | { readonly kind: 'refused-content'; readonly error: string; readonly details: readonly string[] }
  /** A token or scope problem: nothing will work until an admin fixes it. */
  | { readonly kind: 'unauthorised'; readonly error: string };

export type FoundPosts =
  | { readonly kind: 'found'; readonly posts: readonly (Marker & { readonly ts: string })[] }
  | Exclude<PostOutcome, { readonly kind: 'sent' }>;

/** The chat as the jobs see it. One call is one request to Slack, without retries, which are the queue's job. */
export interface Chat {
  /** `mayBegin` is called last: if it returns false, nothing is sent and the outcome is uncertain. */
  post(target: ChatTarget, message: Message, marker: Marker, mayBegin?: () => boolean): Promise<PostOutcome>;
  update(
    target: { readonly teamId: string; readonly channel: string; readonly ts: string },
    message: Message,
  ): Promise<PostOutcome>;
  /** All posts that carry a marker, in the thread or, without a thread, in the channel since then (milliseconds). */
  findPosted(target: ChatTarget, sinceMs: number): Promise<FoundPosts>;
  /** Through a `response_url`, visible to the requester only; at most five times in 30 minutes. */
  respond(responseUrl: string, message: Message): Promise<PostOutcome>;
  direct(
    recipient: { readonly teamId: string; readonly userId: string },
    message: Message,
    marker: Marker,
    mayBegin?: () => boolean,
  ): Promise<PostOutcome>;
}

/** Posts in a channel, visible to only one of its members and not stored by Slack. `ts` of the outcome is empty. */
export type PostEphemeral = (
  target: Pick<ChatTarget, 'teamId' | 'channel'> & { readonly userId: string },
  message: Message,
) => Promise<PostOutcome>;

/** The stored data of an OAuth installation. */
export interface Installation {
  /** The workspace (`T…`), or the organization (`E…`) when the app is installed for all of it. */
  readonly owner: string;
  readonly botToken: string;
  readonly botId: string;
  readonly botUserId: string;
  /** Works only once. Null when the app's tokens don't expire. */
  readonly refreshToken: string | null;
  readonly expiresAtMs: number | null;
  readonly installedAtMs: number;
}

export interface RequestOrigin {
  readonly teamId: string;
  readonly enterpriseId: string | null;
  /** The app is installed for the organization, not for the workspace. */
  readonly isEnterpriseInstall: boolean;
}

/** The bot user that a request is for, or a sentence that says why the bot can't act there. */
export type Bot =
  | ({ readonly kind: 'bot' } & Pick<Installation, 'botToken' | 'botId' | 'botUserId'>)
  | {
      readonly kind: 'none';
      readonly why: string;
      readonly reason: NoToken;
      /** URL of the install page, if installing the app helps and the URL is known. */
      readonly installUrl: string | null;
    };

export type NoToken =
  | 'not_installed'
  | 'installation_unreadable'
  | 'token_renewal_refused'
  /** The token has expired, and will be renewed when Slack answers. */
  | 'token_late';

/**
 * Publishes measurements: `record` can be called anywhere, and costs next to nothing without a listener. The process has one
 * channel, because measurements belong to the process, not to the part that measures.
 */
import { channel } from 'node:diagnostics_channel';

export type Measurement =
  /** From receiving a payload of Slack to acknowledging it. */
  | { readonly kind: 'acknowledgement'; readonly seconds: number }
  /** From the request to the delivery of the answer. */
  | { readonly kind: 'answer'; readonly seconds: number }
  | { readonly kind: 'request'; readonly outcome: 'taken' | 'answered' | 'apologized' }
  /** `outcome` is `ok`, `rate_limited`, `http_<status>`, `no_answer`, or Slack's error code. */
  | { readonly kind: 'slack-call'; readonly method: string; readonly outcome: string }
  /** `outcome` is `ok`, `http_<status>`, or the code of a `SourceFailure`. */
  | { readonly kind: 'source-call'; readonly source: string; readonly outcome: string }
  /** CPU time of a computing process since its last report, sent at the end of a task. */
  | { readonly kind: 'computing'; readonly cpuSeconds: number }
  | { readonly kind: 'delivery-retry'; readonly reason: string }
  /** A look for failures. */
  | { readonly kind: 'alert-look'; readonly outcome: 'looked' | 'unavailable' }
  | { readonly kind: 'alert'; readonly outcome: 'begun' | 'counted' | 'over' };

const measurements = channel('ktrdr-bot.measurements');

export function record(measurement: Measurement): void {
  measurements.publish(measurement);
}

/**
 * Returns the function that removes the listener. A listener's error is thrown as uncaught, so that it can't break the measured
 * code.
 */
export function onMeasurement(listener: (measurement: Measurement) => void): () => void {
  const subscriber = (message: unknown) => listener(message as Measurement);
  measurements.subscribe(subscriber);
  return () => void measurements.unsubscribe(subscriber);
}

/** A part of the work for one request, recorded when it ends. All parts of a request form one trace. */
export interface Stretch {
  readonly name: string;
  readonly kind: 'server' | 'consumer' | 'internal';
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** IDs and outcomes, but no user text. Null values are left out. */
  readonly attributes: Readonly<Record<string, string | number | null>>;
  /** Error code; null when nothing failed. */
  readonly error: string | null;
  readonly parts?: readonly Stretch[];
}

export interface TracedStretch {
  readonly requestId: string;
  /** True for the part that received the request; the others are its children. */
  readonly isRoot: boolean;
  readonly stretch: Stretch;
}

const stretches = channel('ktrdr-bot.stretches');

/** `stretch` is called only if there is a listener. */
export function recordStretch(requestId: string, isRoot: boolean, stretch: () => Stretch): void {
  if (stretches.hasSubscribers) stretches.publish({ requestId, isRoot, stretch: stretch() });
}

/** Returns the function that removes the listener. */
export function onStretch(listener: (traced: TracedStretch) => void): () => void {
  const subscriber = (message: unknown) => listener(message as TracedStretch);
  stretches.subscribe(subscriber);
  return () => void stretches.unsubscribe(subscriber);
}

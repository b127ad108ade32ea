/**
 * What is measured, for whoever counts it: `record` can be called anywhere, and costs next to nothing while nobody listens.
 * One channel for the process, because what is measured belongs to the process and not to the part that measures.
 */
import { channel } from 'node:diagnostics_channel';

export type Measurement =
  /** From receiving a payload of Slack to acknowledging it. */
  | { readonly kind: 'acknowledgement'; readonly seconds: number }
  /** From asking to the delivery of the answer. */
  | { readonly kind: 'answer'; readonly seconds: number }
  | { readonly kind: 'request'; readonly outcome: 'taken' | 'answered' | 'apologized' }
  /** `outcome` is `ok`, `rate_limited`, `http_<status>`, `no_answer`, or Slack's error code. */
  | { readonly kind: 'slack-call'; readonly method: string; readonly outcome: string }
  /** `outcome` is `ok`, `http_<status>`, or the code of a `SourceFailure`. */
  | { readonly kind: 'source-call'; readonly source: string; readonly outcome: string }
  /** What a computing process used since it last said so, at the end of a task. */
  | { readonly kind: 'computing'; readonly cpuSeconds: number }
  | { readonly kind: 'delivery-retry'; readonly reason: string }
  /** A look for failures. */
  | { readonly kind: 'alert-look'; readonly outcome: 'looked' | 'unavailable' }
  | { readonly kind: 'alert'; readonly outcome: 'begun' | 'counted' | 'over' };

const measurements = channel('ktrdr-bot.measurements');

export function record(measurement: Measurement): void {
  measurements.publish(measurement);
}

/** Returns the function that ends it. An error of the listener is uncaught, so that it can't break what is measured. */
export function onMeasurement(listener: (measurement: Measurement) => void): () => void {
  const subscriber = (message: unknown) => listener(message as Measurement);
  measurements.subscribe(subscriber);
  return () => void measurements.unsubscribe(subscriber);
}

/** A part of the work for one request, told when it is over. All parts of a request make one trace. */
export interface Stretch {
  readonly name: string;
  readonly kind: 'server' | 'consumer' | 'internal';
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** Ids and outcomes: nothing that people wrote. Null values are left out. */
  readonly attributes: Readonly<Record<string, string | number | null>>;
  /** What failed, in the words of an error code; null when nothing did. */
  readonly error: string | null;
  readonly parts?: readonly Stretch[];
}

export interface TracedStretch {
  readonly requestId: string;
  /** The one in which the request came in; the others are below it. */
  readonly isRoot: boolean;
  readonly stretch: Stretch;
}

const stretches = channel('ktrdr-bot.stretches');

/** `stretch` is called only while somebody listens. */
export function recordStretch(requestId: string, isRoot: boolean, stretch: () => Stretch): void {
  if (stretches.hasSubscribers) stretches.publish({ requestId, isRoot, stretch: stretch() });
}

/** Returns the function that ends it. */
export function onStretch(listener: (traced: TracedStretch) => void): () => void {
  const subscriber = (message: unknown) => listener(message as TracedStretch);
  stretches.subscribe(subscriber);
  return () => void stretches.unsubscribe(subscriber);
}

/** What the store keeps: the spans as they came, with the few numbers that searches compare. */
import type { WireScope, WireSpan } from './wire.ts';

export interface StoredSpan {
  readonly service: string;
  readonly startMicros: number;
  readonly durationMicros: number;
  readonly resource: { readonly attributes: WireSpan['attributes'] };
  readonly scope: WireScope;
  readonly wire: WireSpan;
}

export interface StoredTrace {
  readonly traceId: string;
  readonly spans: readonly StoredSpan[];
}

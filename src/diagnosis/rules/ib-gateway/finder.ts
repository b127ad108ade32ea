import { IB_GATEWAY_PORT } from '../../facts/endpoints.ts';
import { errorOf, type SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import { endOf, type Span } from '../../trace.ts';
import { readNumber, readText } from '../../vocabulary/attributes.ts';
import { spansNamed } from '../../vocabulary/span-names.ts';

/** Only a download, or work that says so, depends on IB; elsewhere a failed connection or a number in a message is another matter. */
export function asksIb({ type, own, calls, errors, failure }: Facts): boolean {
  if (failure.foreign) return false;
  // Without the IB host itself nothing reaches the Gateway.
  const origins = new Set(errors.origins.map(({ span }) => span));
  if (calls.some((call) => call.endpoint.role === 'ib-host' && call.failure === 'refused' && origins.has(call.span)))
    return false;
  if (type === 'data_load' || spansNamed(own, isIbs).length > 0) return true;
  return failure.reportedErrors.some(({ text }) =>
    /Host service|Symbol \S+ not found|\bIB\b|historical data/i.test(text),
  );
}

function isIbs({ name }: Pick<Span, 'name'>): boolean {
  return name === 'ib.fetch_historical' || name === 'ib.connect';
}

export interface GatewayConnections {
  /** Failed attempts during the operation, oldest first. */
  readonly failed: readonly {
    readonly span: Span;
    readonly error: SpanError;
    readonly address: string;
    readonly port: number;
  }[];
  /** A connection was made after the last failure. */
  readonly lastWentWell: boolean;
}

/** Attempts run in a thread of their own, so each is a root trace: near in time, never inside the operation's trace. */
const MARGIN = 30_000_000;

export function gatewayConnectionsOf(facts: Facts): GatewayConnections {
  const from = (facts.status.startedAt ?? facts.start?.span.start ?? 0) - MARGIN;
  const to = (facts.status.endedAt ?? facts.case.now) + MARGIN;
  const attempts = [...facts.case.traces, ...facts.case.neighbours]
    .flatMap((trace) => spansNamed(trace.spans, ({ name }) => name === 'ib.connect'))
    .filter((span) => endOf(span) >= from && span.start <= to)
    .sort((a, b) => a.start - b.start);

  const failed = attempts.flatMap((span) => {
    const error = errorOf(span);
    const status = readText(span, 'ibStatus')?.toLowerCase();
    if (error === null && status !== 'error' && status !== 'failed' && status !== 'disconnected') return [];
    const port = readNumber(span, 'ibPort') ?? IB_GATEWAY_PORT;
    const plain: SpanError = { span, type: null, fullType: null, message: status ?? '', stack: null, httpStatus: null };
    return [{ span, error: error ?? plain, port, address: `${readText(span, 'ibHost') ?? 'localhost'}:${port}` }];
  });
  const last = attempts.at(-1);
  return { failed, lastWentWell: last !== undefined && failed.every((attempt) => attempt.span !== last) };
}

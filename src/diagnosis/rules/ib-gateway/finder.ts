import { IB_GATEWAY_PORT } from '../../facts/endpoints.ts';
import { errorOf, type SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import { endOf, type Span } from '../../trace.ts';
import { readNumber, readText } from '../../vocabulary/attributes.ts';
import { spansNamed } from '../../vocabulary/span-names.ts';

/** Only a download, or work whose spans or messages name IB, depends on the Gateway. */
export function usesGateway({ type, own, calls, failure }: Facts): boolean {
  if (failure.foreign) return false;
  // Without the IB host service, nothing reaches the Gateway.
  if (
    calls.some(
      (call) => call.endpoint.role === 'ib-host' && call.failure === 'refused' && failure.causes.has(call.span),
    )
  )
    return false;
  const isIbSpan = ({ name }: Pick<Span, 'name'>) => name === 'ib.fetch_historical' || name === 'ib.connect';
  if (type === 'data_load' || spansNamed(own, isIbSpan).length > 0) return true;
  const reason = failure.decisive?.text ?? '';
  return /^Host service (?:connection failed|timeout|error)|^(?:IB )?Error \d+|^Symbol \S+ not found$/i.test(reason);
}

interface GatewayConnections {
  /** Failed attempts during the operation, oldest first. */
  readonly failed: readonly {
    readonly span: Span;
    readonly error: SpanError;
    readonly address: string;
    readonly port: number;
  }[];
  /** Whether a connection was made after the last failure. */
  readonly hasRecovered: boolean;
}

/** The IB host connects in a separate thread, so each attempt is a root trace, close in time to the operation. */
const MARGIN = 30_000_000;

export function gatewayConnectionsOf(facts: Facts): GatewayConnections {
  const from = (facts.status.startedAt ?? facts.start?.span.start ?? 0) - MARGIN;
  const to = (facts.status.endedAt ?? facts.case.now) + MARGIN;
  const attempts = [...facts.case.traces, ...facts.case.neighbours]
    .flatMap((trace) => spansNamed(trace.spans, ({ name }) => name === 'ib.connect'))
    .filter((span) => endOf(span) >= from && span.start <= to)
    .sort((a, b) => a.start - b.start);

  const failed = attempts.flatMap((span) => {
    const status = readText(span, 'ibStatus')?.toLowerCase() ?? '';
    const error = errorOf(span);
    if (error === null && !['error', 'failed', 'disconnected'].includes(status)) return [];
    const port = readNumber(span, 'ibPort') ?? IB_GATEWAY_PORT;
    const byStatus = { span, type: null, fullType: null, message: status, stack: null, httpStatus: null };
    return [{ span, error: error ?? byStatus, port, address: `${readText(span, 'ibHost') ?? 'localhost'}:${port}` }];
  });
  const last = attempts.at(-1);
  return { failed, hasRecovered: last !== undefined && failed.every((attempt) => attempt.span !== last) };
}

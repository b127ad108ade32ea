import type { Span } from '../trace.ts';
import { carriersOf, readText } from './attributes.ts';

/** Whether ktrdr made these spans: its messages, ports and routes mean something only then. True when there is no span. */
export function isKtrdrs(spans: readonly Span[]): boolean {
  return (
    spans.length === 0 ||
    spans.some((span) => isKtrdrsService(span.service)) ||
    carriersOf(spans, 'operationId').some((span) => readText(span, 'operationId') !== null)
  );
}

export function isKtrdrsService(service: string): boolean {
  return service.startsWith('ktrdr');
}

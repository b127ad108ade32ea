/** The warning about a parent that is not stored; some versions add it again at every read. */
import type { StoredSpan, StoredTrace } from './stored.ts';
import type { Behaviour } from './versions.ts';

export type Warnings = (trace: StoredTrace) => (span: StoredSpan) => readonly string[];

const MOST_COPIES = 40;

export function createWarnings(behaviour: Behaviour): Warnings {
  const reads = new Map<string, number>();
  return ({ traceId, spans }) => {
    const read = Math.min((reads.get(traceId) ?? 0) + 1, MOST_COPIES);
    reads.set(traceId, read);
    const ids = new Set(spans.map(({ wire }) => wire.spanId));
    return ({ wire: { parentSpanId } }) => {
      if (parentSpanId === '' || ids.has(parentSpanId)) return [];
      return Array.from({ length: behaviour.warningsPileUp ? read : 1 }, () => sentence(parentSpanId, behaviour));
    };
  };
}

function sentence(parentSpanId: string, behaviour: Behaviour): string {
  return behaviour.missingParent === 'invalid'
    ? `invalid parent span IDs=${parentSpanId}; skipping clock skew adjustment`
    : `parent span ID=${parentSpanId} is not in the trace; skipping clock skew adjustment`;
}

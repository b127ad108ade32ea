import type { Span } from '../trace.ts';
import { readNumber, readText } from '../vocabulary/attributes.ts';
import { spansNamed } from '../vocabulary/span-names.ts';

/** What the registry counted when it was asked for a worker. */
export interface WorkerSelection {
  readonly span: Span;
  /** `training`, `backtesting`, `agent_design`, …; null where the span does not say. */
  readonly workerType: string | null;
  /** All types, all states. */
  readonly total: number | null;
  /** Right type, any state. */
  readonly capable: number | null;
  readonly available: number | null;
  readonly status: 'success' | 'none-available' | 'none-capable' | 'unknown';
  readonly selectedId: string | null;
}

/** In order of time. The last one decides: dispatch may select again after a busy answer. */
export function selectionsOf(spans: readonly Span[]): readonly WorkerSelection[] {
  return spansNamed(spans, ({ name }) => name === 'workers.select' || name === 'worker_registry.select_worker').map(
    (span) => ({
      span,
      workerType: readText(span, 'workerType')?.toLowerCase() ?? null,
      total: readNumber(span, 'workersTotal'),
      capable: readNumber(span, 'workersCapable'),
      available: readNumber(span, 'workersAvailable'),
      status: statusOf(readText(span, 'selectionStatus')),
      selectedId: readText(span, 'selectedWorker'),
    }),
  );
}

function statusOf(text: string | null): WorkerSelection['status'] {
  switch (text?.toLowerCase()) {
    case 'success':
      return 'success';
    case 'no_workers_available':
      return 'none-available';
    case 'no_capable_workers':
      return 'none-capable';
    default:
      return 'unknown';
  }
}

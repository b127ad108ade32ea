import { readNumber, readText } from '../attributes.ts';
import { endOf, type Span } from '../trace.ts';
import type { Facts } from './index.ts';
import { extentOf } from './tree.ts';

/** A share of an operation's time, in ktrdr's meaning. */
export interface Piece {
  readonly kind:
    | 'data-loading'
    | 'ib'
    | 'training-loop'
    | 'backtest-loop'
    | 'indicators'
    | 'worker-selection'
    | 'queueing'
    | 'service';
  /** As it stands in a sentence: `data loading`, `the training loop`. */
  readonly label: string;
  /** Microseconds. */
  readonly length: number;
  /** Null for time without a span, named by what surrounds it. */
  readonly span: Span | null;
  readonly facts: { readonly device: string | null; readonly ibLatencyMs: number | null };
}

/** Longest first, with the time from start to end that they are shares of. */
export function piecesOf(facts: Facts): { readonly pieces: readonly Piece[]; readonly total: number } {
  const working = facts.phases.filter((phase) => phase.kind !== 'worker');
  const worker = facts.phases.find((phase) => phase.kind === 'worker')?.span ?? null;
  const extent = worker === null ? extentOf(facts.own) : { start: worker.start, end: endOf(worker) };
  const begin = facts.status.startedAt ?? extent?.start ?? null;
  const end = worker === null ? (facts.status.endedAt ?? extent?.end ?? null) : endOf(worker);
  if (begin === null || end === null) return { pieces: [], total: 0 };

  const pieces: Piece[] = working.map(({ span, kind }) => {
    const slowSource = readNumber(span, 'ibLatencyMs') !== null;
    const named =
      kind === 'loop'
        ? span.name.startsWith('training')
          ? 'training-loop'
          : 'backtest-loop'
        : kind === 'features'
          ? 'indicators'
          : slowSource
            ? 'ib'
            : 'data-loading';
    return {
      kind: named,
      label: LABELS[named],
      length: span.duration,
      span,
      facts: { device: readText(span, 'device'), ibLatencyMs: readNumber(span, 'ibLatencyMs') },
    };
  });
  for (const selection of facts.selections) {
    pieces.push({
      kind: 'worker-selection',
      label: LABELS['worker-selection'],
      length: selection.span.duration,
      span: selection.span,
      facts: NO_FACTS,
    });
  }
  const firstWork = Math.min(...working.map((phase) => phase.span.start), end);
  const lastWork = Math.max(...working.map((phase) => endOf(phase.span)), begin);
  if (working.length > 0 && firstWork > begin)
    pieces.push({ kind: 'queueing', label: LABELS.queueing, length: firstWork - begin, span: null, facts: NO_FACTS });
  if (working.length > 0 && end > lastWork) {
    const kind =
      facts.type === 'backtesting' ? 'backtest-loop' : facts.type === 'training' ? 'training-loop' : 'service';
    pieces.push({ kind, label: LABELS[kind], length: end - lastWork, span: null, facts: NO_FACTS });
  }
  return { pieces: pieces.sort((a, b) => b.length - a.length), total: end - begin };
}

const NO_FACTS = { device: null, ibLatencyMs: null } as const;

const LABELS: Readonly<Record<Piece['kind'], string>> = {
  'data-loading': 'data loading',
  ib: 'fetching data from IB',
  'training-loop': 'the training loop',
  'backtest-loop': 'the simulation',
  indicators: 'computing indicators',
  'worker-selection': 'worker selection',
  queueing: 'the time before the first phase',
  service: 'the time after the last phase',
};

/**
 * Every spelling of every attribute, once. The first name is what ktrdr writes today; the rest are the runbook's words,
 * newer semantic conventions and older releases. Readers are tolerant: ktrdr writes counts as strings, statuses in both cases.
 */
import { bounded, boundedStart } from '../clean.ts';
import type { Attributes, AttributeValue, Span, SpanEvent } from '../trace.ts';

export const ATTRIBUTE = {
  operationId: ['operation.id'],
  operationType: ['operation.type'],
  operationStatus: ['operation.status'],
  fromStatus: ['operation.from_status'],
  toStatus: ['operation.to_status'],
  operationError: ['operation.error'],
  cancellationReason: ['operation.cancellation_reason'],
  instanceId: ['operations_service.instance_id'],

  workersTotal: ['worker.total_workers', 'worker_registry.total_workers'],
  workersCapable: ['worker.capable_workers', 'worker_registry.capable_workers'],
  workersAvailable: ['worker.available_workers', 'worker_registry.available_workers'],
  selectedWorker: ['worker.selected_id', 'worker_registry.selected_worker_id'],
  selectionStatus: ['worker.selection_status', 'worker_registry.selection_status'],
  workerType: ['worker.type'],
  workerId: ['worker.id'],
  dispatchStatus: ['dispatch.status'],

  httpMethod: ['http.method', 'http.request.method'],
  httpUrl: ['http.url', 'url.full'],
  httpTarget: ['http.target', 'url.path'],
  httpStatus: ['http.status_code', 'http.response.status_code'],
  peerName: ['net.peer.name', 'server.address', 'peer.service'],
  peerPort: ['net.peer.port', 'server.port'],

  exceptionType: ['exception.type', 'error.type'],
  exceptionMessage: ['exception.message', 'error.message'],
  exceptionStack: ['exception.stacktrace'],
  errorText: ['error', 'cli.error'],

  symbol: ['data.symbol', 'training.symbol', 'backtest.symbol', 'error.symbol'],
  timeframe: ['data.timeframe', 'data.timeframes', 'training.timeframe', 'backtest.timeframe'],
  startDate: ['data.start_date', 'backtest.start_date'],
  endDate: ['data.end_date', 'backtest.end_date'],
  strategy: ['training.strategy', 'backtest.strategy', 'strategy_name', 'error.strategy'],
  rows: ['data.rows'],
  barsRequested: ['data.bars_requested'],
  barsReceived: ['bars.received', 'data.bars_received'],
  dataSource: ['data.source', 'data.provider'],
  indicatorCount: ['indicators.count'],

  ibHost: ['ib.host'],
  ibPort: ['ib.port'],
  ibLatencyMs: ['ib.latency_ms'],
  ibStatus: ['connection.status', 'ib.connection.status'],

  progressPercentage: ['progress.percentage'],
  progressPhase: ['progress.phase'],
  progressUpdatedAt: ['progress.updated_at'],
  device: ['training.device', 'gpu.device'],
  epochsTotal: ['training.epochs.total', 'training.epochs'],
  epochsCompleted: ['training.epochs.completed'],
  modelParameters: ['model.parameters'],

  cliStatus: ['cli.status'],
  phase: ['phase'],
  gateName: ['gate.name'],
  gatePassed: ['gate.passed'],
  gateReason: ['gate.reason'],
} as const satisfies Record<string, readonly [string, ...string[]]>;

export type AttributeName = keyof typeof ATTRIBUTE;

type Carrier = Span | SpanEvent | { readonly attributes: Attributes };

const GROUPS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(ATTRIBUTE).flatMap((spellings) => spellings.map((spelling) => [spelling, spellings] as const)),
);

/** All names of the attribute with this spelling; only the spelling itself if the attribute is unknown. */
export function spellingsOf(spelling: string): readonly string[] {
  return GROUPS.get(spelling) ?? [spelling];
}

/** The spelling that a span really carries, for evidence that can be checked in Jaeger; null when it has none. */
export function spellingOf(carrier: Carrier, name: AttributeName): string | null {
  for (const spelling of ATTRIBUTE[name]) if (carrier.attributes[spelling] !== undefined) return spelling;
  return null;
}

export function read(carrier: Carrier, name: AttributeName): AttributeValue | undefined {
  for (const spelling of ATTRIBUTE[name]) {
    const value = carrier.attributes[spelling];
    if (value !== undefined) return value;
  }
  return undefined;
}

type Carriers = ReadonlyMap<readonly string[], readonly Span[]>;

const carriers = new WeakMap<readonly Span[], Carriers>();

/**
 * The spans that carry an attribute, in their order. One walk over the list indexes all attributes: in a large trace, few
 * spans have any, and reading each attribute of each span would dominate the diagnosis.
 */
export function carriersOf(spans: readonly Span[], name: AttributeName): readonly Span[] {
  const known = carriers.get(spans) ?? carriersIn(spans);
  carriers.set(spans, known);
  return known.get(ATTRIBUTE[name]) ?? [];
}

function carriersIn(spans: readonly Span[]): Carriers {
  const found = new Map<readonly string[], Span[]>();
  for (const span of spans) {
    for (const key in span.attributes) {
      const spellings = GROUPS.get(key);
      if (spellings === undefined) continue;
      const list = found.get(spellings);
      if (list === undefined) found.set(spellings, [span]);
      // A span may carry two spellings of one attribute.
      else if (list[list.length - 1] !== span) list.push(span);
    }
  }
  return found;
}

/** Texts that programs write for lack of a value. */
export function isPlaceholder(text: string): boolean {
  return /^(?:|none|n\/a|null|nil|nan|undefined|unknown|-+|\?+)$/i.test(text.trim());
}

/** Text as written, up to a length that is always enough; null when absent or a placeholder. */
export function readText(carrier: Carrier, name: AttributeName): string | null {
  const value = read(carrier, name);
  if (value === undefined || value === null) return null;
  const text = (Array.isArray(value) ? value.join(',') : String(value)).trim();
  if (isPlaceholder(text)) return null;
  return name === 'exceptionStack' ? boundedStart(text) : bounded(text);
}

/** Larger than any count in a span. */
const MOST = 1e15;

/** A count, a share, a status, or a port, also from text; null when it can be none of them. */
export function readNumber(carrier: Carrier, name: AttributeName): number | null {
  const value = read(carrier, name);
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return null;
  const number = Number(value);
  return number >= 0 && number <= MOST ? number : null;
}

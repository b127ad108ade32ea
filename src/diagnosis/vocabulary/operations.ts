/** The types of operations that ktrdr runs: how each is named, started, and registered, and which spans are ktrdr's. */
import type { Span } from '../trace.ts';
import { carriersOf, readText } from './attributes.ts';
import { spansNamed } from './span-names.ts';

interface OperationKind {
  /** As ktrdr writes it. */
  readonly type: string;
  /** Other names that people, programs and the runbook use, in lower case. */
  readonly alsoCalled: readonly string[];
  /** The runbook's spelling of `operation.type`, where it isn't the type in upper case. */
  readonly documentedType?: string;
  /** Name of the backend's server span that starts one in the current ktrdr. */
  readonly startSpan?: string;
  /** The end of every path that starts one, in the current ktrdr and in the runbook. */
  readonly startPath?: RegExp;
  /** Root span of the command that starts one. */
  readonly commandSpan?: string;
}

const OPERATIONS = [
  {
    type: 'training',
    alsoCalled: ['train'],
    startSpan: 'POST /api/v1/trainings/start',
    startPath: /\/trainings?\/start$/,
    commandSpan: 'cli.train',
  },
  {
    type: 'backtesting',
    alsoCalled: ['backtest'],
    startSpan: 'POST /api/v1/backtests/start',
    startPath: /\/backtests?\/start$/,
    commandSpan: 'cli.backtest',
  },
  {
    type: 'data_load',
    alsoCalled: ['download', 'data_download', 'data'],
    documentedType: 'DATA_DOWNLOAD',
    startSpan: 'POST /api/v1/data/acquire/download',
    startPath: /\/data\/(?:acquire\/download|load)$/,
    commandSpan: 'cli.data_load',
  },
  {
    type: 'agent_research',
    alsoCalled: ['agent', 'research'],
    startSpan: 'POST /api/v1/agent/trigger',
    startPath: /\/agent\/trigger$/,
    commandSpan: 'cli.research',
  },
  { type: 'agent_design', alsoCalled: [] },
  { type: 'agent_assessment', alsoCalled: [] },
  { type: 'indicator_compute', alsoCalled: ['indicator_computation'], documentedType: 'INDICATOR_COMPUTATION' },
  { type: 'fuzzy_analysis', alsoCalled: [] },
  { type: 'dummy', alsoCalled: [], startSpan: 'POST /api/v1/dummy/start', startPath: /\/dummy\/start$/ },
] as const satisfies readonly OperationKind[];

/** A type that ktrdr runs, as it writes it. A record or a span of another version may have others. */
export type OperationType = (typeof OPERATIONS)[number]['type'];

export const OPERATION_TYPES: readonly OperationType[] = OPERATIONS.map(({ type }) => type);

const KINDS: readonly (OperationKind & { readonly type: OperationType })[] = OPERATIONS;

const BY_NAME = new Map(KINDS.flatMap((kind) => [kind.type, ...kind.alsoCalled].map((name) => [name, kind] as const)));

/** The names suggested to people for a type; every other name of a type is understood as well. */
export const TYPE_WORDS = ['training', 'backtest', 'download', 'agent', 'agent_design', 'agent_assessment', 'dummy'];

/** Name of the server span of a resume; its path carries the operation id. */
export const RESUME_SPAN = 'POST /api/v1/operations/{operation_id}/resume';
const RESUME_PATH = /\/operations\/[^/]+\/resume$/;
export const REGISTRATION_SPAN = 'operation.register';
export const TRANSITION_SPAN = 'operation.state_transition';
/** Name of the server span of the update by which a worker that shuts down cancels its operation. */
export const STATUS_UPDATE_SPAN = 'PATCH /api/v1/operations/{operation_id}/status';
export const BACKEND_SERVICE = 'ktrdr-api';
export const CLI_SERVICE = 'ktrdr-cli';
export const IB_HOST_SERVICE = 'ktrdr-ib-host-service';

/** The canonical lower-case ktrdr type for any spelling (`TRAINING`, `backtest`, `DATA_DOWNLOAD`), or null. */
export function canonicalType(spelling: string): OperationType | null {
  return BY_NAME.get(spelling.trim().toLowerCase())?.type ?? null;
}

/** How `operation.type` may be spelled on a registration: as ktrdr writes it, and as the runbook does. */
export function registeredSpellings(type: OperationType): readonly string[] {
  return [type, BY_NAME.get(type)?.documentedType ?? type.toUpperCase()];
}

/** Names of the backend's server spans that start an operation of the type (null: of any), with the type each starts. */
export function startSpans(type: OperationType | null): ReadonlyMap<string, OperationType> {
  return spansBy(({ startSpan }) => startSpan, type);
}

/** Names of the commands' root spans; their request may never have reached the backend. */
export function commandSpans(type: OperationType | null): ReadonlyMap<string, OperationType> {
  return spansBy(({ commandSpan }) => commandSpan, type);
}

/** What a server span of the backend starts or resumes, by its name; null when it does neither. */
export function startedBy(spanName: string): { readonly type: OperationType | null; readonly resume: boolean } | null {
  if (!spanName.startsWith('POST /api/')) return null;
  const kind = KINDS.find(({ startPath }) => startPath?.test(spanName));
  if (kind !== undefined) return { type: kind.type, resume: false };
  return RESUME_PATH.test(spanName) ? { type: null, resume: true } : null;
}

/** Whether a server span of this name is the backend's. A worker has routes below `/api/v1/` too, for its state and for cancelling. */
export function isBackendRoute(spanName: string): boolean {
  return /^(?:POST|PATCH) \/api\/v1\//.test(spanName);
}

function spansBy(nameOf: (kind: OperationKind) => string | undefined, type: OperationType | null) {
  const wanted = KINDS.filter((kind) => type === null || kind.type === type);
  return new Map(
    wanted.flatMap((kind) => {
      const name = nameOf(kind);
      return name === undefined ? [] : [[name, kind.type] as const];
    }),
  );
}

/** Whether ktrdr created these spans: only then do its messages, ports, and routes mean anything. True if there are no spans. */
export function isKtrdrs(spans: readonly Span[]): boolean {
  return (
    spans.length === 0 ||
    spans.some(({ service }) => isKtrdrsService(service)) ||
    spansNamed(spans, ({ name }) => ONLY_KTRDRS.test(name) || STARTS.has(name)).length > 0 ||
    carriersOf(spans, 'operationId').some((span) => readText(span, 'operationId') !== null)
  );
}

/** Names of spans that no other system creates. */
const ONLY_KTRDRS =
  /^(?:operation\.(?:register|state_transition|dispatch)|workers\.select|worker_registry\.|worker\.(?:training|backtest)\b|POST \/(?:training|backtests)\/start$)/;
const STARTS = startSpans(null);

/** Deployments add their own words before and after ktrdr's names, and some write them in capitals. */
export function isKtrdrsService(service: string): boolean {
  return /ktrdr/i.test(service);
}

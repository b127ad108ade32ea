/** One condition of a search by its name, as an option of the command line and as `name=value` in a chat. */
import { spellingsOf } from '../diagnosis/attributes.ts';
import { statusOf } from '../diagnosis/facts/transitions.ts';
import { RULES } from '../diagnosis/rules/index.ts';
import { canonicalType } from '../diagnosis/subject.ts';
import { type Micros, micros } from '../diagnosis/trace.ts';
import type { SearchFilter } from './search-filter.ts';

/** What was asked so far; the window may be open at either end. */
export interface SearchWish extends Partial<Omit<SearchFilter, 'window'>> {
  readonly since?: Micros;
  readonly until?: Micros;
}

export type WishReading =
  | { readonly kind: 'wish'; readonly wish: SearchWish }
  /** What was expected, as the end of a sentence: `must be a number from 1 to 200`. */
  | { readonly kind: 'wrong'; readonly problem: string };

export const TYPE_WORDS = ['training', 'backtest', 'download', 'agent', 'agent_design', 'agent_assessment', 'dummy'];
export const STATUS_WORDS = ['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled'];
const MOST_OPERATIONS = 200;
const USUAL_OPERATIONS = 20;

type Reader = (value: string, now: Micros) => SearchWish | string;

const READERS: Readonly<Record<string, Reader>> = {
  service: (service) => ({ service }),
  type: (value) => {
    const type = canonicalType(value);
    return type === null ? `must be one of ${TYPE_WORDS.join(', ')}` : { type };
  },
  status: (value) => {
    const status = statusOf(value);
    return status === 'unknown' ? `must be one of ${STATUS_WORDS.join(', ')}` : { status };
  },
  'error-type': (errorType) => ({ errorType }),
  cause: (value) => {
    const cause = value.toLowerCase();
    return cause === 'none' || isCause(cause)
      ? { cause }
      : 'must be a cause such as data-missing, or none; explain lists them';
  },
  symbol: (symbol) => ({ symbol }),
  timeframe: (timeframe) => ({ timeframe }),
  strategy: (strategy) => ({ strategy }),
  worker: (worker) => ({ worker }),
  'min-duration': (value) => {
    const minDurationMs = lengthMs(value);
    return minDurationMs === null ? 'must be a duration such as 500ms, 30s, 10m or 2h' : { minDurationMs };
  },
  since: (value, now) => {
    const since = moment(value, now);
    return since === null ? TIME_EXPECTED : { since };
  },
  until: (value, now) => {
    const until = moment(value, now);
    return until === null ? TIME_EXPECTED : { until };
  },
  limit: (value) => {
    const limit = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    return limit >= 1 && limit <= MOST_OPERATIONS ? { limit } : `must be a number from 1 to ${MOST_OPERATIONS}`;
  },
  tag: (value) => {
    const split = value.indexOf('=');
    return split < 1
      ? 'must be key=value, such as operation.type=TRAINING'
      : readTag(value.slice(0, split), value.slice(split + 1));
  },
};

const TIME_EXPECTED =
  'must be a duration back from now such as 30m, 6h or 2d, or a time in ISO 8601 such as 2026-01-09T06:00:00Z';

export const OPTION_NAMES: readonly string[] = Object.keys(READERS);

export function readOption(name: string, value: string, now: Micros): WishReading {
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  const read = reader === undefined ? 'is not a condition of a search' : reader(value, now);
  return typeof read === 'string' ? { kind: 'wrong', problem: read } : { kind: 'wish', wish: read };
}

export function both(one: SearchWish, other: SearchWish): SearchWish {
  return { ...one, ...other, tags: [...(one.tags ?? []), ...(other.tags ?? [])] };
}

/** Open ends become `lookbackMs` ago and a minute from now: clocks differ. */
export function filterFor(wish: SearchWish, now: Micros, lookbackMs: number): SearchFilter {
  const { since, until, ...conditions } = wish;
  const to = until ?? micros(now + 60_000_000);
  const from = since ?? micros(Math.min(now, to) - lookbackMs * 1000);
  return { ...conditions, tags: wish.tags ?? [], window: { from, to }, limit: wish.limit ?? USUAL_OPERATIONS };
}

/** A rule, or a rule and one of its variants. */
function isCause(name: string): boolean {
  const [id, variant] = name.split('/', 2);
  const rule = RULES.find((known) => known.id === id);
  return rule !== undefined && (variant === undefined || Object.hasOwn(rule.variants, variant));
}

/** An attribute that is a condition of its own in either vocabulary becomes that; the others are looked for as they are. */
function readTag(key: string, value: string): SearchWish {
  const type = canonicalType(value);
  switch (spellingsOf(key)[0]) {
    case 'operation.id':
      return { operationId: value };
    case 'operation.type':
      return type === null ? { tags: [[key, value]] } : { type };
    case 'operation.status':
      return statusOf(value) === 'unknown' ? { tags: [[key, value]] } : { status: statusOf(value) };
    case 'exception.type':
      return { errorType: value };
    case 'service.name':
      return { service: value };
    case 'data.symbol':
      return { symbol: value };
    case 'data.timeframe':
      return { timeframe: value };
    case 'training.strategy':
      return { strategy: value };
    case 'worker.id':
    case 'worker.selected_id':
      return { worker: value };
    case 'worker.selection_status':
      // ktrdr has no word of its own for this result: the count tells.
      return { tags: [value.toLowerCase() === 'no_capable_workers' ? ['worker.capable_workers', '0'] : [key, value]] };
    default:
      return isErrorFlag(key, value) ? { hasError: true } : { tags: [[key, value]] };
  }
}

function isErrorFlag(key: string, value: string): boolean {
  const said = value.toLowerCase();
  return (key === 'error' && said === 'true') || (key === 'otel.status_code' && said === 'error');
}

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `500ms`, `30s`, `10m`, `6h`, `2d`, `1w`; null for anything else. */
export function lengthMs(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d|w)$/i.exec(text);
  const unit = Object.entries(UNITS_MS).find(([name]) => name === parts?.[2]?.toLowerCase())?.[1];
  return unit === undefined ? null : Number(parts?.[1]) * unit;
}

function moment(text: string, now: Micros): Micros | null {
  const back = lengthMs(text);
  if (back !== null) return micros(now - back * 1000);
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i.test(text)) return null;
  // A time without an offset is UTC, as everywhere here.
  const ms = Date.parse(/T/i.test(text) && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) ? `${text}Z` : text);
  return Number.isNaN(ms) ? null : micros(ms * 1000);
}

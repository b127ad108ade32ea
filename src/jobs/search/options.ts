/** One condition of a search by its name, as a command-line option and as `name=value` in Slack. */

import { STATUSES } from '../../diagnosis/case.ts';
import { ruleNamed } from '../../diagnosis/catalogue.ts';
import { statusOf } from '../../diagnosis/facts/transitions.ts';
import { type Micros, micros } from '../../diagnosis/trace.ts';
import { spellingsOf } from '../../diagnosis/vocabulary/attributes.ts';
import { canonicalType, TYPE_WORDS } from '../../diagnosis/vocabulary/operations.ts';
import { notADuration, readDuration } from '../../language/durations.ts';
import { notAMoment, readMoment } from '../../language/moments.ts';
import type { SearchFilter } from './filter.ts';

/** The conditions read so far. The window may be open at either end. */
export interface SearchCriteria extends Partial<Omit<SearchFilter, 'window'>> {
  readonly since?: Micros;
  readonly until?: Micros;
}

export type CriteriaReading =
  | { readonly kind: 'criteria'; readonly request: SearchCriteria }
  /** A sentence. */
  | { readonly kind: 'wrong'; readonly problem: string };

/** The largest `limit`. */
export const MAX_OPERATIONS = 200;
const DEFAULT_LIMIT = 20;

/** Returns a string for an error: the rest of a sentence that starts with the option's name. */
type Reader = (value: string, now: Micros, timeZone: string) => SearchCriteria | string;

const READERS: Readonly<Record<string, Reader>> = {
  service: (service) => ({ service }),
  type: (value) => {
    const type = canonicalType(value);
    return type === null ? ` must be one of ${TYPE_WORDS.join(', ')}.` : { type };
  },
  status: (value) => {
    const status = statusOf(value);
    return status === 'unknown' ? ` must be one of ${STATUSES.join(', ')}.` : { status };
  },
  'error-type': (errorType) => ({ errorType }),
  cause: (value) => {
    const cause = value.toLowerCase();
    return cause === 'none' || isCause(cause)
      ? { cause }
      : ' must be a cause such as data-missing, or none. To list the causes, use explain.';
  },
  symbol: (symbol) => ({ symbol }),
  timeframe: (timeframe) => ({ timeframe }),
  strategy: (strategy) => ({ strategy }),
  worker: (worker) => ({ worker }),
  'min-duration': (value) => {
    const minDurationMs = readDuration(value);
    return minDurationMs === null ? `: ${notADuration(value)}` : { minDurationMs };
  },
  since: (value, now, timeZone) => readBound('since', value, now, timeZone),
  until: (value, now, timeZone) => readBound('until', value, now, timeZone),
  limit: (value) => {
    const limit = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    return limit >= 1 && limit <= MAX_OPERATIONS ? { limit } : ` must be a number from 1 to ${MAX_OPERATIONS}.`;
  },
  tag: (value) => {
    const split = value.indexOf('=');
    return split < 1 || split === value.length - 1
      ? ' must be key=value, such as operation.type=TRAINING.'
      : readTag(value.slice(0, split), value.slice(split + 1));
  },
};

export const OPTION_NAMES: readonly string[] = Object.keys(READERS);

/** `shown` is the name as the person typed it; days and times of day in `value` use `timeZone`. */
export function readOption(
  name: string,
  value: string,
  now: Micros,
  { shown = `“${name}”`, timeZone = 'UTC' }: { readonly shown?: string; readonly timeZone?: string } = {},
): CriteriaReading {
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  const read = reader === undefined ? ' isn’t a search condition.' : reader(value, now, timeZone);
  return typeof read === 'string' ? { kind: 'wrong', problem: `${shown}${read}` } : { kind: 'criteria', request: read };
}

/** What is wrong with the window, in which nothing could be found; `typed` is how the person wrote its ends. */
export function windowProblem(
  { since, until }: SearchCriteria,
  now: Micros,
  typed: { readonly since: string; readonly until: string },
): string | null {
  if (since === undefined) return null;
  if (since >= now) return `${typed.since} must be in the past, such as 6h or yesterday.`;
  return until === undefined || since < until ? null : `${typed.since} must be earlier than ${typed.until}.`;
}

export function mergeCriteria(one: SearchCriteria, other: SearchCriteria): SearchCriteria {
  return { ...one, ...other, tags: [...(one.tags ?? []), ...(other.tags ?? [])] };
}

/** An open window starts `lookbackMs` ago, and ends in a minute because clocks differ. */
export function filterFor(request: SearchCriteria, now: Micros, lookbackMs: number): SearchFilter {
  const { since, until, ...conditions } = request;
  const to = until ?? micros(now + 60_000_000);
  const from = since ?? micros(Math.min(now, to) - lookbackMs * 1000);
  return { ...conditions, tags: request.tags ?? [], window: { from, to }, limit: request.limit ?? DEFAULT_LIMIT };
}

/** A rule, or a rule and one of its variants. */
function isCause(name: string): boolean {
  return ruleNamed(name) !== null;
}

/** An attribute that has a condition of its own becomes that condition; the others stay tags. */
function readTag(key: string, value: string): SearchCriteria {
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
      // ktrdr has no status for this result, only the count.
      return { tags: [value.toLowerCase() === 'no_capable_workers' ? ['worker.capable_workers', '0'] : [key, value]] };
    default:
      return isErrorFlag(key, value) ? { hasError: true } : { tags: [[key, value]] };
  }
}

function isErrorFlag(key: string, value: string): boolean {
  const lower = value.toLowerCase();
  return (key === 'error' && lower === 'true') || (key === 'otel.status_code' && lower === 'error');
}

function readBound(name: 'since' | 'until', value: string, now: Micros, timeZone: string): SearchCriteria | string {
  const ms = readMoment(value, { nowMs: now / 1000, timeZone });
  return ms === null ? `: ${notAMoment(value)}` : { [name]: micros(ms * 1000) };
}

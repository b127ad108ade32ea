/** One condition of a search by its name, as an option of the command line and as `name=value` in a chat. */

import { statusOf } from '../../diagnosis/facts/transitions.ts';
import { RULES } from '../../diagnosis/rules/index.ts';
import { type Micros, micros } from '../../diagnosis/trace.ts';
import { spellingsOf } from '../../diagnosis/vocabulary/attributes.ts';
import { canonicalType, TYPE_WORDS } from '../../diagnosis/vocabulary/operations.ts';
import { notADuration, readDuration } from '../../language/durations.ts';
import { notAMoment, readMoment } from '../../language/moments.ts';
import type { SearchFilter } from './filter.ts';

/** What was asked so far; the window may be open at either end. */
export interface SearchCriteria extends Partial<Omit<SearchFilter, 'window'>> {
  readonly since?: Micros;
  readonly until?: Micros;
}

export type CriteriaReading =
  | { readonly kind: 'wish'; readonly request: SearchCriteria }
  /** A sentence. */
  | { readonly kind: 'wrong'; readonly problem: string };

const STATUS_WORDS = ['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled'];
const MOST_OPERATIONS = 200;
const USUAL_OPERATIONS = 20;

/** A text is what follows the option's name in a sentence. */
type Reader = (value: string, now: Micros, timeZone: string) => SearchCriteria | string;

const READERS: Readonly<Record<string, Reader>> = {
  service: (service) => ({ service }),
  type: (value) => {
    const type = canonicalType(value);
    return type === null ? ` must be one of ${TYPE_WORDS.join(', ')}.` : { type };
  },
  status: (value) => {
    const status = statusOf(value);
    return status === 'unknown' ? ` must be one of ${STATUS_WORDS.join(', ')}.` : { status };
  },
  'error-type': (errorType) => ({ errorType }),
  cause: (value) => {
    const cause = value.toLowerCase();
    return cause === 'none' || isCause(cause)
      ? { cause }
      : ' must be a cause such as data-missing, or none; explain lists them.';
  },
  symbol: (symbol) => ({ symbol }),
  timeframe: (timeframe) => ({ timeframe }),
  strategy: (strategy) => ({ strategy }),
  worker: (worker) => ({ worker }),
  'min-duration': (value) => {
    const minDurationMs = readDuration(value);
    return minDurationMs === null ? `: ${notADuration(value)}` : { minDurationMs };
  },
  since: (value, now, timeZone) => {
    const since = moment(value, now, timeZone);
    return since === null ? `: ${notAMoment(value)}` : { since };
  },
  until: (value, now, timeZone) => {
    const until = moment(value, now, timeZone);
    return until === null ? `: ${notAMoment(value)}` : { until };
  },
  limit: (value) => {
    const limit = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    return limit >= 1 && limit <= MOST_OPERATIONS ? { limit } : ` must be a number from 1 to ${MOST_OPERATIONS}.`;
  },
  tag: (value) => {
    const split = value.indexOf('=');
    return split < 1
      ? ' must be key=value, such as operation.type=TRAINING.'
      : readTag(value.slice(0, split), value.slice(split + 1));
  },
};

export const OPTION_NAMES: readonly string[] = Object.keys(READERS);

/** `shown` is the name as the person typed it; days and times of day in `value` are of `timeZone`. */
export function readOption(
  name: string,
  value: string,
  now: Micros,
  { shown = `“${name}”`, timeZone = 'UTC' }: { readonly shown?: string; readonly timeZone?: string } = {},
): CriteriaReading {
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  const read = reader === undefined ? ' is not a condition of a search.' : reader(value, now, timeZone);
  return typeof read === 'string' ? { kind: 'wrong', problem: `${shown}${read}` } : { kind: 'wish', request: read };
}

export function mergeCriteria(one: SearchCriteria, other: SearchCriteria): SearchCriteria {
  return { ...one, ...other, tags: [...(one.tags ?? []), ...(other.tags ?? [])] };
}

/** Open ends become `lookbackMs` ago and a minute from now: clocks differ. */
export function filterFor(request: SearchCriteria, now: Micros, lookbackMs: number): SearchFilter {
  const { since, until, ...conditions } = request;
  const to = until ?? micros(now + 60_000_000);
  const from = since ?? micros(Math.min(now, to) - lookbackMs * 1000);
  return { ...conditions, tags: request.tags ?? [], window: { from, to }, limit: request.limit ?? USUAL_OPERATIONS };
}

/** A rule, or a rule and one of its variants. */
function isCause(name: string): boolean {
  const [id, variant] = name.split('/', 2);
  const rule = RULES.find((known) => known.id === id);
  return rule !== undefined && (variant === undefined || Object.hasOwn(rule.variants, variant));
}

/** An attribute that is a condition of its own in either vocabulary becomes that; the others are looked for as they are. */
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

function moment(text: string, now: Micros, timeZone: string): Micros | null {
  const ms = readMoment(text, { nowMs: now / 1000, timeZone });
  return ms === null ? null : micros(ms * 1000);
}

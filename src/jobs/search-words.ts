/** A search in a person's own words: `failed training since 6h AAPL`, `ConnectionRefusedError in backtests`, `worker=worker-1`. */

import { statusOf } from '../diagnosis/facts/transitions.ts';
import { canonicalType, operationIdsIn, traceIdsIn } from '../diagnosis/subject.ts';
import type { Micros } from '../diagnosis/trace.ts';
import { both, lengthMs, OPTION_NAMES, readOption, type SearchWish, type WishReading } from './search-options.ts';

const FILLERS = new Set(
  'a all and any at by for from in of on ones operation operations runs show that the their were which who with'.split(
    ' ',
  ),
);
const STATUSES: Readonly<Record<string, SearchWish>> = {
  failing: { status: 'failed' },
  failures: { status: 'failed' },
  canceled: { status: 'cancelled' },
  active: { status: 'running' },
  error: { hasError: true },
  errors: { hasError: true },
};
/** A word that says what the next one is. */
const NAMING: Readonly<Record<string, string>> = {
  since: 'since',
  last: 'since',
  past: 'since',
  until: 'until',
  before: 'until',
  over: 'min-duration',
  than: 'min-duration',
  cause: 'cause',
  symbol: 'symbol',
  timeframe: 'timeframe',
  strategy: 'strategy',
  worker: 'worker',
  service: 'service',
};
const LONGEST_TEXT = 2000;

export function parseSearchWords(text: string, now: Micros): WishReading {
  const words = text
    .slice(0, LONGEST_TEXT)
    .split(/\s+/)
    .map((word) => word.replace(/^[`'"“”‘’(<]+|(?<![`'"“”‘’)>,;:!?])[`'"“”‘’)>,;:!?]+$/g, ''))
    .filter((word) => word !== '' && !/^(?:longer|slower|more)$/i.test(word));
  let wish: SearchWish = {};
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? '';
    const named = NAMING[word.toLowerCase()];
    if (named !== undefined) i += 1;
    const read = named === undefined ? readWord(word, now) : readNamed(word, named, words[i], now);
    if (read.kind === 'wrong') return read;
    wish = both(wish, read.wish);
  }
  return { kind: 'wish', wish };
}

function readNamed(word: string, name: string, value: string | undefined, now: Micros): WishReading {
  if (value === undefined) return { kind: 'wrong', problem: `A value is missing after “${word}”.` };
  const read = readOption(name, value, now);
  return read.kind === 'wish' ? read : { kind: 'wrong', problem: `What stands after “${word}” ${read.problem}.` };
}

function readWord(word: string, now: Micros): WishReading {
  const wish = wishIn(word);
  if (wish !== null) return { kind: 'wish', wish };
  const split = word.indexOf('=');
  if (split > 0) {
    const [name, value] = [word.slice(0, split), word.slice(split + 1)];
    const read = OPTION_NAMES.includes(name) ? readOption(name, value, now) : readOption('tag', word, now);
    return read.kind === 'wish' ? read : { kind: 'wrong', problem: `“${name}” ${read.problem}.` };
  }
  return {
    kind: 'wrong',
    problem: `“${word}” is not understood. For example: failed training AAPL 1h since 6h, or strategy=${word}.`,
  };
}

/** By its looks. Null for what could be anything. */
function wishIn(word: string): SearchWish | null {
  const lower = word.toLowerCase();
  if (FILLERS.has(lower)) return {};
  const [operationId] = operationIdsIn(word);
  if (operationId !== undefined) return { operationId };
  const [traceId] = traceIdsIn(word);
  if (traceId !== undefined) return { traceId };
  if (word.includes('=')) return null;
  if (Object.hasOwn(STATUSES, lower)) return STATUSES[lower] ?? null;
  const status = statusOf(lower);
  if (status !== 'unknown') return { status };
  const type = canonicalType(word) ?? canonicalType(word.replace(/s$/i, ''));
  if (type !== null) return { type };
  if (lengthMs(word) !== null) return { timeframe: word };
  if (/(?:Error|Exception|Timeout)$/.test(word)) return { errorType: word };
  if (/^ktrdr-/.test(lower)) return { service: word };
  if (/(?:^|-)worker-/.test(lower)) return { worker: word };
  if (/^[A-Z][A-Z0-9./]{1,11}$/.test(word)) return { symbol: word };
  return /^[a-z0-9]+(?:_[a-z0-9]+)+$/.test(word) ? { strategy: word } : null;
}

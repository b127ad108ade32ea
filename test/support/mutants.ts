/** Recorded incidents with something changed that the systems they come from may well send one day. */
import fc from 'fast-check';
import { type AttributeValue, micros, type Span } from '../../src/diagnosis/trace.ts';
import { ATTRIBUTE } from '../../src/diagnosis/vocabulary/attributes.ts';
import type { Recording } from './incidents.ts';

export interface Mutation {
  readonly name: string;
  readonly of: (recording: Recording) => Recording;
}

/** How programs say that they have nothing to say. */
const PLACEHOLDERS = ['N/A', 'None', 'null', 'undefined', 'NaN', '', '-', 'unknown', 'n/a'];
const LONG = 'a long word after another, '.repeat(40);
const UNICODE = 'Ü漢字🙂 – “x” <b>&amp;*_~` 1.\n2.';
const ODD = [...PLACEHOLDERS, null, -1, 0, 1e21, true, [], ['a', 'b'], UNICODE, LONG];
const STATUSES = ['pending', 'running', 'resuming', 'completed', 'failed', 'cancelled', 'UNKNOWN', 'paused'];
const WORKER_STATUSES = ['available', 'busy', 'temporarily_unavailable', 'asleep'];
const KEYS = Object.values(ATTRIBUTE).flat();

const chance = fc.integer({ min: 1, max: 60 });
const seconds = fc.integer({ min: -90_000, max: 900_000 });
const odd = fc.constantFrom(...ODD);

export const anyMutation: fc.Arbitrary<Mutation> = fc.oneof(
  seconds.map((by) => mutation(`asked ${by} s later`, (one) => ({ ...one, now: micros(one.now + by * 1_000_000) }))),
  fc
    .tuple(fc.nat(), chance)
    .map(([seed, share]) =>
      ofSpans(`${share}% of the spans dropped`, (span) => (isHit(span.spanId, seed, share) ? null : span)),
    ),
  fc
    .tuple(fc.nat(), chance)
    .map(([seed, share]) =>
      ofAttributes(`${share}% of the attributes dropped`, (key, value, spanId) =>
        isHit(`${spanId}${key}`, seed, share) ? undefined : value,
      ),
    ),
  fc
    .tuple(fc.nat(), chance, odd)
    .map(([seed, share, value]) =>
      ofAttributes(`${share}% of the attributes are ${named(value)}`, (key, old, spanId) =>
        isHit(`${spanId}${key}`, seed, share) ? value : old,
      ),
    ),
  fc
    .tuple(fc.constantFrom(...KEYS), odd)
    .map(([changed, value]) =>
      ofAttributes(`${changed} is ${named(value)}`, (key, old) => (key === changed ? value : old)),
    ),
  fc
    .tuple(fc.nat(), chance, fc.constantFrom('error', 'ok', 'unset'))
    .map(([seed, share, code]) =>
      ofSpans(`${share}% of the spans are ${code}`, (span) =>
        isHit(span.spanId, seed, share) ? { ...span, status: { ...span.status, code } } : span,
      ),
    ),
  fc.tuple(fc.nat(), fc.integer({ min: -100_000, max: 100_000 })).map(([which, ms]) => skewed(which, ms)),
  fc
    .constantFrom(LONG, UNICODE, '\n  File "/app/x.py", line 1, in y\nValueError: z', `${'x'.repeat(900)}`)
    .map(longerErrors),
  fc
    .constantFrom('BTC-USD', 'Ü漢字', '$ES.F', 'A'.repeat(80), 'EUR USD', '*_~`')
    .map((symbol) => renamed(`symbols are ${symbol}`, /\b(?:EURUSD|AUDUSD|GBPUSD|USDJPY|AAPL)\b/g, symbol)),
  fc.stringMatching(/^[0-9a-f]{8}$/).map((id) => renamed(`workers are ${id}`, /(?<=worker-)[0-9a-f]{6,12}\b/g, id)),
  fc
    .stringMatching(/^[0-9a-z_]{1,60}$/)
    .map((end) => renamed(`ids end in ${end}`, /(?<=op_\w+_\d{6}_)[0-9a-f]{8}\b/g, end)),
  fc.constant(mutation('no record', (one) => ({ ...one, operation: null }))),
  fc.constant(mutation('no worker list', (one) => ({ ...one, workers: null }))),
  fc.constant(mutation('no trace', (one) => ({ ...one, traces: [] }))),
  fc.constant(mutation('an empty worker list', (one) => ({ ...one, workers: [] }))),
  fc.constantFrom(...STATUSES).map((status) => ofRecord(`the record is ${status}`, 'status', () => status)),
  fc.constantFrom(...WORKER_STATUSES).map((status) => ofWorkers(`workers are ${status}`, 'status', () => status)),
  fc
    .tuple(
      fc.constantFrom(
        'symbol',
        'timeframe',
        'start_date',
        'end_date',
        'worker_id',
        'error_message',
        'current_step',
        'percentage',
        'strategy_name',
        'parent_operation_id',
        'operation_type',
        'started_at',
        'completed_at',
        'steps_total',
      ),
      odd,
    )
    .map(([key, value]) => ofRecord(`${key} of the record is ${named(value)}`, key, () => value)),
  fc
    .tuple(
      fc.constantFrom(
        'endpoint_url',
        'current_operation_id',
        'last_healthy_at',
        'last_health_check',
        'worker_type',
        'health_check_failures',
      ),
      odd,
    )
    .map(([key, value]) => ofWorkers(`${key} of the workers is ${named(value)}`, key, () => value)),
);

function mutation(name: string, of: Mutation['of']): Mutation {
  return { name, of };
}

function ofSpans(name: string, change: (span: Span) => Span | null): Mutation {
  return mutation(name, (one) => ({
    ...one,
    traces: one.traces
      .map((trace) => ({ ...trace, spans: trace.spans.flatMap((span) => change(span) ?? []) }))
      .filter(({ spans }) => spans.length > 0),
  }));
}

type ChangeAttribute = (key: string, value: AttributeValue, spanId: string) => AttributeValue | undefined;

function ofAttributes(name: string, change: ChangeAttribute): Mutation {
  return ofSpans(name, (span) => {
    const kept = Object.entries(span.attributes).flatMap(([key, value]) => {
      const changed = change(key, value, span.spanId);
      return changed === undefined ? [] : [[key, changed] as const];
    });
    return { ...span, attributes: Object.fromEntries(kept) };
  });
}

function skewed(which: number, ms: number): Mutation {
  return mutation(`a clock is ${ms} ms off`, (one) => {
    const services = [...new Set(one.traces.flatMap(({ spans }) => spans.map(({ service }) => service)))].sort();
    const service = services[which % Math.max(1, services.length)];
    return ofSpans('', (span) =>
      span.service === service ? { ...span, start: micros(Math.max(0, span.start + ms * 1000)) } : span,
    ).of(one);
  });
}

const ERROR_KEYS = /^(?:exception\.message|operation\.error|error\.message)$/;

function longerErrors(text: string): Mutation {
  const longer = (key: string, value: unknown) =>
    ERROR_KEYS.test(key) && typeof value === 'string' && !PLACEHOLDERS.includes(value) ? `${value} ${text}` : value;
  const inRecord = ofRecord('', 'error_message', (value) => longer('operation.error', value));
  return mutation(`errors end in ${named(text)}`, (one) => {
    const traces = JSON.parse(JSON.stringify(one.traces), longer);
    return inRecord.of({ ...one, traces });
  });
}

function renamed(name: string, pattern: RegExp, replacement: string): Mutation {
  return mutation(name, (one) =>
    JSON.parse(JSON.stringify(one), (_key, value: unknown) =>
      typeof value === 'string' ? value.replace(pattern, () => replacement) : value,
    ),
  );
}

function ofRecord(name: string, field: string, change: (value: unknown) => unknown): Mutation {
  return mutation(name, (one) => ({ ...one, operation: replaced(one.operation, field, change) }));
}

function ofWorkers(name: string, field: string, change: (value: unknown) => unknown): Mutation {
  return mutation(name, (one) => ({ ...one, workers: replaced(one.workers, field, change) }));
}

function replaced(json: unknown, field: string, change: (value: unknown) => unknown): unknown {
  return JSON.parse(JSON.stringify(json), (key, value: unknown) => (key === field ? change(value) : value));
}

/** The same for the same words, with a chance of `share` in a hundred. */
function isHit(words: string, seed: number, share: number): boolean {
  let hash = seed % 1_000_003;
  for (const character of words) hash = (hash * 31 + character.charCodeAt(0)) % 1_000_003;
  return hash % 100 < share;
}

function named(value: unknown): string {
  return JSON.stringify(value).slice(0, 30);
}

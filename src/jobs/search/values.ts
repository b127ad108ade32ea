/** What the spans and the record of an operation say, for comparing with what was asked: all of it, in lower case. */

import { callFailureOf } from '../../diagnosis/facts/calls.ts';
import { addressOf } from '../../diagnosis/facts/endpoints.ts';
import type { Facts } from '../../diagnosis/facts/index.ts';
import type { Attributes, Span } from '../../diagnosis/trace.ts';
import { readText, spellingsOf } from '../../diagnosis/vocabulary/attributes.ts';

const SPELLINGS = {
  symbol: spellingsOf('data.symbol'),
  timeframe: spellingsOf('data.timeframe'),
  strategy: spellingsOf('training.strategy'),
};
const ARGUMENTS = {
  symbol: ['symbol', 'symbols'],
  timeframe: ['timeframe', 'timeframes'],
  strategy: ['strategy', 'strategy_name'],
};

/** On all its spans, in the arguments of a command and in the record; of a list each part by itself. */
export function wordsOf({ own, record }: Facts, name: keyof typeof SPELLINGS): ReadonlySet<string> {
  const onSpans = own.flatMap((span) => [
    ...SPELLINGS[name].map((key) => span.attributes[key]),
    argumentOf(span, name),
  ]);
  const recorded = name === 'strategy' ? null : record?.[name];
  const words = [...onSpans, recorded].flatMap((value) =>
    String(value ?? '')
      .toLowerCase()
      .split(/[\s,]+/),
  );
  return new Set(words.filter((word) => word !== ''));
}

/** Ids, services and addresses of the workers that took part. */
export function workersOf({ own, dispatches, record, selections }: Facts): ReadonlySet<string> {
  const names: (string | null)[] = [record?.workerId ?? null, ...selections.map(({ selectedId }) => selectedId)];
  for (const span of own) {
    names.push(readText(span, 'workerId'));
    const suffix = /-worker-(.+)$/.exec(span.service)?.[1];
    if (suffix !== undefined) names.push(span.service, suffix);
  }
  for (const { call } of dispatches) if (call !== null) names.push(call.endpoint.host, addressOf(call.endpoint));
  return new Set(names.filter((name) => name !== null).map((name) => name.toLowerCase()));
}

/** True when an exception of the class was raised. An HTTP client says `ConnectError` where Python says `ConnectionRefusedError`. */
export function raised({ errors, failure }: Facts, wanted: string): boolean {
  const names = errors.all.flatMap((error) => [
    error.fullType,
    readText(error.span, 'exceptionType'),
    callFailureOf(error) === 'refused' ? 'ConnectionRefusedError' : null,
  ]);
  return [...names, ...failure.reportedErrors.map(({ type }) => type)].some(
    (name) => name !== null && isClass(name.toLowerCase(), wanted.toLowerCase()),
  );
}

/** Under any spelling of the key, among the attributes of the span, of its events or of its process. */
export function carries(span: Span, key: string, wanted: string): boolean {
  if (key === 'span.kind') return span.kind === wanted.toLowerCase();
  const carriers = [span.attributes, span.resource, ...span.events.map(({ attributes }) => attributes)];
  return spellingsOf(key).some((spelling) => carriers.some((attributes) => holds(attributes, spelling, wanted)));
}

function argumentOf(span: Span, name: keyof typeof ARGUMENTS): unknown {
  const text = span.attributes['cli.args'] ?? span.attributes['mcp.params'];
  if (typeof text !== 'string') return undefined;
  try {
    const args: unknown = JSON.parse(text);
    if (typeof args !== 'object' || args === null) return undefined;
    const fields: Readonly<Record<string, unknown>> = { ...args };
    return ARGUMENTS[name].map((key) => fields[key]).find((value) => value !== undefined);
  } catch {
    return undefined;
  }
}

/** With or without its module. */
function isClass(name: string, wanted: string): boolean {
  return name === wanted || name.endsWith(`.${wanted}`);
}

function holds(attributes: Attributes, key: string, wanted: string): boolean {
  return Object.hasOwn(attributes, key) && String(attributes[key]).toLowerCase() === wanted.toLowerCase();
}

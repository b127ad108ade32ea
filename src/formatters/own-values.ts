/**
 * What the bot itself writes into the fields of a diagnosis, a digest, or a search: words of closed lists, times, and IDs.
 * Renderers and other programs rely on them, so no pattern for secrets changes them. Everything else is free text.
 */
import { STATUSES } from '../diagnosis/case.ts';
import { CONFIDENCES, SCENARIOS, SEVERITIES } from '../diagnosis/finding.ts';
import { OPERATION_TYPES } from '../diagnosis/vocabulary/operations.ts';

const TIME = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const CAUSE = /^[a-z][a-z0-9-]*(?:\/[a-z0-9-]+)?$/;
const HEX = /^[0-9a-f]{16}(?:[0-9a-f]{16})?$/;

const EVIDENCE = ['attribute', 'exception', 'span', 'time', 'absence', 'transition', 'record', 'worker', 'count'];
const FIXES = ['command', 'advice', 'link'];
const VERDICTS = ['explained', 'healthy', 'running', 'nothing-found', 'not-found', 'unavailable'];
const COMPARISONS = ['slower', 'not-slower', 'too-few', 'incomparable'];

/** By the name of the field. A value must fit, because some fields of that name hold free text. */
const OWN: ReadonlyMap<string, RegExp> = new Map([
  ['kind', oneOf([...EVIDENCE, ...FIXES])],
  ['effect', oneOf(['inspects', 'changes'])],
  ['scenario', oneOf(SCENARIOS)],
  ['severity', oneOf(SEVERITIES)],
  ['confidence', oneOf(CONFIDENCES)],
  ['verdict', oneOf([...VERDICTS, ...COMPARISONS])],
  ['status', oneOf([...STATUSES, 'unknown'])],
  ['statusSource', oneOf(['ktrdr-api', 'trace', 'none'])],
  ['operationType', oneOf(OPERATION_TYPES)],
  ['type', oneOf(OPERATION_TYPES)],
  ['name', oneOf(['jaeger', 'ktrdr-api', 'file'])],
  ['state', oneOf(['ok', 'partial', 'unavailable', 'off'])],
  ['cause', CAUSE],
  ['traceId', HEX],
  ['spanId', HEX],
  ...['asOf', 'startTime', 'startedAt', 'endedAt', 'failedAt', 'since', 'from', 'to'].map(
    (name) => [name, TIME] as const,
  ),
]);

export function isOwnValue(field: string, value: string): boolean {
  return OWN.get(field)?.test(value) ?? false;
}

function oneOf(words: readonly string[]): RegExp {
  return new RegExp(`^(?:${words.join('|')})$`);
}

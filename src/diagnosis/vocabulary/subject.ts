/** How people refer to an operation, and what an operation ID contains. */

import { decodeEntities } from '../../language/escape.ts';
import { bare, withoutQuotes, withoutTypography } from '../../language/typography.ts';
import { isInCalendar } from '../../language/zones.ts';
import type { OperationType, Subject } from '../case.ts';
import { isPlausibleTime, type Micros, micros } from '../trace.ts';
import { canonicalType } from './operations.ts';

/**
 * Lenient on purpose: ktrdr makes `op_{type}_{date}_{time}_{8 hex}`, agents `op_design_{12 hex}`, workers
 * `worker_training_{12 hex}`, its documents use six digits, and callers choose their own task IDs. Neither `\b` nor a plain
 * `_` boundary works: IDs occur in links (`%22op_…`), behind `=` and between the underscores of Slack's italics.
 */
const OPERATION_ID =
  /(?<![A-Za-z0-9]|[A-Za-z0-9]_)(?:op|worker)_(?:[a-z]+_)*?(?:[a-z]+_\d{8}_\d{6}_[0-9a-z]+|[a-z]+_[0-9a-f]{12})(?![0-9A-Za-z])/gi;
/**
 * Python's `hex()` writes `0x`, its formats lose leading zeros, and its UUIDs have dashes. Fewer digits than 29 are taken for
 * a trace id only behind `0x` or in a link to a trace.
 */
const TRACE_ID =
  /(?<![0-9A-Za-z])(?:(?:0x|(?<=\/traces?\/))[0-9a-f]{13,32}|[0-9a-f]{29,32}|[0-9a-f]{16}|(?<![_-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![_-]))(?![0-9A-Za-z])/gi;
/** Text that Jaeger stores compare literally and Lucene doesn't interpret as a pattern. */
const SAFE_ID = /^[A-Za-z0-9_.:-]{4,128}$/;
const LONGEST_INPUT = 40_000;

/** All operation IDs in a text, decoded, in order, each once. */
export function operationIdsIn(text: string): readonly string[] {
  const found = decode(text.slice(0, LONGEST_INPUT)).match(OPERATION_ID) ?? [];
  // ktrdr starts an ID in lower case; if it isn't, a keyboard changed it.
  return [...new Set(found.map((id) => (/^[a-z]/.test(id) ? id : id.toLowerCase())))];
}

/** All trace IDs in a text, lower-case and padded to 32 digits, in order, each once. */
export function traceIdsIn(text: string): readonly string[] {
  const found = decode(text.slice(0, LONGEST_INPUT)).match(TRACE_ID) ?? [];
  const digits = found.map((id) => id.toLowerCase().replace(/^0x|-/g, ''));
  return [...new Set(digits.map((id) => id.padStart(32, '0')))];
}

/**
 * What one argument names: an operation id, a trace id, or a link that contains either. IDs of unusual shape are accepted if
 * they can't be anything else: no blanks, safe characters, at least one digit and one separator.
 */
export function subjectOf(argument: string): Subject | null {
  const text = bare(withoutQuotes(withoutTypography(argument, LONGEST_INPUT)).trim());
  const operationId = operationIdsIn(text)[0];
  if (operationId !== undefined) return { kind: 'operation', operationId };
  const traceId = traceIdsIn(text)[0];
  if (traceId !== undefined) return { kind: 'trace', traceId };
  if (SAFE_ID.test(text) && /\d/.test(text) && /[_-]/.test(text)) return { kind: 'operation', operationId: text };
  return null;
}

/** The creation time that ktrdr writes into its IDs (UTC), or null for IDs without a valid one. */
export function timeOfOperationId(operationId: string): Micros | null {
  const parts = /_(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})(?:_[0-9a-z]*)?$/i.exec(operationId);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  if (!isInCalendar(time)) return null;
  const us = Date.parse(`${time}Z`) * 1000;
  return isPlausibleTime(us) ? micros(us) : null;
}

/** The type that an operation id begins with, e.g. `op_data_load_…` → `data_load`. */
export function typeOfOperationId(operationId: string): OperationType | null {
  const body = /^(?:op|worker)_(?:retry_)?([a-z_]+?)_(?:\d{8}_\d{6}_[0-9a-z]+|[0-9a-f]{12})$/i.exec(operationId)?.[1];
  if (body === undefined) return null;
  return (
    canonicalType(body) ?? (body === 'design' ? 'agent_design' : body === 'assessment' ? 'agent_assessment' : null)
  );
}

/** Entities and percent encoding; each sequence alone, because links are often cut in the middle of one. */
function decode(text: string): string {
  const unescaped = text.replace(/(?:%[0-9A-F]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
  return decodeEntities(unescaped);
}

import { readText } from '../attributes.ts';
import type { Span } from '../trace.ts';

/** Spans of the ASGI middleware: they repeat their parent's status and say nothing of their own. */
export function isTransport(span: Span): boolean {
  return span.name.endsWith(' http send') || span.name.endsWith(' http receive');
}

const OBSERVATION_PATH = /\/(?:health|metrics|ready)(?:[/?]|$)|\/api\/v1\/(?:operations|workers)(?:[/?]|$)/;

/**
 * Looking at an operation is not part of it: status polls, health checks and list calls. Their errors (a poll that times out,
 * a 404) never are the cause. Changes of an operation (cancel, status update, resume) are not observations.
 */
export function isObservation(span: Span): boolean {
  if (span.name === 'operations.list' || span.name === 'workers.list') return true;
  const method = readText(span, 'httpMethod');
  if (method === null ? span.name !== 'GET' && !span.name.startsWith('GET ') : method !== 'GET') return false;
  const path = readText(span, 'httpTarget') ?? readText(span, 'httpUrl') ?? span.name;
  return OBSERVATION_PATH.test(path);
}

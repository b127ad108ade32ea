/** Other facts, another truth: the answer must change with them. */

import { FAILED, inOneTrace } from './company.ts';
import { type Draft, isAbout, recordOf } from './draft.ts';
import { knownFor, UNKNOWN, unknownWords } from './messages.ts';
import {
  addSpan,
  addTransition,
  callOf,
  carriersOf,
  endOf,
  heal,
  iso,
  type Kind,
  messageOf,
  NO_PROGRESS,
  raise,
  SECOND,
  setRecord,
  textOf,
  type Words,
} from './parts.ts';
import type { Random } from './random.ts';
import { CAUGHT } from './survived.ts';

const ABSTENTIONS = ['unhandled-exception', 'failed-without-trace'];
/** Other spans show these causes too, whatever the last words are. */
const MORE_THAN_WORDS = ['ib-gateway', 'agent', 'worker-lost'];
const ORPHAN = 'Operation was RUNNING but no worker claimed it';

export const ENDINGS: readonly Kind[] = [
  { name: 'other-last-words', apply: (draft, random) => saysKnown(draft, random, false) },
  { name: 'other-last-words-after-the-old-error', apply: (draft, random) => saysKnown(draft, random, true) },
  { name: 'last-words-removed', apply: lastWordsRemoved },
  { name: 'running-instead', apply: runningInstead },
  { name: 'running-instead-after-a-caught-error', apply: runningAfterError },
  { name: 'cancelled-instead', apply: cancelledInstead },
  { name: 'completed-instead', apply: completedInstead },
  {
    name: 'error-of-another-operation',
    apply: (draft, random) => completedInstead(draft) && inOneTrace(draft, random, FAILED),
  },
  { name: 'failed-instead', apply: failedInstead },
  { name: 'record-failed-later', apply: recordFailedLater },
  { name: 'record-failed-while-traces-run', apply: recordFailedAlone },
  { name: 'orphaned-instead', apply: orphanedInstead },
];

export const UNKNOWNS: readonly Kind[] = Object.entries(UNKNOWN).map(([name, make]) => ({
  name,
  apply: (draft, random) => {
    const words = unknownWords(random, make(random));
    const isChanged = endOf(draft, 'completed') === null ? sayLast(draft, words, false) : failWith(draft, words);
    draft.expected = { causes: ABSTENTIONS };
    return isChanged;
  },
}));

/** Replaces what ended the operation, wherever it is said. */
function sayLast(draft: Draft, words: Words, keepsCalls: boolean): boolean {
  const end = endOf(draft, 'failed');
  const old = end === null ? documentedError(draft) : textOf(end, 'operation.error');
  if (old === null || old === '' || isAbout(draft, ...MORE_THAN_WORDS)) return false;
  for (const span of carriersOf(draft, old)) {
    if (span.kind === 'internal') {
      heal(span);
      raise(span, words);
    } else if (!keepsCalls) heal(span);
  }
  if (end !== null) end.attributes['operation.error'] = words.message;
  setRecord(draft, { error_message: words.message });
  return true;
}

/** In the runbook's vocabulary the worker's span carries it. */
function documentedError({ spans }: Draft): string | null {
  const worker = spans.find(({ name, status }) => /^worker[.]/.test(name) && status.code === 'error');
  const event = worker?.events.at(-1);
  return event === undefined ? null : messageOf(event);
}

function saysKnown(draft: Draft, random: Random, keepsCalls: boolean): boolean {
  const known = knownFor(draft, random);
  const end = endOf(draft, 'failed');
  if (known === null || (keepsCalls && (end === null || !hasFailedCall(draft, textOf(end, 'operation.error')))))
    return false;
  const isChanged = sayLast(draft, known, keepsCalls);
  draft.expected = { causes: known.causes };
  return isChanged;
}

function hasFailedCall(draft: Draft, words: string): boolean {
  return carriersOf(draft, words).some(({ kind }) => kind === 'client');
}

function failWith(draft: Draft, words: Words): boolean {
  const end = endOf(draft, 'completed');
  if (end === null) return false;
  Object.assign(end.attributes, { 'operation.to_status': 'failed', 'operation.error': words.message });
  setRecord(draft, {
    status: 'failed',
    error_message: words.message,
    result_summary: null,
    progress: NO_PROGRESS,
  });
  return true;
}

function failedInstead(draft: Draft, random: Random): boolean {
  const known = knownFor(draft, random);
  if (known === null) return false;
  draft.expected = { causes: known.causes };
  return failWith(draft, known);
}

/** Everything that says why is gone; that it failed is still known. */
function lastWordsRemoved(draft: Draft): boolean {
  const end = endOf(draft, 'failed');
  const old = end === null ? '' : textOf(end, 'operation.error');
  if (end === null || old === '' || !isAbout(draft, 'data-missing', 'invalid-input', 'resources', 'unhandled'))
    return false;
  const gone = new Set([end, ...carriersOf(draft, old)]);
  draft.spans = draft.spans.filter((span) => !gone.has(span));
  draft.expected = {
    causes: [...ABSTENTIONS, 'running', 'nothing-found', 'still-running', 'progress-not-traced'],
    never: draft.expected.causes,
  };
  setRecord(draft, { error_message: null });
  return true;
}

function completedInstead(draft: Draft): boolean {
  const end = endOf(draft, 'failed');
  const old = end === null ? '' : textOf(end, 'operation.error');
  if (end === null || isAbout(draft, ...MORE_THAN_WORDS)) return false;
  for (const span of carriersOf(draft, old)) heal(span);
  end.attributes['operation.to_status'] = 'completed';
  delete end.attributes['operation.error'];
  setRecord(draft, { status: 'completed', error_message: null, progress: { ...NO_PROGRESS, percentage: 100 } });
  draft.expected = { causes: ['healthy'], healthy: true };
  return true;
}

/** Asked about before it ended. */
function runningInstead(draft: Draft, random: Random): boolean {
  const end = endOf(draft, 'completed') ?? endOf(draft, 'failed');
  if (end === null || isAbout(draft, ...MORE_THAN_WORDS)) return false;
  for (const span of carriersOf(draft, textOf(end, 'operation.error') || '-')) heal(span);
  // A sign of life after anything that it caught.
  Object.assign(end, { name: 'checkpoint.save', attributes: {} });
  draft.now = end.start + 100_000;
  const progress = { ...NO_PROGRESS, percentage: random.int(5, 95), current_step: 'Step 3' };
  setRecord(draft, { status: 'running', completed_at: null, error_message: null, result_summary: null, progress });
  draft.workers = null;
  draft.expected = { causes: ['running'], healthy: true };
  return true;
}

function runningAfterError(draft: Draft, random: Random): boolean {
  const caught = random.pickFrom(CAUGHT);
  draft.notes = caught?.name ?? '';
  return caught?.apply(draft, random) === true && runningInstead(draft, random);
}

function cancelledInstead(draft: Draft, random: Random): boolean {
  const end = endOf(draft, 'failed') ?? endOf(draft, 'completed');
  if (end === null || isAbout(draft, ...MORE_THAN_WORDS)) return false;
  for (const span of carriersOf(draft, textOf(end, 'operation.error') || '-')) heal(span);
  draft.spans = draft.spans.filter((span) => span !== end);
  const reason = 'Operation cancelled by user';
  const target = `/api/v1/operations/${draft.operationId}`;
  const request = addSpan(draft, random, {
    name: 'DELETE /api/v1/operations/{operation_id}',
    kind: 'server',
    service: 'ktrdr-api',
    parent: null,
    start: end.start - 9000,
    duration: 12_000,
    attributes: { ...callOf('DELETE', `http://127.0.0.1:8000${target}`, 200), 'http.target': target },
  });
  for (const at of [end.start - 4000, end.start])
    addTransition(draft, random, {
      parent: request,
      at,
      from: 'running',
      to: 'cancelled',
      more: { 'operation.cancellation_reason': reason },
    });
  setRecord(draft, { status: 'cancelled', error_message: reason, result_summary: null, progress: NO_PROGRESS });
  draft.workers = null;
  draft.expected = { causes: ['cancelled'] };
  return true;
}

/** The record was written after the last transition that was exported. */
function recordFailedLater(draft: Draft, random: Random): boolean {
  const end = endOf(draft, 'failed');
  const known = knownFor(draft, random);
  if (end === null || known === null || recordOf(draft) === null || isAbout(draft, ...MORE_THAN_WORDS)) return false;
  const at = end.start + 90 * SECOND;
  draft.now = Math.max(draft.now, at + 5 * SECOND);
  setRecord(draft, { status: 'failed', completed_at: iso(at), error_message: known.message });
  draft.api = true;
  draft.expected = { causes: known.causes };
  return true;
}

/** The last spans of a worker are lost when it is stopped at once. */
function recordFailedAlone(draft: Draft, random: Random): boolean {
  const end = endOf(draft, 'completed');
  const known = knownFor(draft, random);
  if (end === null || known === null || recordOf(draft) === null) return false;
  draft.spans = draft.spans.filter((span) => span !== end);
  setRecord(draft, {
    status: 'failed',
    error_message: known.message,
    result_summary: null,
    progress: NO_PROGRESS,
  });
  draft.api = true;
  draft.expected = { causes: known.causes };
  return true;
}

/** The worker died, and ktrdr's detector noticed. */
function orphanedInstead(draft: Draft, random: Random): boolean {
  const end = endOf(draft, 'completed');
  if (end === null || !/^op_(?:training|backtesting)_/.test(draft.operationId ?? '')) return false;
  const at = end.start + 75 * SECOND;
  draft.spans = draft.spans.filter((span) => span !== end);
  addTransition(draft, random, {
    parent: null,
    service: 'ktrdr-api',
    at,
    from: 'running',
    to: 'failed',
    more: { 'operation.error': ORPHAN },
  });
  draft.now = Math.max(draft.now, at + 5 * SECOND);
  setRecord(draft, {
    status: 'failed',
    completed_at: iso(at),
    error_message: ORPHAN,
    result_summary: null,
    progress: NO_PROGRESS,
    metrics: {},
  });
  draft.workers = null;
  draft.expected = { causes: ['worker-lost'] };
  return true;
}

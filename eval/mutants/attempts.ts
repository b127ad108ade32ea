/** A failed operation that was resumed: its newest attempt decides. */
import type { Draft, DraftSpan } from './draft.ts';
import { knownFor } from './messages.ts';
import {
  addSpan,
  addTransition,
  callOf,
  endOf,
  iso,
  type Kind,
  NO_PROGRESS,
  SECOND,
  setRecord,
  workOf,
} from './parts.ts';
import type { Random } from './random.ts';

export const ATTEMPTS: readonly Kind[] = [
  { name: 'healed-by-a-later-success', apply: healed },
  { name: 'resumed-and-running', apply: resumedAndRunning },
  { name: 'resumed-and-failed-otherwise', apply: resumedAndFailed },
];

/** `ktrdr resume`, answered and begun; returns the worker's span and the time at which it runs again. */
function resume(draft: Draft, random: Random): { readonly worker: DraftSpan; readonly at: number } | null {
  const end = endOf(draft, 'failed');
  const work = workOf(draft);
  const type = { training: 'training', backtesting: 'backtests' }[
    /^op_(\w+?)_\d{8}/.exec(draft.operationId ?? '')?.[1] ?? ''
  ];
  if (end === null || work === null || type === undefined) return null;
  const start = end.start + random.int(30, 600) * SECOND;
  const target = `/api/v1/operations/${draft.operationId}/resume`;
  const request = addSpan(draft, random, {
    name: 'POST /api/v1/operations/{operation_id}/resume',
    kind: 'server',
    service: 'ktrdr-api',
    parent: null,
    start,
    duration: 60_000,
    attributes: { ...callOf('POST', `http://127.0.0.1:8000${target}`, 200), 'http.target': target },
  });
  addTransition(draft, random, {
    parent: request,
    at: start + 5000,
    from: 'failed',
    to: 'resuming',
    more: { 'operation.resumed': true },
  });
  const url = `http://127.0.0.1:5005/${type}/resume`;
  const call = addSpan(draft, random, {
    name: 'POST',
    kind: 'client',
    parent: request,
    start: start + 9000,
    duration: 40_000,
    attributes: callOf('POST', url, 200),
  });
  const worker = addSpan(draft, random, {
    name: `POST /${type}/resume`,
    kind: 'server',
    service: work.parent.service,
    parent: call,
    start: start + 12_000,
    duration: 30_000,
    attributes: { ...callOf('POST', url, 200), 'http.target': `/${type}/resume` },
  });
  const at = start + 30_000;
  addTransition(draft, random, { parent: worker, at, from: 'resuming', to: 'running' });
  draft.workers = null;
  return { worker, at };
}

function healed(draft: Draft, random: Random): boolean {
  const resumed = resume(draft, random);
  if (resumed === null) return false;
  const at = resumed.at + random.int(5, 60) * SECOND;
  addTransition(draft, random, { parent: resumed.worker, at, from: 'running', to: 'completed' });
  draft.now = Math.max(draft.now, at + 5 * SECOND);
  setRecord(draft, {
    status: 'completed',
    completed_at: iso(at),
    error_message: null,
    progress: { ...NO_PROGRESS, percentage: 100 },
  });
  draft.expected = { causes: ['healthy'], healthy: true };
  return true;
}

function resumedAndRunning(draft: Draft, random: Random): boolean {
  const resumed = resume(draft, random);
  if (resumed === null) return false;
  draft.now = resumed.at + 15 * SECOND;
  const progress = { ...NO_PROGRESS, percentage: random.int(5, 90), current_step: 'Epoch 3/50' };
  setRecord(draft, { status: 'running', completed_at: null, error_message: null, progress });
  draft.expected = { causes: ['running'], healthy: true };
  return true;
}

function resumedAndFailed(draft: Draft, random: Random): boolean {
  const known = knownFor(draft, random);
  const resumed = resume(draft, random);
  if (known === null || resumed === null) return false;
  const at = resumed.at + random.int(5, 60) * SECOND;
  addTransition(draft, random, {
    parent: resumed.worker,
    at,
    from: 'running',
    to: 'failed',
    more: { 'operation.error': known.message },
  });
  draft.now = Math.max(draft.now, at + 5 * SECOND);
  setRecord(draft, {
    status: 'failed',
    completed_at: iso(at),
    error_message: known.message,
    progress: NO_PROGRESS,
  });
  draft.expected = { causes: known.causes };
  return true;
}

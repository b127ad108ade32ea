/** A start that was refused instead: the answer must change with it. */
import type { Draft, DraftSpan } from './draft.ts';
import { type Kind, raise } from './parts.ts';
import type { Random } from './random.ts';

export const STARTS: readonly Kind[] = [
  { name: 'no-worker-instead', apply: noWorkerInstead },
  { name: 'worker-refused-instead', apply: workerRefusedInstead },
];

/** The start of a backtest, without what it led to; it is found by its trace. */
function startOnly(
  draft: Draft,
): { readonly root: DraftSpan; readonly call: DraftSpan; readonly select: DraftSpan } | null {
  const select = draft.spans.find(({ name }) => name === 'workers.select');
  const root = draft.spans.find(({ spanId, parentId }) => spanId === select?.parentId && parentId === null);
  const call = draft.spans.find(({ kind, parentId }) => kind === 'client' && parentId === root?.spanId);
  if (select === undefined || root === undefined || call === undefined || !root.name.endsWith('/backtests/start'))
    return null;
  draft.spans = draft.spans.filter((span) => span.traceId === root.traceId && span.service === root.service);
  for (const span of draft.spans)
    if (span.attributes['http.status_code'] !== undefined && span.name.endsWith('http send'))
      span.status = { code: 'error', message: null };
  draft.ask = root.traceId;
  draft.operationId = null;
  draft.operation = null;
  draft.workers = null;
  return { root, call, select };
}

function noWorkerInstead(draft: Draft, random: Random): boolean {
  const start = startOnly(draft);
  if (start === null) return false;
  const [cause, total, capable] = random.pick<readonly [cause: string, total: number, capable: number]>([
    ['none-registered', 0, 0],
    ['none-capable', 3, 0],
    ['all-busy', 3, 2],
  ]);
  delete start.select.attributes['worker.selected_id'];
  Object.assign(start.select.attributes, {
    'worker.total_workers': String(total),
    'worker.capable_workers': String(capable),
    'worker.available_workers': '0',
    'worker.selection_status': 'no_workers_available',
  });
  draft.spans = draft.spans.filter((span) => span !== start.call);
  answered(draft, start.root, 503);
  draft.expected = {
    causes: [`workers-unavailable/${cause}`, ...(cause === 'all-busy' ? ['workers-unavailable/stale-busy'] : [])],
  };
  return true;
}

function workerRefusedInstead(draft: Draft): boolean {
  const start = startOnly(draft);
  if (start === null) return false;
  delete start.call.attributes['http.status_code'];
  start.call.events = [];
  raise(start.call, { type: 'httpx.ConnectError', message: 'All connection attempts failed' });
  answered(draft, start.root, 500);
  draft.expected = { causes: ['worker-unreachable/refused'] };
  return true;
}

function answered(draft: Draft, root: DraftSpan, status: number): void {
  for (const span of [root, ...draft.spans.filter(({ parentId }) => parentId === root.spanId)])
    if (span.attributes['http.status_code'] !== undefined && span.kind !== 'client') {
      span.attributes['http.status_code'] = status;
      span.status = { code: 'error', message: null };
    }
}

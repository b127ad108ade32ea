/** What else happens around an operation, or in it without ending it: must not matter. */

import { FIXTURES, incidentsIn } from '../../test/support/incidents.ts';
import { type Draft, type DraftSpan, draftOf, isAbout, rewrite } from './draft.ts';
import { addSpan, callOf, type Kind, operationType, transitionsOf } from './parts.ts';
import type { Random } from './random.ts';

/** Operations of the fixtures, by how they ended. */
export const FAILED = /^(?:data-missing|invalid-input|resources)[/]/;
const HEALTHY = /^healthy[/]16/;
const OTHERS = incidentsIn(FIXTURES).filter(({ expected }) => expected.operationId !== null);

export const COMPANY: readonly Kind[] = [
  { name: 'log-events', apply: logEvents },
  { name: 'foreign-trace', apply: foreignTrace },
  {
    name: 'neighbour-failed',
    apply: (draft, random) => neighbour(draft, random, FAILED),
  },
  { name: 'neighbour-healthy', apply: (draft, random) => neighbour(draft, random, HEALTHY) },
  { name: 'failed-one-in-the-same-trace', apply: (draft, random) => inOneTrace(draft, random, FAILED) },
  { name: 'healthy-one-in-the-same-trace', apply: (draft, random) => inOneTrace(draft, random, HEALTHY) },
  { name: 'status-polls', apply: statusPolls },
  { name: 'status-poll-404', apply: forgottenPoll },
  { name: 'requested-by-cli', apply: requestedByCli },
  { name: 'through-a-gateway', apply: throughGateway },
  { name: 'other-worker-registered', apply: otherWorker },
];

function logEvents(draft: Draft, random: Random): boolean {
  const span = random.pickFrom(draft.spans.filter(({ kind, duration }) => kind !== 'client' && duration > 10));
  if (span === null) return false;
  const message = random.pick([
    'retry budget 3 of 3 left',
    'no error so far, symbol cache warm',
    'failed orders of yesterday: 0',
  ]);
  span.events.push({ name: 'log', time: span.start + 1, attributes: { message, 'log.severity': 'INFO' } });
  return true;
}

/** A trace of another system in the same minutes. */
function foreignTrace(draft: Draft, random: Random): boolean {
  const start = middleOf(draft);
  const root = addSpan(draft, random, {
    name: 'POST /checkout',
    kind: 'server',
    service: 'shop',
    parent: null,
    start,
    duration: 90_000,
    status: 'error',
    attributes: { ...callOf('POST', 'http://shop:80/checkout', 500), 'http.target': '/checkout' },
  });
  root.resource = { 'deployment.environment': 'production' };
  addSpan(draft, random, {
    name: 'POST',
    kind: 'client',
    service: 'shop',
    parent: root,
    start: start + 100,
    duration: 80_000,
    raises: { type: 'httpx.ConnectError', message: 'All connection attempts failed' },
    attributes: callOf('POST', 'http://payments:5005/charge', null),
  });
  return draft.operationId !== null;
}

/** Another operation in the same minutes, in traces of its own and on a worker of its own. */
function neighbour(draft: Draft, random: Random, which: RegExp): boolean {
  const spans = otherOperation(draft, random, which);
  draft.spans.push(...spans);
  return spans.length > 0;
}

/** A script that starts two operations within one trace. */
export function inOneTrace(draft: Draft, random: Random, which: RegExp): boolean {
  const root = isAbout(draft, 'trace-split') ? null : rootRequest(draft);
  const others = otherOperation(draft, random, which);
  const otherRoot = others.find(({ parentId, name }) => parentId === null && name.startsWith('POST /api/v1/'));
  if (root === null || otherRoot === undefined || !draft.spans.some(({ name }) => name === 'operation.register'))
    return false;
  const script = addSpan(draft, random, {
    name: 'nightly_batch',
    service: 'scheduler',
    parent: null,
    start: Math.min(root.start, otherRoot.start) - 5000,
    duration: 400_000,
  });
  script.traceId = root.traceId;
  root.parentId = script.spanId;
  for (const span of others.filter(({ traceId }) => traceId === otherRoot.traceId)) {
    span.traceId = root.traceId;
    span.parentId ??= script.spanId;
    draft.spans.push(span);
  }
  return true;
}

function otherOperation(draft: Draft, random: Random, which: RegExp): readonly DraftSpan[] {
  const chosen = random.pickFrom(
    OTHERS.filter(({ name, expected }) => which.test(name) && expected.operationId !== draft.operationId),
  );
  if (chosen === null || draft.operationId === null || isAbout(draft, 'slow', 'workers-unavailable', 'agent'))
    return [];
  const other = draftOf(chosen, false);
  const id = `op_${operationType(other)}_20261123_060606_${random.hex(8)}`;
  const ids = new Map<string, string>();
  const renamed = (text: string) => {
    ids.set(text, ids.get(text) ?? random.hex(text.length));
    return ids.get(text) ?? text;
  };
  const before = other.operationId;
  rewrite(other, (text) =>
    text === before
      ? id
      : text.replace(/^(?:[0-9a-f]{32}|[0-9a-f]{16})$/, renamed).replace(/(?<=worker-)[0-9a-f]{8}$/, renamed),
  );
  const shift = Math.round(middleOf(draft) - middleOf(other));
  for (const span of other.spans) {
    span.start += shift;
    for (const event of span.events) event.time += shift;
  }
  return other.spans;
}

function middleOf({ spans }: Draft): number {
  const starts = spans.map(({ start }) => start).sort((a, b) => a - b);
  return starts[Math.floor(starts.length / 2)] ?? 0;
}

/** The record is read from the backend's own cache, in traces of their own. */
function statusPolls(draft: Draft, random: Random): boolean {
  if (draft.operationId === null) return false;
  for (let i = 0; i < 5; i += 1) poll(draft, random, 200, middleOf(draft) + i * 2_000_000);
  return true;
}

/** Somebody mistyped the ID. */
function forgottenPoll(draft: Draft, random: Random): boolean {
  if (draft.operationId === null) return false;
  const id = draft.operationId;
  draft.operationId = `${id.slice(0, -1)}z`;
  poll(draft, random, 404, middleOf(draft));
  draft.operationId = id;
  return true;
}

function poll(draft: Draft, random: Random, status: number, start: number): void {
  const target = `/api/v1/operations/${draft.operationId}`;
  const attributes = {
    ...callOf('GET', `http://127.0.0.1:8000${target}`, status),
    'http.target': target,
    'http.route': '/api/v1/operations/{operation_id}',
  };
  addSpan(draft, random, {
    name: 'GET /api/v1/operations/{operation_id}',
    kind: 'server',
    service: apiOf(draft),
    parent: null,
    start: Math.min(start, draft.now - 5000),
    duration: 3000,
    attributes,
  });
}

function apiOf({ spans }: Draft): string {
  return spans.find(({ name, kind }) => kind === 'server' && name.includes(' /api/v1/'))?.service ?? 'ktrdr-api';
}

function rootRequest({ spans }: Draft): DraftSpan | null {
  return (
    spans.find(
      ({ parentId, kind, name }) => parentId === null && kind === 'server' && name.startsWith('POST /api/v1/'),
    ) ?? null
  );
}

function requestedByCli(draft: Draft, random: Random): boolean {
  const root = rootRequest(draft);
  if (root === null || root.attributes['http.status_code'] !== 200 || isAbout(draft, 'trace-split')) return false;
  const { start, duration } = root;
  const cli = addSpan(draft, random, {
    name: 'cli.train',
    service: 'ktrdr-cli',
    parent: null,
    start: start - 9000,
    duration: duration + 20_000,
    attributes: { 'cli.command': 'train', 'cli.status': 'success' },
  });
  cli.traceId = root.traceId;
  const url = `http://localhost:8000${root.name.slice('POST '.length)}`;
  const call = addSpan(draft, random, {
    name: 'POST',
    kind: 'client',
    service: 'ktrdr-cli',
    parent: cli,
    start: start - 2000,
    duration: duration + 4000,
    attributes: callOf('POST', url, 200),
  });
  root.parentId = call.spanId;
  return transitionsOf(draft).length > 0;
}

function throughGateway(draft: Draft, random: Random): boolean {
  const root = rootRequest(draft);
  const status = Number(root?.attributes['http.status_code']);
  if (root === null || Number.isNaN(status) || isAbout(draft, 'trace-split')) return false;
  const { start, duration, name } = root;
  const gateway = addSpan(draft, random, {
    name: 'HTTP POST',
    kind: 'server',
    service: 'traefik',
    parent: null,
    start: start - 900,
    duration: duration + 1800,
    status: status >= 500 ? 'error' : 'unset',
    attributes: { 'http.method': 'POST', 'http.status_code': status, 'http.target': name.slice('POST '.length) },
  });
  gateway.traceId = root.traceId;
  root.parentId = gateway.spanId;
  return true;
}

/** Of a type that the operation doesn't need. */
function otherWorker(draft: Draft, random: Random): boolean {
  if (!Array.isArray(draft.workers) || isAbout(draft, 'workers-unavailable', 'agent')) return false;
  const checked = new Date(draft.now / 1000 - 4000).toISOString();
  draft.workers.push({
    worker_id: `agent-assessment-worker-${random.hex(8)}`,
    worker_type: 'agent_assessment',
    endpoint_url: 'http://assessment-agent-1:5020',
    status: 'available',
    current_operation_id: null,
    capabilities: {},
    last_health_check: checked,
    last_healthy_at: checked,
    health_check_failures: 0,
    metadata: {},
  });
  draft.api = true;
  return true;
}

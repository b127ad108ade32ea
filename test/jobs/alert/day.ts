/** All recorded incidents as if they had happened on one day, one after another, each with ids of its own. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { FIXTURES, type Incident, incidentsIn } from '../../support/incidents.ts';

export const DAY_BEGINS_MS = Date.parse('2026-12-01T00:00:00Z');
export const MINUTE_MS = 60_000;

export interface Played {
  readonly name: string;
  /** Operation ID, or trace ID of a refused start. */
  readonly id: string;
  /** Accepted causes. */
  readonly causes: readonly string[];
  /** Nobody is to be told of it. */
  readonly isQuiet: boolean;
  /** Milliseconds: since then it has failed, or its worker is lost. */
  readonly failedAt: number;
  readonly startedAt: number;
  /** Its worker stops answering then, and it never ends by itself. */
  readonly isLost: boolean;
  /** It was recorded while it ran, and nothing was wrong with it. */
  readonly isOpen: boolean;
  /** Its states and when they began, as its spans tell. */
  readonly states: readonly { readonly at: number; readonly to: string; readonly error: string | null }[];
  readonly documents: readonly unknown[];
  readonly operation: string | null;
  readonly statusCode: number;
  readonly workers: readonly Worker[];
}

interface Worker {
  readonly worker_id: string;
  readonly current_operation_id: string | null;
  readonly last_healthy_at: string;
  readonly last_health_check: string;
  readonly health_check_failures: number;
}

interface WireSpan {
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

interface WireDocument {
  readonly result: {
    readonly resourceSpans: readonly { readonly scopeSpans: readonly { spans?: readonly WireSpan[] }[] }[];
  };
}

/** How long one goes on that was recorded while it ran. */
const OPEN_MS = 20 * MINUTE_MS;
/** Ends that nobody has to be told of. */
const QUIET = /^(?:cancelled\/user|slow|result-useless|status-misreported|healthy)/;

/** The incidents of ktrdr as it is today, in an order that mixes them, `everyMs` apart. */
export function recordedDay(everyMs: number, chosen: (name: string) => boolean = () => true): readonly Played[] {
  const recorded = incidentsIn(FIXTURES).filter(
    ({ dir, expected }) => expected.now !== undefined && existsSync(join(dir, 'v3.json')) && chosen(basename(dir)),
  );
  return recorded
    .toSorted((a, b) => (hashOf(a.name) < hashOf(b.name) ? -1 : 1))
    .map((incident, i) => played(incident, DAY_BEGINS_MS + 5 * MINUTE_MS + i * everyMs));
}

/** The incident as if it had begun then. */
export function played(incident: Incident, startMs: number): Played {
  const { dir, expected } = incident;
  const text = readFileSync(join(dir, 'v3.json'), 'utf8');
  const spans = spansIn(JSON.parse(text));
  const firstMs = Math.min(...spans.map(({ startTimeUnixNano }) => Number(startTimeUnixNano) / 1e6));
  const move = mover(incident.name, startMs - firstMs, `${text}${expected.ask}`);
  const read = (file: string) => (existsSync(join(dir, file)) ? move(readFileSync(join(dir, file), 'utf8')) : null);
  const moved: WireDocument = JSON.parse(move(text));
  const id = move(expected.ask ?? expected.operationId ?? '');
  const workers: readonly Worker[] = JSON.parse(read('workers.json') ?? '[]');
  const holder = workers.find(({ current_operation_id }) => current_operation_id === id);
  const isLost = holder !== undefined && holder.health_check_failures > 0;
  const neighbours = read('neighbours.v3.json');
  const states = statesIn(spansIn(moved));
  const isOpen = expected.healthy === true && !states.some(({ to }) => to !== 'running');
  return {
    name: basename(dir),
    id,
    causes: expected.causes,
    isQuiet: expected.healthy === true || QUIET.test(expected.causes[0] ?? ''),
    failedAt: isLost
      ? Date.parse(holder.last_healthy_at)
      : isOpen
        ? startMs + OPEN_MS
        : failureIn(spansIn(moved), states),
    startedAt: startMs,
    isLost,
    isOpen,
    states,
    documents: [moved, ...(neighbours === null ? [] : [onlyChecks(JSON.parse(neighbours))])],
    operation: read('operation.json'),
    statusCode: expected.statusCode ?? 200,
    workers,
  };
}

/** Gives the ids of an incident another ending, and moves its times. */
function mover(name: string, shiftMs: number, from: string): (text: string) => string {
  const own = hashOf(name);
  const traceIds = new Set(from.match(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g));
  return (text) => {
    let moved = text;
    for (const id of traceIds) moved = moved.replaceAll(id, hashOf(`${name} ${id}`).slice(0, 32));
    return moved
      .replaceAll(
        /(op_[a-z_]+_)(\d{8})_(\d{6})_([0-9a-f]{8})/g,
        (_all, kind: string, day: string, time: string, end: string) => {
          const at = Date.parse(
            `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
          );
          const [date = '', clock = ''] = new Date(at + shiftMs).toISOString().split('T');
          return `${kind}${date.replaceAll('-', '')}_${clock.slice(0, 8).replaceAll(':', '')}_${hashOf(end + own).slice(0, 8)}`;
        },
      )
      .replaceAll(/"(\d{19})"/g, (_all, ns: string) => `"${BigInt(ns) + BigInt(Math.round(shiftMs * 1000)) * 1000n}"`)
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)/g, (iso) => {
        const at = Date.parse(iso);
        return new Date(at + shiftMs).toISOString();
      });
  };
}

function statesIn(spans: readonly WireSpan[]): Played['states'] {
  const value = (span: WireSpan, key: string) => span.attributes?.find((one) => one.key === key)?.value.stringValue;
  return spans
    .filter(({ name }) => name === 'operation.state_transition')
    .map((span) => ({
      at: Number(span.startTimeUnixNano) / 1e6,
      to: value(span, 'operation.to_status') ?? '',
      error: value(span, 'operation.error') ?? null,
    }))
    .toSorted((a, b) => a.at - b.at);
}

/** When the operation first ended, or its start was refused; the end of the last span if neither is seen. */
function failureIn(spans: readonly WireSpan[], states: Played['states']): number {
  const ended = states.find(({ to }) => to === 'failed') ?? states.find(({ to }) => to !== 'running');
  if (ended !== undefined) return ended.at;
  const update = spans.find(({ name, kind }) => kind === 2 && name.startsWith('PATCH /api/'));
  const start = spans.find(({ name, kind }) => kind === 2 && name.startsWith('POST /api/'));
  const end = update ?? start ?? spans.at(-1);
  return Number(end?.endTimeUnixNano ?? end?.startTimeUnixNano) / 1e6;
}

/** Health checks and polls: the operations among the neighbours have incidents of their own. */
function onlyChecks(document: WireDocument): unknown {
  const byTrace = new Map<string, boolean>();
  const spans = spansIn(document).map((span) => ({ span, traceId: String(Reflect.get(span, 'traceId')) }));
  for (const { span, traceId } of spans) {
    const isCheck = !/^(?:POST|PATCH|DELETE|operation\.|cli\.)/.test(span.name);
    byTrace.set(traceId, (byTrace.get(traceId) ?? true) && isCheck);
  }
  const resourceSpans = document.result.resourceSpans.map((one) => ({
    ...one,
    scopeSpans: one.scopeSpans.map((scope) => ({
      ...scope,
      spans: (scope.spans ?? []).filter((span) => byTrace.get(String(Reflect.get(span, 'traceId'))) === true),
    })),
  }));
  return { result: { resourceSpans } };
}

function spansIn({ result }: WireDocument): readonly WireSpan[] {
  return result.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans ?? []));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** After which ktrdr's registry forgets a dead worker. */
const REMOVED_MS = 5 * MINUTE_MS;

/** The ktrdr API as it answers at each moment of the day: running until the end, workers busy meanwhile. */
export async function startDayKtrdr(day: readonly Played[], nowMs: () => number) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    const [status, body] = answer(path);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  function answer(path: string): readonly [number, string] {
    if (path === '/api/v1/workers') return [200, JSON.stringify(day.flatMap((one) => workersOf(one, nowMs())))];
    const id = /^\/api\/v1\/operations\/([^/?]+)$/.exec(path)?.[1];
    const known = day.find((one) => one.id === id && one.startedAt <= nowMs());
    if (known?.operation == null) return [404, JSON.stringify({ detail: `Operation not found: ${id}` })];
    return [known.statusCode, recordAt(known, nowMs())];
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Until its end an operation is running, and moves unless its worker is lost. */
function recordAt({ operation, failedAt, isLost, isOpen, startedAt, states }: Played, nowMs: number): string {
  const body = JSON.parse(operation ?? '{}');
  if (isLost || typeof body.data !== 'object' || body.data === null) return operation ?? '';
  if (nowMs < failedAt) {
    const progress = { percentage: ((nowMs - startedAt) / (failedAt - startedAt)) * 100, current_step: null };
    const running = { status: 'running', completed_at: null, error_message: null, result_summary: null, progress };
    return JSON.stringify({ ...body, data: { ...body.data, ...running } });
  }
  if (isOpen) return JSON.stringify({ ...body, data: { ...body.data, status: 'completed' } });
  const state = states.findLast(({ at }) => at <= nowMs);
  if (state === undefined || state === states.at(-1)) return operation ?? '';
  const then = { status: state.to, completed_at: new Date(state.at).toISOString(), error_message: state.error };
  return JSON.stringify({ ...body, data: { ...body.data, ...then } });
}

/** The worker that has the operation, while it has it. */
function workersOf({ workers, id, startedAt, failedAt, isLost }: Played, nowMs: number): readonly Worker[] {
  const holder = workers.find(({ current_operation_id }) => current_operation_id === id);
  if (holder === undefined || nowMs < startedAt) return [];
  const iso = (ms: number) => new Date(ms).toISOString();
  if (nowMs < failedAt || !isLost) {
    if (nowMs >= failedAt + 10_000 && !isLost) return [];
    const healthy = {
      status: 'busy',
      health_check_failures: 0,
      last_healthy_at: iso(nowMs),
      last_health_check: iso(nowMs),
    };
    return [{ ...holder, ...healthy }];
  }
  if (nowMs >= failedAt + REMOVED_MS) return [];
  const paceMs = (Date.parse(holder.last_health_check) - failedAt) / holder.health_check_failures;
  const failures = Math.floor((nowMs - failedAt) / paceMs);
  const status = failures >= 3 ? 'temporarily_unavailable' : 'busy';
  return [
    { ...holder, ...{ status }, health_check_failures: failures, last_health_check: iso(failedAt + failures * paceMs) },
  ];
}

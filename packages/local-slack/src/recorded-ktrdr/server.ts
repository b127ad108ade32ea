/** A ktrdr API that answers what was recorded: for the demo and for tests. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { close, createLocalServer, type Exchange, listen } from '../local-server.ts';
import { type ReadFile, readText } from '../read-file.ts';

export interface RecordedKtrdrOptions {
  /** Folders with `case.json` and, where they were recorded, `operation.json` and `workers.json`. */
  readonly fixtureDirs: readonly string[];
  readonly port?: number;
  readonly read?: ReadFile;
  readonly onExchange?: (exchange: Exchange) => void;
}

/** It never answers · it fails · something else answers at its address. */
type KtrdrFault = 'silent' | 'error' | 'login-page';

export interface RecordedKtrdr {
  readonly url: string;
  /** `GET /path` of every request, in order. */
  readonly requests: readonly string[];
  /** The incident whose workers are listed; otherwise that of the operation asked last. */
  focus(dir: string): void;
  /** Reads the folders again. */
  reload(): Promise<void>;
  /** What is told besides the folders. */
  setPresent(present: Present): void;
  /** From now on; null ends it. */
  setFault(fault: KtrdrFault | null): void;
  close(): Promise<void>;
}

/** A ktrdr that is played by hand, beside the recordings. */
export interface Present {
  /** A record by its id, as `GET /api/v1/operations/{id}` answers; null for an unknown one. */
  operation(id: string): string | null;
  /** The list of workers, in place of the recorded ones; null: those. */
  workers(): string | null;
  /** Answers what changes something; null for what isn't known. */
  call(path: string, body: unknown): unknown;
}

interface Incident {
  readonly dir: string;
  readonly operationId: string | null;
  readonly statusCode: number;
  readonly operation: string | null;
  readonly workers: string | null;
}

const CHECKPOINT_PATH = /^\/api\/v1\/checkpoints\/([^/]+)$/;
const OPERATION_PATH = /^\/api\/v1\/operations\/([^/]+)$/;

export async function startRecordedKtrdr({
  fixtureDirs,
  port = 0,
  read = readText,
  onExchange,
}: RecordedKtrdrOptions): Promise<RecordedKtrdr> {
  const readAll = () => Promise.all(fixtureDirs.map((dir) => readIncident(dir, read)));
  let incidents = await readAll();
  const requests: string[] = [];
  let focusedDir = incidents[0]?.dir;
  let fault: KtrdrFault | null = null;
  let present: Present | null = null;

  const server = createLocalServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    requests.push(`${request.method} ${request.url}`);
    if (fault === 'silent') return;
    if (fault === 'login-page') return send(response, 200, '<!DOCTYPE html><title>Sign in</title>', 'text/html');
    if (fault === 'error') return send(response, 500, internalError());
    if (pathname === '/api/v1/health') return send(response, 200, health());
    if (request.method !== 'GET') return answerCall(request, response, present);
    if (pathname === '/api/v1/workers')
      return send(response, 200, present?.workers() ?? workersOf(incidents, focusedDir));
    if (pathname === '/api/v1/operations') return send(response, 200, operationList(incidents, searchParams));
    const checkpointOf = CHECKPOINT_PATH.exec(pathname)?.[1];
    if (checkpointOf !== undefined)
      return send(
        response,
        404,
        JSON.stringify({ detail: `Checkpoint not found: ${decodeURIComponent(checkpointOf)}` }),
      );
    const operationId = OPERATION_PATH.exec(pathname)?.[1];
    if (operationId === undefined) return send(response, 404, JSON.stringify({ detail: 'Not Found' }));
    const played = present?.operation(decodeURIComponent(operationId)) ?? null;
    if (played !== null) return send(response, 200, played);
    const asked = incidents.find((incident) => incident.operationId === decodeURIComponent(operationId));
    focusedDir = asked?.dir ?? focusedDir;
    if (asked === undefined || asked.operation === null)
      return send(response, 404, JSON.stringify({ detail: `Operation not found: ${decodeURIComponent(operationId)}` }));
    send(response, asked.statusCode, asked.operation);
  }, onExchange);

  return {
    url: await listen(server, port),
    requests,
    focus(dir) {
      focusedDir = dir;
    },
    async reload() {
      incidents = await readAll();
    },
    setPresent(next) {
      present = next;
    },
    setFault(next) {
      fault = next;
    },
    close: () => close(server),
  };
}

async function answerCall(request: IncomingMessage, response: ServerResponse, present: Present | null): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const answer = present?.call(pathname, await bodyOf(request)) ?? null;
  if (answer !== null) return send(response, 200, JSON.stringify(answer));
  send(response, 404, JSON.stringify({ detail: 'This ktrdr is a recording: it can’t do that.' }));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.concat(await request.toArray()).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function workersOf(incidents: readonly Incident[], dir: string | undefined): string {
  return incidents.find((incident) => incident.dir === dir)?.workers ?? '[]';
}

async function readIncident(dir: string, read: ReadFile): Promise<Incident> {
  const described: { operationId?: string | null; statusCode?: number | null } = JSON.parse(
    await read(join(dir, 'case.json')),
  );
  const [operation, workers] = await Promise.all(
    ['operation.json', 'workers.json'].map((name) => read(join(dir, name)).catch(() => null)),
  );
  return {
    dir,
    operationId: described.operationId ?? null,
    statusCode: described.statusCode ?? 200,
    operation: operation ?? null,
    workers: workers ?? null,
  };
}

/** As ktrdr lists them: no error messages, newest first. */
function operationList(incidents: readonly Incident[], query: URLSearchParams): string {
  const items = incidents.flatMap(({ operation }) => {
    const data: unknown = operation === null ? null : JSON.parse(operation).data;
    if (typeof data !== 'object' || data === null) return [];
    const { operation_id, operation_type, status, created_at }: Readonly<Record<string, unknown>> = { ...data };
    const isWanted =
      [null, status].includes(query.get('status')) && [null, operation_type].includes(query.get('operation_type'));
    return isWanted ? [{ operation_id, operation_type, status, created_at }] : [];
  });
  const newestFirst = items.sort((a, b) => String(b.created_at).localeCompare(String(a.created_at)));
  const data = newestFirst.slice(0, Number(query.get('limit') ?? 100));
  return JSON.stringify({ success: true, data, total_count: data.length, active_count: 0 });
}

function health(): string {
  return JSON.stringify({
    status: 'OK',
    version: '1.0.7.2',
    orphan_detector: { running: true, potential_orphans_count: 0 },
  });
}

function internalError(): string {
  const error = { code: 'INTERNAL_SERVER_ERROR', message: 'An unexpected error occurred', details: {} };
  return JSON.stringify({ success: false, error });
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

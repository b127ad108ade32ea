/**
 * A ktrdr API that plays back one recorded action: what it said before the call, its answer, and what it said some time after. Time
 * passes only when the test says so.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen } from '../local-server.ts';

type Json = Readonly<Record<string, unknown>>;

/** One state: an operation as ktrdr lists it (null: 404), and the list of workers. */
export interface RecordedState {
  /** Since the call; absent before it. */
  readonly secondsAfter?: number;
  readonly operations: Readonly<Record<string, Json | null>>;
  readonly workers: readonly Json[];
  /** By operation. Null or absent: 404. */
  readonly checkpoints?: Readonly<Record<string, Json | null>>;
  /** Ids that `GET /operations` lists. */
  readonly listed?: readonly string[];
}

export interface RecordedAction {
  readonly request: { readonly method: string; readonly path: string; readonly body: Json | null };
  /** Status 0: the connection is cut without an answer, after ktrdr has done it. */
  readonly response: { readonly status: number; readonly body: unknown };
  readonly before: RecordedState;
  /** By time. */
  readonly after: readonly RecordedState[];
}

interface ReplayedCall {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface ReplayedKtrdr {
  readonly url: string;
  /** Whatever changes something, in order. */
  readonly calls: readonly ReplayedCall[];
  /** `GET /path` in order. */
  readonly reads: readonly string[];
  advance(seconds: number): void;
  /** The call is answered only when this resolves; null: at once. */
  hold(until: Promise<void> | null): void;
  /** While it is set, whatever needs the database answers 400. */
  setDatabaseAway(isAway: boolean): void;
  close(): Promise<void>;
}

export async function startReplayedKtrdr(recorded: RecordedAction, port = 0): Promise<ReplayedKtrdr> {
  const calls: ReplayedCall[] = [];
  const reads: string[] = [];
  const tape = createTape(recorded);
  let held: Promise<void> | null = null;

  function reply(response: ServerResponse, { status, body }: Reply): void {
    const text = tape.asChosen(JSON.stringify(body));
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const { method = 'GET' } = request;
    if (method === 'GET') {
      reads.push(pathname);
      return reply(response, tape.read(pathname, searchParams));
    }
    const body = await bodyOf(request);
    calls.push({ method, path: pathname, body });
    const answer = tape.call(method, pathname, body);
    await held;
    if (answer.status === 0) return void response.destroy();
    reply(response, answer);
  });

  return {
    url: await listen(server, port),
    calls,
    reads,
    advance: tape.advance,
    hold: (until) => {
      held = until;
    },
    setDatabaseAway: tape.setDatabaseAway,
    close: () => close(server),
  };
}

/** What ktrdr says at which time. */
function createTape(recorded: RecordedAction) {
  /** What the caller has chosen, for what was chosen when it was recorded: a reason, or the id of a training. */
  const chosen = new Map<string, string>();
  let calledAt: number | null = null;
  let now = 0;
  let isDatabaseAway = false;

  function stateNow(): RecordedState {
    if (calledAt === null) return recorded.before;
    const passed = now - calledAt;
    const [first = recorded.before] = recorded.after;
    return recorded.after.findLast(({ secondsAfter = 0 }) => secondsAfter <= passed) ?? first;
  }

  function checkpoint(id: string): Reply {
    if (isDatabaseAway) return databaseError('CHECKPOINTS-GetError');
    return found(stateNow().checkpoints?.[id], `Checkpoint not found: ${id}`);
  }

  function operation(id: string): Reply {
    const { operations } = stateNow();
    const known = Object.hasOwn(operations, id) ? operations[id] : recorded.before.operations[id];
    // What the backend has in memory is told without the database.
    if (isDatabaseAway && known === undefined) return databaseError('OPERATIONS-GetStatusError');
    return found(known == null ? null : { success: true, data: known }, `Operation not found: ${id}`);
  }

  return {
    advance(seconds: number): void {
      now += seconds;
    },
    setDatabaseAway(isAway: boolean): void {
      isDatabaseAway = isAway;
    },
    /** Whole strings only. */
    asChosen: (text: string) =>
      [...chosen].reduce((all, [was, is]) => all.replaceAll(JSON.stringify(was), JSON.stringify(is)), text),

    read(path: string, query: URLSearchParams): Reply {
      const state = stateNow();
      if (path === '/api/v1/workers') return { status: 200, body: state.workers };
      if (path === '/api/v1/operations') {
        const ids = (state.listed ?? []).slice(0, Number(query.get('limit') ?? 100));
        const data = ids.map((id) => ({ operation_id: id, operation_type: 'data_load' }));
        return { status: 200, body: { success: true, data, total_count: data.length } };
      }
      const [kind, id = ''] = path.split('/').slice(3).map(decodeURIComponent);
      const was = [...chosen].find(([, is]) => is === id)?.[0] ?? id;
      if (kind === 'checkpoints') return checkpoint(was);
      return kind === 'operations' ? operation(was) : { status: 404, body: { detail: 'Not Found' } };
    },

    call(method: string, path: string, body: unknown): Reply {
      const isRecorded = method === recorded.request.method && path === recorded.request.path;
      if (!isRecorded) return { status: 500, body: { detail: `not recorded: ${method} ${path}` } };
      for (const [was, is] of choicesIn(recorded, body)) chosen.set(was, is);
      calledAt ??= now;
      return recorded.response;
    },
  };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

function found(value: Json | null | undefined, detail: string): Reply {
  return value == null ? { status: 404, body: { detail } } : { status: 200, body: value };
}

/** As ktrdr words it: a fault of its own, told as one of the caller. */
function databaseError(code: string): Reply {
  const details = { error: "[Errno 111] Connect call failed ('127.0.0.1', 5432)" };
  return { status: 400, body: { success: false, error: { code, message: 'Failed to get it', details } } };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.concat(await request.toArray()).toString('utf8');
  return text === '' ? null : JSON.parse(text);
}

function choicesIn({ request, response }: RecordedAction, body: unknown): readonly (readonly [string, string])[] {
  const sent: Json = typeof body === 'object' && body !== null ? { ...body } : {};
  const answered: Json = typeof response.body === 'object' && response.body !== null ? { ...response.body } : {};
  const pairs = [
    [request.body?.['reason'], sent['reason']],
    [answered['task_id'] ?? request.body?.['task_id'], sent['task_id']],
  ];
  return pairs.flatMap(([was, is]) => (typeof was === 'string' && typeof is === 'string' ? [[was, is] as const] : []));
}

/** The recorded calls of ktrdr’s API, as the replaying server takes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedAction, RecordedState } from '@ktrdr-bot/local-slack';

export type Json = Readonly<Record<string, unknown>>;

export interface Recording {
  readonly recorded: RecordedAction;
  /** The operation that the action is about; for a start, the one that is started again. */
  readonly operationId: string;
  /** Of the operation, before. */
  readonly operation: Json | null;
  readonly raw: Json;
}

export function readRecording(folder: string, name: string): Recording {
  const raw = object(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
  const request = object(raw['request']);
  const path = String(request['path']);
  const extra = object(raw['extra']);
  const before = object(raw['before']);
  const operation = known(before['operation']) ?? known(object(extra['original'])['record']);
  const operationId = /\/operations\/([^/]+)/.exec(path)?.[1] ?? String(operation?.['operation_id'] ?? '');
  const response = object(raw['response'] ?? list(raw['responses'])[0]);
  return {
    raw,
    operation,
    operationId,
    recorded: {
      request: { method: String(request['method']), path, body: maybe(request['body']) },
      response: { status: Number(response['status']), body: response['body'] },
      before: {
        operations: { [operationId]: operation },
        workers: list(before['workers']).map(object),
        checkpoints: { [operationId]: checkpointIn(extra, 'checkpoint_before') },
      },
      after: list(raw['after']).map((state) =>
        stateIn(object(state), path.includes(operationId) ? operationId : '', extra),
      ),
    },
  };
}

function stateIn(state: Json, operationId: string, extra: Json): RecordedState {
  const found = [...list(state['operations']).map((one) => maybe(object(one)['body'])), maybe(state['operation'])];
  const operations: Record<string, Json | null> = { [operationId]: null };
  for (const operation of found) {
    const id = operation?.['operation_id'];
    if (typeof id === 'string' && operation !== null) operations[id] = operation;
  }
  const child = maybe(extra['child_after']);
  if (child !== null) operations[String(child['operation_id'])] = child;
  const checkpoint = checkpointIn(extra, 'checkpoint_after') ?? checkpointIn(extra, 'checkpoint');
  return {
    secondsAfter: Number(state['seconds_after']),
    operations,
    workers: list(state['workers']).map(object),
    checkpoints: { [operationId]: checkpoint },
    listed: Object.keys(operations),
  };
}

/** Null for what answered 404. */
function known(operation: unknown): Json | null {
  return maybe(operation)?.['operation_id'] === undefined ? null : maybe(operation);
}

/** Null for one that answered 404. */
function checkpointIn(extra: Json, name: string): Json | null {
  const checkpoint = maybe(extra[name]);
  return checkpoint?.['http'] === 200 ? checkpoint : null;
}

export function object(value: unknown): Json {
  return maybe(value) ?? {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function maybe(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

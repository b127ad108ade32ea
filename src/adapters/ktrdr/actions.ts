/** The ktrdr API requests that the actions need. */

import type { ActionCall, CallAnswer, KtrdrActions, Read } from '../../jobs/action/ktrdr-port.ts';
import { describeFailure } from '../../jobs/gather/source-failure.ts';
import { parseJson } from '../../language/json.ts';
import { createHttp, type HttpOptions, type Reply } from '../http/client.ts';
import { refusalOf, unusable } from '../http/reply.ts';
import { readActionRecord, readCallAnswer, readCheckpoint } from './actions-read.ts';
import { KTRDR } from './api.ts';
import { readOperationIds, readWorkers } from './read.ts';

type ActionsOptions = Pick<HttpOptions, 'url' | 'headers' | 'caFile'>;

/** While ktrdr waits for a frozen worker, each read of an operation takes 29 s. */
const READ_TIMEOUT_MS = 40_000;
/** A frozen worker holds up a cancel for 60 s. */
const CALL_TIMEOUT_MS = 100_000;
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_DOWNLOADS = 50;

export function createKtrdrActions(options: ActionsOptions): KtrdrActions {
  const reading = createHttp({ ...options, timeoutMs: READ_TIMEOUT_MS, maxBytes: MOST_BYTES }, KTRDR);
  const calling = createHttp({ ...options, timeoutMs: CALL_TIMEOUT_MS, maxBytes: MOST_BYTES }, KTRDR);
  const { host } = reading;

  async function read<T>(path: string, signal: AbortSignal, valueIn: (body: unknown) => T | null): Promise<Read<T>> {
    const outcome = await reading.get(path, signal);
    if (outcome.kind === 'failed') return { kind: 'unavailable', reason: describeFailure('ktrdr', outcome.failure) };
    const { reply } = outcome;
    const body = bodyOf(reply);
    const value = reply.status === 200 ? valueIn(body) : null;
    if (value !== null) return { kind: 'found', value };
    const answer = readCallAnswer(body, reply.status);
    if (answer?.kind === 'rejected' && /^(?:Operation|Checkpoint) not found\b/i.test(answer.message))
      return { kind: 'not-found' };
    // When its database is down, ktrdr responds with 400, although the request is valid.
    if (answer?.kind === 'rejected' && answer.httpStatus === 400) return { kind: 'database-away' };
    const failure = refusalOf(reply, host, KTRDR) ?? unusable(reply, host, KTRDR);
    return { kind: 'unavailable', reason: describeFailure('ktrdr', failure) };
  }

  async function call({ method, path, body }: ActionCall, signal: AbortSignal): Promise<CallAnswer> {
    const outcome = await calling.send(method, path.slice(1), body, signal);
    if (outcome.kind === 'failed') {
      const reason = describeFailure('ktrdr', outcome.failure);
      return { kind: outcome.isSent ? 'lost' : 'not-sent', reason };
    }
    const { reply } = outcome;
    const answer = readCallAnswer(bodyOf(reply), reply.status);
    if (answer !== null) return answer;
    // A proxy responded, or only part of a response arrived: ktrdr may have received the request.
    const refusal = refusalOf(reply, host, KTRDR);
    const reason = describeFailure('ktrdr', refusal ?? unusable(reply, host, KTRDR));
    return { kind: refusal === null ? 'lost' : 'not-sent', reason };
  }

  return {
    operation: (id, signal) => read(`api/v1/operations/${encodeURIComponent(id)}`, signal, readActionRecord),
    checkpoint: (id, signal) => read(`api/v1/checkpoints/${encodeURIComponent(id)}`, signal, readCheckpoint),
    workers: (signal) => read('api/v1/workers', signal, readWorkers),
    downloads: (signal) =>
      read(`api/v1/operations?operation_type=data_load&limit=${MOST_DOWNLOADS}`, signal, readOperationIds),
    call,
  };
}

function bodyOf(reply: Reply): unknown {
  return parseJson(reply.body.toString('utf8'));
}

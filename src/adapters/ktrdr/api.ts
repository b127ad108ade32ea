import type { SourceReport } from '../../diagnosis/case.ts';
import { describeFailure } from '../../jobs/gather/source-failure.ts';
import type { Clock, KtrdrApi, SourceFailure } from '../../jobs/ports.ts';
import { parseJson } from '../../language/json.ts';
import { createHttp, type HttpOptions, type Reply, type Service } from '../http/client.ts';
import { refusalOf, unusable } from '../http/reply.ts';
import { errorText, readHealth, readOperationAnswer, readOperationIds, readWorkers } from './read.ts';

export interface KtrdrApiOptions extends Pick<HttpOptions, 'url' | 'headers' | 'timeoutMs'> {
  readonly caFile?: string | null;
  readonly clock: Clock;
}

export const KTRDR: Service = {
  name: 'ktrdr',
  urlVariable: 'KTRDR_API_URL',
  headersVariable: 'KTRDR_API_HEADERS',
  caFileVariable: 'KTRDR_API_CA_FILE',
  maxBytesVariable: null,
};

const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The REST API of the ktrdr backend. Failed requests aren't retried: a diagnosis without ktrdr's data is better than a late
 * one.
 */
export function createKtrdrApi(options: KtrdrApiOptions): KtrdrApi {
  const http = createHttp({ ...options, caFile: options.caFile ?? null, maxBytes: MOST_BYTES }, KTRDR);
  const { host } = http;

  /** Sends a request and reads the response. A response that `read` doesn't understand is a failure of the source. */
  async function request<T>(path: string, signal: AbortSignal, read: (body: unknown, httpStatus: number) => T | null) {
    const outcome = await http.get(path, signal);
    if (outcome.kind === 'failed') return { kind: 'unavailable', failure: outcome.failure } as const;
    const { reply } = outcome;
    const refusal = refusalOf(reply, host, KTRDR);
    if (refusal !== null) return { kind: 'unavailable', failure: refusal } as const;
    const body = parseJson(reply.body.toString('utf8'));
    const value = body === undefined ? null : read(body, reply.status);
    if (value !== null) return { kind: 'read', value } as const;
    return { kind: 'unavailable', failure: strangeAnswer(host, reply, body) } as const;
  }

  return {
    async operation(operationId, signal) {
      const answer = await request(
        `api/v1/operations/${encodeURIComponent(operationId)}`,
        signal,
        (body, httpStatus) => {
          const operation = readOperationAnswer(body, httpStatus, options.clock());
          const isAnotherServer = operation?.kind === 'error' && httpStatus === 404;
          return isAnotherServer ? null : operation;
        },
      );
      return answer.kind === 'read' ? answer.value : answer;
    },

    async workers(signal) {
      const answer = await request('api/v1/workers', signal, readWorkers);
      return answer.kind === 'read' ? { kind: 'workers', workers: answer.value } : answer;
    },

    async operations({ status, type, limit }, signal) {
      const query = new URLSearchParams({ limit: String(limit) });
      if (status !== undefined) query.set('status', status);
      if (type !== undefined) query.set('operation_type', type);
      const answer = await request(`api/v1/operations?${query}`, signal, readOperationIds);
      return answer.kind === 'read' ? { kind: 'operations', operationIds: answer.value } : answer;
    },

    async probe(signal): Promise<SourceReport> {
      const startedAt = options.clock();
      const answer = await request('api/v1/health', signal, readHealth);
      const tookMs = (options.clock() - startedAt) / 1000;
      if (answer.kind === 'unavailable')
        return {
          name: 'ktrdr-api',
          state: 'unavailable',
          detail: describeFailure('The ktrdr API', answer.failure),
          tookMs,
        };
      const { status, version } = answer.value;
      return { name: 'ktrdr-api', state: 'ok', detail: `ktrdr ${version} at ${host} says ${status}.`, tookMs };
    },
  };
}

function strangeAnswer(host: string, reply: Reply, body: unknown): SourceFailure {
  const failure = unusable(reply, host, KTRDR);
  const message = errorText(body);
  return failure.code === 'refused' && message !== null ? { ...failure, reason: `"${message}"` } : failure;
}

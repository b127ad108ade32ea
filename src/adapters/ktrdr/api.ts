import type { SourceReport } from '../../diagnosis/case.ts';
import type { Clock, KtrdrApi, SourceFailure } from '../../jobs/ports.ts';
import { describeFailure } from '../../jobs/source-failure.ts';
import { getJson, type HttpOptions, hostOf } from './http.ts';
import { errorText, readHealth, readOperationAnswer, readOperationIds, readWorkers } from './read.ts';

export interface KtrdrApiOptions extends HttpOptions {
  readonly clock: Clock;
}

/** The ktrdr backend's REST API. One call is one request: no retries, because the asker prefers an answer now. */
export function createKtrdrApi(options: KtrdrApiOptions): KtrdrApi {
  const host = hostOf(new URL(options.url));

  /** Asks, and reads the answer; what `read` cannot read is a failure of the source. */
  async function ask<T>(path: string, signal: AbortSignal, read: (body: unknown, httpStatus: number) => T | null) {
    const answer = await getJson(options, path, signal);
    if (answer.kind === 'unavailable') return answer;
    const value = read(answer.body, answer.httpStatus);
    if (value !== null) return { kind: 'read', value } as const;
    return { kind: 'unavailable', failure: strangeAnswer(host, answer.httpStatus, answer.body) } as const;
  }

  return {
    async operation(operationId, signal) {
      const answer = await ask(`/api/v1/operations/${encodeURIComponent(operationId)}`, signal, (body, httpStatus) => {
        const operation = readOperationAnswer(body, httpStatus, options.clock());
        const isAnotherServer = operation?.kind === 'error' && [401, 403, 404].includes(httpStatus);
        return isAnotherServer ? null : operation;
      });
      return answer.kind === 'read' ? answer.value : answer;
    },

    async workers(signal) {
      const answer = await ask('/api/v1/workers', signal, readWorkers);
      return answer.kind === 'read' ? { kind: 'workers', workers: answer.value } : answer;
    },

    async operations({ status, type, limit }, signal) {
      const query = new URLSearchParams({ limit: String(limit) });
      if (status !== undefined) query.set('status', status);
      if (type !== undefined) query.set('operation_type', type);
      const answer = await ask(`/api/v1/operations?${query}`, signal, readOperationIds);
      return answer.kind === 'read' ? { kind: 'operations', operationIds: answer.value } : answer;
    },

    async probe(signal): Promise<SourceReport> {
      const startedAt = options.clock();
      const answer = await ask('/api/v1/health', signal, readHealth);
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

function strangeAnswer(host: string, httpStatus: number, body: unknown): SourceFailure {
  if (httpStatus >= 400) return { code: 'refused', host, httpStatus, reason: errorText(body) ?? 'no reason given' };
  return { code: 'unreadable', host, reason: 'not as ktrdr would; is this the address of the ktrdr backend?' };
}

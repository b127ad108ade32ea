/** Both users of the HTTP client behind one function. */
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import type { SourceFailure } from '../../../src/jobs/ports.ts';
import { LIMIT } from './misbehaviors.ts';

const now = () => micros(0);

interface Options {
  readonly timeoutMs?: number;
  readonly caFile?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Client {
  readonly name: string;
  readonly variable: string;
  /** Null when the response was read. */
  connect(url: string, options?: Options): (signal?: AbortSignal) => Promise<SourceFailure | null>;
}

export const CLIENTS: readonly Client[] = [
  {
    name: 'Jaeger',
    variable: 'JAEGER',
    connect(url, { timeoutMs = 60_000, caFile, headers = {} } = {}) {
      const where = { url, api: 'v1', headers, caFile: caFile ?? null } as const;
      const source = createJaegerSource({ ...where, preferredServices: [], timeoutMs, maxBytes: LIMIT, now });
      return async (signal = new AbortController().signal) => {
        const answer = await source.services(signal);
        return answer.kind === 'unavailable' ? answer.failure : null;
      };
    },
  },
  {
    name: 'ktrdr',
    variable: 'KTRDR_API',
    connect(url, { timeoutMs = 60_000, caFile, headers = {} } = {}) {
      const api = createKtrdrApi({ url, headers, timeoutMs, caFile: caFile ?? null, clock: now });
      return async (signal = new AbortController().signal) => {
        const answer = await api.workers(signal);
        return answer.kind === 'unavailable' ? answer.failure : null;
      };
    },
  },
];
